"""Typeform's webhooks: signature, which submission, and the answers by the references of their questions.

Signature: https://www.typeform.com/developers/webhooks/secure-your-webhooks/ . Body:
https://www.typeform.com/developers/webhooks/example-payload/ . Questions that were not answered are absent
there; here they are null, so that an expression which names a question that does not exist is found
out. No clock, no AWS.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bridge.errors import InvalidSignature, MalformedWebhook
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

TOPICS: tuple[str, ...] = ("form_response",)

TRAITS = Traits(
    title="Typeform",
    signature="HMAC-SHA256 of the body, base64 behind sha256=",
    replay="token of the submission",
    create="each submission",
    update="the same [fields] order_id again",
    cancel="[fields] cancelled",
    window="[fields] date, time, after, before",
    tested_with="sample of the documentation; it publishes no vector",
)

_SIGNATURE_HEADER = "typeform-signature"
_ALGORITHM = "sha256="


def verify(push: Push, secrets: Sequence[str], options: Options) -> None:  # noqa: ARG001  # of every source
    """Check ``Typeform-Signature``: "sha256=" and the base64, not hexadecimal, HMAC of the body.

    Raises:
        InvalidSignature: see :func:`~bridge.sources.shared.signing.verify_hmac_sha256_base64`.

    """
    signature = push.headers.get(_SIGNATURE_HEADER)
    if signature and signature.strip():
        if not signature.startswith(_ALGORITHM):
            raise InvalidSignature("signature_malformed")
        signature = signature.removeprefix(_ALGORITHM) or "="
    verify_hmac_sha256_base64(push.body, signature, secrets)


def identify(push: Push, options: Options) -> Webhook | Ignored:
    """Find out which order a submission is; ``Ignored("topic")`` for another event, such as a partial one.

    Raises:
        MalformedWebhook: ``form_response_missing``, ``order_id_missing``, ``order_id_unreadable``, or what
            :func:`~bridge.sources.shared.reading.load_object` says.

    """
    body = load_object(push.body)
    if body.get("event_type") not in TOPICS:
        return Ignored("topic")
    return identify_submission(_submission(body), push, options, topic=TOPICS[0])


def document(payload: Payload) -> Mapping[str, object]:
    """Return the submission with ``answers`` by reference, ``labels`` by question, and ``hidden`` fields."""
    return _submission(load_object(payload.body)).document


def parse(payload: Payload, options: Options) -> Order | Ignored:
    """Make the order of a submission; see :func:`~bridge.sources.shared.forms.parse_submission`.

    Raises:
        UnmappableOrder: a field has the wrong type or is missing; names it.
        MalformedWebhook: bytes which :func:`identify` refuses too.

    """
    body = load_object(payload.body)
    if body.get("event_type") not in TOPICS:
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
    """Sign as https://www.typeform.com/developers/webhooks/secure-your-webhooks/ says."""
    return Signed(
        body,
        {
            "Content-Type": "application/json",
            "Typeform-Signature": _ALGORITHM + hmac_sha256_base64(body, secret.encode()),
        },
    )


def _submission(body: Mapping[str, object]) -> Submission:
    response = Fields(body).optional_child("form_response")
    if not response.values:
        raise MalformedWebhook("form_response_missing")
    definition = response.optional_child("definition")
    questions = definition.optional_children("fields")
    answers: dict[str, object] = {_reference(question): None for question in questions}
    for answer in response.optional_children("answers"):
        answers[_reference(answer.optional_child("field"))] = _value(answer)
    answers.pop("", None)
    labels = labelled(
        [(question.optional_text("title"), answers.get(_reference(question))) for question in questions]
    )
    hidden = response.optional_child("hidden").values
    return Submission(
        document={
            "id": response.optional_text("token"),
            "form_id": response.optional_text("form_id"),
            "form": definition.optional_text("title"),
            "submitted_at": response.optional_text("submitted_at"),
            "answers": answers,
            "labels": labels,
            "hidden": hidden,
            "variables": {
                variable.optional_text("key"): _value(variable)
                for variable in response.optional_children("variables")
            },
        },
        own={"answers": answers, "hidden": hidden, "labels": own_names(labels)},
        submission_id=text_of(response.values.get("token")),
        push_id=text_of(body.get("event_id")),
        submitted_at=response.optional_moment("submitted_at"),
        title=definition.optional_text("title"),
    )


def _reference(question: Fields) -> str:
    """Return the reference that the form's owner can set, else Typeform's id."""
    return question.optional_text("ref") or question.optional_text("id")


def _value(answer: Fields) -> object:
    """Return an answer's value: what stands under the name of its type; of choices, their labels."""
    kind = answer.optional_text("type")
    value = answer.values.get(kind)
    if kind == "choice":
        choice = answer.optional_child("choice")
        return choice.optional_text("label") or choice.optional_text("other") or None
    if kind == "choices":
        choices = answer.optional_child("choices")
        labels = choices.values.get("labels")
        other = choices.optional_text("other")
        return [*(labels if isinstance(labels, list) else []), *([other] if other else [])]
    return value
