"""Google Forms, through a script of ours in the form: ``examples/google-forms.gs``.

Google Forms has no webhooks. The script runs when a form is submitted and posts the response's lasting id,
its time and every question with id, title and answer (null where there is none), with the secret in a header.
An edited response keeps its id. No clock, no AWS.
"""

from __future__ import annotations

from collections.abc import Mapping

from bridge.document import Fields
from bridge.errors import MalformedWebhook
from bridge.sources.shared.answers import Answer, labelled, path_of, text_of
from bridge.sources.shared.forms import Submission, UnsignedFormSource, form_traits

_DATES = ("DATE", "DATETIME")  # https://developers.google.com/apps-script/reference/forms/item-type


class GoogleForms(UnsignedFormSource):
    """Google Forms, through a script of ours in the form: ``examples/google-forms.gs``."""

    TRAITS = form_traits(
        "Google Forms",
        signature="none: our script shows the secret in the header X-Webhook-Secret",
        replay="id of the response",
        create="each response",
        update="an edited response",
        tested_with="our own script, run with stand-ins for Google's services",
    )

    def read(self, body: Mapping[str, object]) -> Submission:
        """Take the answers by the ids and the titles of their questions."""
        response = Fields(body)
        if not isinstance(response.values.get("items"), list):
            raise MalformedWebhook("items_missing")
        items = response.optional_children("items")
        answers = {text_of(one.values.get("id")): one.values.get("answer") for one in items}
        answers.pop("", None)
        labels = labelled([(one.optional_text("title"), one.values.get("answer")) for one in items])
        submission_id = text_of(response.values.get("response_id"))
        return Submission(
            document={
                "id": submission_id,
                "form_id": response.optional_text("form_id"),
                "form": response.optional_text("form"),
                "submitted_at": response.optional_text("submitted_at"),
                "email": response.optional_text("email"),
                "answers": answers,
                "labels": labels,
            },
            own={"labels": labels, "": {"email": response.optional_text("email") or None}},
            submission_id=submission_id,
            submitted_at=response.optional_moment("submitted_at"),
            title=response.optional_text("form"),
            answers=[
                Answer(
                    one.optional_text("title"),
                    one.values.get("answer"),
                    path_of("answers", text_of(one.values.get("id"))),
                    is_date=one.optional_text("type") in _DATES,
                )
                for one in items
            ],
        )
