"""Typeform's webhooks: signature, which submission, and the answers by the references of their questions.

Signature: https://www.typeform.com/developers/webhooks/secure-your-webhooks/ . Body:
https://www.typeform.com/developers/webhooks/example-payload/ . Questions that were not answered are absent
there; here they are null, so that an expression which names a question that does not exist is found
out. No clock, no AWS.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bridge.document import Fields
from bridge.errors import InvalidSignature, MalformedWebhook
from bridge.sources.shared.answers import Answer, labelled, path_of, text_of
from bridge.sources.shared.base import Options, Push, Signed, Trial
from bridge.sources.shared.forms import FormSource, Submission, form_traits
from bridge.sources.shared.signing import hmac_sha256_base64, verify_hmac_sha256_base64

_SIGNATURE_HEADER = "typeform-signature"
_ALGORITHM = "sha256="


class Typeform(FormSource):
    """Typeform's webhooks: a submission with its questions."""

    TOPICS = ("form_response",)
    EVENT_FIELD = "event_type"

    TRAITS = form_traits(
        "Typeform",
        signature="HMAC-SHA256 of the body, base64 behind sha256=",
        replay="token of the submission",
        tested_with="sample of the documentation; it publishes no vector",
    )

    def verify(self, push: Push, secrets: Sequence[str], options: Options) -> None:
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

    def pushed(self, trial: Trial) -> Signed:
        """Sign as https://www.typeform.com/developers/webhooks/secure-your-webhooks/ says."""
        return Signed(
            trial.body,
            {
                "Content-Type": "application/json",
                "Typeform-Signature": _ALGORITHM + hmac_sha256_base64(trial.body, trial.secret.encode()),
            },
        )

    def read(self, body: Mapping[str, object]) -> Submission:
        """Take the answers by the references and the titles of their questions."""
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
            own={"answers": answers, "hidden": hidden, "labels": labels},
            submission_id=text_of(response.values.get("token")),
            push_id=text_of(body.get("event_id")),
            submitted_at=response.optional_moment("submitted_at"),
            title=definition.optional_text("title"),
            answers=[
                Answer(
                    question.optional_text("title"),
                    answers.get(reference),
                    path_of("answers", reference),
                    is_date=question.optional_text("type") == "date",
                )
                for question in questions
                if (reference := _reference(question))
            ],
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
