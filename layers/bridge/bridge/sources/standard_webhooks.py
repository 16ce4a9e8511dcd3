"""Any sender that signs by the Standard Webhooks specification; what its body says is told by the connection.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md : the signature,
and the structure it recommends for a body, ``{"type": …, "timestamp": …, "data": {…}}``, from which come the
order's id and time where the connection's ``[fields]`` leave them out. Svix's header names are read too.
Symmetric signatures (``v1``) alone. No clock, no AWS.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bridge.document import moment_of
from bridge.model import Ignored, Order
from bridge.sources.shared.base import Options, Payload, Push, Signed, Traits, Webhook
from bridge.sources.shared.base import no_greeting as greeting
from bridge.sources.shared.base import whole_body as fetch
from bridge.sources.shared.forms import (
    EVENT_SETTINGS,
    Submission,
    identify_submission,
    load_json,
    parse_submission,
)
from bridge.sources.shared.forms import SETTINGS as FORM_SETTINGS
from bridge.sources.shared.standard_signing import (
    sign_standard_webhook,
    standard_headers,
    standard_key,
    verify_standard_webhook,
)

__all__ = [
    "SETTINGS",
    "TOPICS",
    "TRAITS",
    "document",
    "fetch",
    "greeting",
    "identify",
    "parse",
    "sign",
    "verify",
]

TOPICS: tuple[str, ...] = ("order",)

SETTINGS: Mapping[str, str] = {
    **FORM_SETTINGS,
    **EVENT_SETTINGS,
}

TRAITS = Traits(
    title="Standard Webhooks, Svix",
    signature="Standard Webhooks v1: HMAC-SHA256 of id, time and body",
    replay="timestamp ±5 min, webhook id, order id",
    create="any, or the types in the setting",
    update="the same",
    cancel="the types in cancel_types, or the field cancelled",
    window="the fields after and before, or date and time",
    tested_with="vectors of the specification's and Svix's libraries",
)

# Where the specification recommends these to stand.
_FIELDS: Mapping[str, str] = {"order_id": "data.id || ''"}
_PREFIXES = ("webhook", "svix")


def verify(push: Push, secrets: Sequence[str], options: Options) -> None:  # noqa: ARG001  # of every source
    """Check the three headers, ``webhook-…`` or ``svix-…``.

    Raises:
        InvalidSignature: see :func:`~bridge.sources.shared.standard_signing.verify_standard_webhook`.

    """
    verify_standard_webhook(push, [standard_key(secret) for secret in secrets], _PREFIXES)


def identify(push: Push, options: Options) -> Webhook | Ignored:
    """Find out which order a verified webhook is about; ``Ignored("topic")`` for a type that is no order.

    Raises:
        MalformedWebhook: what :func:`~bridge.sources.shared.forms.load_json` says.

    """
    body = load_json(push.body, push.content_type)
    headers = standard_headers(push, _PREFIXES)
    submission = Submission(body, push_id=headers.webhook_id if headers else "")
    return identify_submission(submission, push, _completed(options), topic=TOPICS[0])


def document(payload: Payload) -> Mapping[str, object]:
    """Return the body as it came."""
    return load_json(payload.body, payload.content_type)


def sign(
    body: bytes,
    secret: str,
    *,
    topic: str,  # noqa: ARG001  # of every source
    webhook_id: str,
    sent_at: datetime,
    options: Options,  # noqa: ARG001
) -> Signed:
    """Sign as the specification says."""
    return sign_standard_webhook(body, standard_key(secret), webhook_id=webhook_id, sent_at=sent_at)


def parse(payload: Payload, options: Options) -> Order | Ignored:
    """Read the order that the fields describe.

    Ignored without retracting a delivery: ``topic``. Retracting: ``cancelled``. A body that names no time
    of its own is of the time at which it came.

    Raises:
        UnmappableOrder: a field has the wrong type or is missing; names it.
        InvalidConnection: an expression is none.
        MalformedWebhook: bytes which :func:`identify` refuses too.

    """
    body = load_json(payload.body, payload.content_type)
    if payload.topic not in TOPICS:
        return Ignored("topic")
    submission = Submission(
        body,
        submitted_at=moment_of(body.get("timestamp")),  # left out where it cannot be read: nobody named it
    )
    return parse_submission(submission, payload, _completed(options))


def _completed(options: Options) -> Options:
    return replace(options, fields={**_FIELDS, **options.fields})
