"""Fillout's webhooks: the submission with its questions.

The shape is that of the API: https://www.fillout.com/help/api-reference/get-all-submissions . What the
webhook adds around it (``formId``, ``formName``, ``submission``) is not in the documentation we read, so
both are accepted. Nothing is signed; the secret goes in a header or in the address. No clock, no AWS.
"""

from __future__ import annotations

from collections.abc import Mapping

from bridge.document import Fields
from bridge.errors import MalformedWebhook
from bridge.sources.shared.answers import Answer, labelled, path_of, text_of
from bridge.sources.shared.forms import Submission, UnsignedFormSource, form_traits

_DATES = ("DatePicker", "DateTimePicker", "DateRange")


class Fillout(UnsignedFormSource):
    """Fillout's webhooks: the submission with its questions."""

    TRAITS = form_traits(
        "Fillout",
        signature="none: the secret in the header X-Webhook-Secret or in the address",
        replay="id of the submission",
        update="a submission with a later lastUpdatedAt",
        tested_with="sample of the API's documentation; a real webhook is not verified",
    )

    def read(self, body: Mapping[str, object]) -> Submission:
        """Take the questions with their values, and what came in the form's address."""
        whole = Fields(body)
        inner = whole.optional_child("submission")
        found = inner if inner.values else whole
        if not isinstance(found.values.get("questions"), list):
            raise MalformedWebhook("questions_missing")
        questions = found.optional_children("questions")
        answers = {one.optional_text("id"): one.values.get("value") for one in questions}
        answers.pop("", None)
        labels = labelled([(one.optional_text("name"), one.values.get("value")) for one in questions])
        parameters = found.optional_children("urlParameters")
        hidden = labelled([(one.optional_text("name"), one.values.get("value")) for one in parameters])
        submission_id = text_of(found.values.get("submissionId"))
        return Submission(
            document={
                "id": submission_id,
                "form_id": whole.optional_text("formId"),
                "form": whole.optional_text("formName"),
                "submitted_at": found.optional_text("submissionTime"),
                "answers": answers,
                "labels": labels,
                "hidden": hidden,
            },
            own={"labels": labels, "hidden": hidden},
            submission_id=submission_id,
            submitted_at=found.optional_moment("lastUpdatedAt") or found.optional_moment("submissionTime"),
            title=whole.optional_text("formName"),
            answers=[
                Answer(
                    one.optional_text("name"),
                    one.values.get("value"),
                    path_of("answers", one.optional_text("id")),
                    is_date=one.optional_text("type") in _DATES,
                )
                for one in questions
            ],
        )
