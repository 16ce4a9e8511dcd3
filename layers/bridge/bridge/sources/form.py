"""Any form that posts JSON, URL-encoded or multipart fields: a page of one's own, a plugin, a script.

The document is the body; a field with one of our names is taken without an expression. Nothing is signed, so
the secret itself is shown, in a header or in the address. In a page that browsers post from, whoever
looks can read it: it keeps strangers' robots out and nobody else. No clock, no AWS.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bridge.model import Ignored, Order
from bridge.sources.shared.base import Options, Payload, Push, Signed, Traits, Webhook
from bridge.sources.shared.base import no_greeting as greeting
from bridge.sources.shared.base import whole_body as fetch
from bridge.sources.shared.form_bodies import read_form
from bridge.sources.shared.forms import (
    HONEYPOT,
    Submission,
    identify_submission,
    parse_submission,
    show_in_header,
    verify_shared_secret,
)
from bridge.sources.shared.forms import SETTINGS as FORM_SETTINGS

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

TOPICS: tuple[str, ...] = ("submission",)

SETTINGS: Mapping[str, str] = {
    **FORM_SETTINGS,
    HONEYPOT: "the name of a field that people do not see: a submission that fills it in is a robot's",
}

TRAITS = Traits(
    title="Any JSON or HTML form",
    signature="none: the secret in the header X-Webhook-Secret or in the address",
    replay="order id",
    create="each submission",
    update="the same order id again",
    cancel="[fields] cancelled",
    window="[fields] date, time, after, before",
    tested_with="URL Standard, RFC 7578 and HTML forms as browsers post them",
)


def verify(push: Push, secrets: Sequence[str], options: Options) -> None:  # noqa: ARG001  # of every source
    """Check the secret itself, in the header ``X-Webhook-Secret`` or in the address.

    Raises:
        InvalidSignature: see :func:`~bridge.sources.shared.forms.verify_shared_secret`.

    """
    verify_shared_secret(push, secrets)


def identify(push: Push, options: Options) -> Webhook | Ignored:
    """Find out which order a verified submission is.

    Raises:
        MalformedWebhook: ``order_id_missing``, ``order_id_unreadable``, or what
            :func:`~bridge.sources.shared.form_bodies.read_form` says.

    """
    submission = _submission(push.body, push.content_type)
    return identify_submission(submission, push, options, topic=TOPICS[0])


def document(payload: Payload) -> Mapping[str, object]:
    """Return what expressions look into."""
    return _submission(payload.body, payload.content_type).document


def parse(payload: Payload, options: Options) -> Order | Ignored:
    """Make the order of a submission; see :func:`~bridge.sources.shared.forms.parse_submission`.

    Raises:
        UnmappableOrder: a field has the wrong type or is missing; names it.
        MalformedWebhook: bytes which :func:`identify` refuses too.

    """
    return parse_submission(_submission(payload.body, payload.content_type), payload, options)


def sign(
    body: bytes,
    secret: str,
    *,
    topic: str,  # noqa: ARG001  # of every source
    webhook_id: str,  # noqa: ARG001
    sent_at: datetime,  # noqa: ARG001
    options: Options,  # noqa: ARG001
) -> Signed:
    """Show the secret in the header, with the content type that the body has by its looks."""
    return show_in_header(body, secret)


def _submission(body: bytes, content_type: str) -> Submission:
    fields = read_form(body, content_type)
    return Submission(document=fields, own={"": fields})
