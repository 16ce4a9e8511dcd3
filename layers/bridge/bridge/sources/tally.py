"""Tally's webhooks: signature, which submission, and the answers with the texts of what was chosen.

Signature and body: https://tally.so/help/webhooks . Its example signs the body written again from JSON; what
Tally sends is what JSON.stringify wrote, so the raw bytes are verified. No clock, no AWS.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bridge.errors import MalformedWebhook
from bridge.model import Ignored, Order
from bridge.sources.shared.base import Options, Payload, Push, Signed, Traits, Webhook
from bridge.sources.shared.base import no_greeting as greeting
from bridge.sources.shared.base import whole_body as fetch
from bridge.sources.shared.forms import (
    SETTINGS,
    Submission,
    identify_submission,
    labelled,
    own_names,
    parse_submission,
    text_of,
)
from bridge.sources.shared.reading import Fields, load_object
from bridge.sources.shared.signing import hmac_sha256_base64, verify_hmac_sha256_base64

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

TOPICS: tuple[str, ...] = ("FORM_RESPONSE",)

TRAITS = Traits(
    title="Tally",
    signature="HMAC-SHA256 of the body, base64",
    replay="id of the submission",
    create="each submission",
    update="the same [fields] order_id again",
    cancel="[fields] cancelled",
    window="[fields] date, time, after, before",
    tested_with="sample of the documentation; it publishes no vector",
)

_SIGNATURE_HEADER = "tally-signature"
_HIDDEN = "HIDDEN_FIELDS"


def verify(push: Push, secrets: Sequence[str], options: Options) -> None:  # noqa: ARG001  # of every source
    """Check ``Tally-Signature``: base64 of the HMAC-SHA256 of the body; sent when a signing secret is set.

    Raises:
        InvalidSignature: see :func:`~bridge.sources.shared.signing.verify_hmac_sha256_base64`.

    """
    verify_hmac_sha256_base64(push.body, push.headers.get(_SIGNATURE_HEADER), secrets)


def identify(push: Push, options: Options) -> Webhook | Ignored:
    """Find out which order a submission is; ``Ignored("topic")`` for another event.

    Raises:
        MalformedWebhook: ``data_missing``, ``order_id_missing``, ``order_id_unreadable``, or what
            :func:`~bridge.sources.shared.reading.load_object` says.

    """
    body = load_object(push.body)
    if body.get("eventType") not in TOPICS:
        return Ignored("topic")
    return identify_submission(_submission(body), push, options, topic=TOPICS[0])


def document(payload: Payload) -> Mapping[str, object]:
    """Return the submission with ``answers`` by key, ``labels`` by question and ``hidden`` ones by name."""
    return _submission(load_object(payload.body)).document


def parse(payload: Payload, options: Options) -> Order | Ignored:
    """Make the order of a submission; see :func:`~bridge.sources.shared.forms.parse_submission`.

    Raises:
        UnmappableOrder: a field has the wrong type or is missing; names it.
        MalformedWebhook: bytes which :func:`identify` refuses too.

    """
    body = load_object(payload.body)
    if body.get("eventType") not in TOPICS:
        return Ignored("topic")
    return parse_submission(_submission(body), payload, options)


def sign(
    body: bytes,
    secret: str,
    *,
    topic: str,  # noqa: ARG001  # of every source
    webhook_id: str,  # noqa: ARG001
    sent_at: datetime,  # noqa: ARG001
    options: Options,  # noqa: ARG001
) -> Signed:
    """Sign as https://tally.so/help/webhooks says."""
    return Signed(
        body,
        {
            "Content-Type": "application/json",
            "Tally-Signature": hmac_sha256_base64(body, secret.encode()),
        },
    )


def _submission(body: Mapping[str, object]) -> Submission:
    data = Fields(body).optional_child("data")
    if not data.values:
        raise MalformedWebhook("data_missing")
    fields = data.optional_children("fields")
    answers = {one.optional_text("key"): _value(one) for one in fields}
    answers.pop("", None)
    labels = labelled([(one.optional_text("label"), _value(one)) for one in fields])
    hidden = labelled(
        [(one.optional_text("label"), _value(one)) for one in fields if one.optional_text("type") == _HIDDEN]
    )
    submission_id = text_of(data.values.get("submissionId")) or text_of(data.values.get("responseId"))
    return Submission(
        document={
            "id": submission_id,
            "form_id": data.optional_text("formId"),
            "form": data.optional_text("formName"),
            "submitted_at": data.optional_text("createdAt"),
            "answers": answers,
            "labels": labels,
            "hidden": hidden,
        },
        own={"hidden": hidden, "labels": own_names(labels)},
        submission_id=submission_id,
        push_id=text_of(body.get("eventId")),
        submitted_at=data.optional_moment("createdAt"),
        title=data.optional_text("formName"),
    )


def _value(question: Fields) -> object:
    """Return an answer; where options were chosen, their texts in place of their ids, always as a list."""
    value = question.values.get("value")
    texts = question.optional_children("options")
    options = {one.optional_text("id"): one.optional_text("text") for one in texts}
    if not options or value is None:
        return value
    chosen = value if isinstance(value, list) else [value]
    return [options.get(one, one) if isinstance(one, str) else one for one in chosen]
