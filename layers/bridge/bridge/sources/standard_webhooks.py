"""Any sender that signs by the Standard Webhooks specification; what its body says is told by the connection.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md : the signature,
and the structure it recommends for a body, ``{"type": …, "timestamp": …, "data": {…}}``, from which come the
order's id and time where the connection's ``[fields]`` leave them out. Svix's header names are read too.
Symmetric signatures (``v1``) alone. No clock, no AWS.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from bridge.document import moment_of
from bridge.model import Ignored, Order
from bridge.reasons import Reason
from bridge.sources.shared.base import Options, Payload, Push, Signed, Traits, Trial
from bridge.sources.shared.forms import EVENT_SETTINGS, FormSource, Submission
from bridge.sources.shared.standard_signing import (
    sign_standard_webhook,
    standard_headers,
    standard_key,
    verify_standard_webhook,
)

# Where the specification recommends these to stand.
_FIELDS: Mapping[str, str] = {"order_id": "data.id || ''"}
_PREFIXES = ("webhook", "svix")


class StandardWebhooks(FormSource):
    """Any sender that signs by the Standard Webhooks specification."""

    TOPICS = ("order",)

    SETTINGS: ClassVar[Mapping[str, str]] = {
        **FormSource.SETTINGS,
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

    def verify(self, push: Push, secrets: Sequence[str], options: Options) -> None:
        """Check the three headers, ``webhook-…`` or ``svix-…``.

        Raises:
            InvalidSignature: see :func:`~bridge.sources.shared.standard_signing.verify_standard_webhook`.

        """
        verify_standard_webhook(push, [standard_key(secret) for secret in secrets], _PREFIXES)

    def webhook_id(self, submission: Submission, push: Push) -> str:
        """Return the header ``webhook-id`` or ``svix-id``."""
        headers = standard_headers(push, _PREFIXES)
        return headers.webhook_id if headers else ""

    def complete(self, options: Options) -> Options:
        """Find the order's id where the specification recommends it to stand."""
        return replace(options, fields={**_FIELDS, **options.fields})

    def read(self, body: Mapping[str, object]) -> Submission:
        """Take the body as it came, with its time; one that names none is of the time at which it came."""
        # Left out where it cannot be read: nobody named it.
        return Submission(body, submitted_at=moment_of(body.get("timestamp")))

    def parse(self, payload: Payload, options: Options) -> Order | Ignored:
        """Read the order that the fields describe.

        Ignored without retracting a delivery: ``topic``. Retracting: ``cancelled``.

        Raises:
            UnmappableOrder: a field has the wrong type or is missing; names it.
            InvalidConnection: an expression is none.
            MalformedWebhook: bytes which :meth:`identify` refuses too.

        """
        return super().parse(payload, options) if payload.topic in self.TOPICS else Ignored(Reason.TOPIC)

    def pushed(self, trial: Trial) -> Signed:
        """Sign as the specification says."""
        return sign_standard_webhook(
            trial.body, standard_key(trial.secret), webhook_id=trial.webhook_id, sent_at=trial.sent_at
        )
