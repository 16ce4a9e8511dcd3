"""Tally's webhooks: signature, which submission, and the answers with the texts of what was chosen.

Signature and body: https://tally.so/help/webhooks . Its example signs the body written again from JSON; what
Tally sends is what JSON.stringify wrote, so the raw bytes are verified. No clock, no AWS.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bridge.document import Fields
from bridge.errors import MalformedWebhook
from bridge.sources.shared.answers import Answer, labelled, path_of, text_of
from bridge.sources.shared.base import Options, Push, Signed, Trial
from bridge.sources.shared.forms import FormSource, Submission, form_traits
from bridge.sources.shared.signing import hmac_sha256_base64, verify_hmac_sha256_base64

_SIGNATURE_HEADER = "tally-signature"
_HIDDEN = "HIDDEN_FIELDS"


class Tally(FormSource):
    """Tally's webhooks: signature, which submission, and the answers with the texts of what was chosen."""

    TOPICS = ("FORM_RESPONSE",)
    EVENT_FIELD = "eventType"

    TRAITS = form_traits(
        "Tally",
        signature="HMAC-SHA256 of the body, base64",
        replay="id of the submission",
        tested_with="sample of the documentation; it publishes no vector",
    )

    def verify(self, push: Push, secrets: Sequence[str], options: Options) -> None:
        """Check ``Tally-Signature``: base64 of the body's HMAC-SHA256; sent when a signing secret is set.

        Raises:
            InvalidSignature: see :func:`~bridge.sources.shared.signing.verify_hmac_sha256_base64`.

        """
        verify_hmac_sha256_base64(push.body, push.headers.get(_SIGNATURE_HEADER), secrets)

    def pushed(self, trial: Trial) -> Signed:
        """Sign as https://tally.so/help/webhooks says."""
        return Signed(
            trial.body,
            {
                "Content-Type": "application/json",
                "Tally-Signature": hmac_sha256_base64(trial.body, trial.secret.encode()),
            },
        )

    def read(self, body: Mapping[str, object]) -> Submission:
        """Take the answers by their questions' keys and labels."""
        data = Fields(body).optional_child("data")
        if not data.values:
            raise MalformedWebhook("data_missing")
        fields = data.optional_children("fields")
        answers = {one.optional_text("key"): _value(one) for one in fields}
        answers.pop("", None)
        labels = labelled([(one.optional_text("label"), _value(one)) for one in fields])
        hidden = labelled(
            [
                (one.optional_text("label"), _value(one))
                for one in fields
                if one.optional_text("type") == _HIDDEN
            ]
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
            own={"hidden": hidden, "labels": labels},
            submission_id=submission_id,
            push_id=text_of(body.get("eventId")),
            submitted_at=data.optional_moment("createdAt"),
            title=data.optional_text("formName"),
            answers=[
                Answer(
                    one.optional_text("label"),
                    _value(one),
                    path_of("answers", one.optional_text("key")),
                    is_date=one.optional_text("type") == "INPUT_DATE",
                )
                for one in fields
            ],
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
