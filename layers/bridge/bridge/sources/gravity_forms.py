"""Gravity Forms' Webhooks Add-On: a WordPress form's entry, as JSON or URL-encoded.

https://docs.gravityforms.com/webhooks-add-on/ . With "All Fields" the keys are the numbers of the fields,
those of an address or a name in parts ("4.1" street, "4.3" town, "4.5" postcode; "1.3" first, "1.6" last),
which an expression puts in quotes. With "Select Fields" one names the keys oneself: with our own names no
expression is needed. Nothing is signed; the add-on can set a header. No clock, no AWS.
"""

from __future__ import annotations

from collections.abc import Mapping

from bridge.sources.shared.answers import flat_answers, text_of
from bridge.sources.shared.form_bodies import read_form
from bridge.sources.shared.forms import Submission, UnsignedFormSource, form_traits
from bridge.sources.shared.wordpress import plain_object


class GravityForms(UnsignedFormSource):
    """Gravity Forms' Webhooks Add-On: a WordPress form's entry, as JSON or URL-encoded."""

    TRAITS = form_traits(
        "Gravity Forms",
        signature="none: the secret in the header X-Webhook-Secret",
        replay="id of the entry",
        create="each entry",
        update="the same entry sent again",
        tested_with="the entry object of the documentation; a real webhook is not verified",
    )

    def load(self, body: bytes, content_type: str) -> Mapping[str, object]:
        """Read JSON, URL-encoded or multipart fields."""
        return read_form(body, content_type)

    def read(self, body: Mapping[str, object]) -> Submission:
        """Take the entry's fields, their texts out of WordPress."""
        entry = plain_object(body)
        return Submission(
            document=entry,
            own={"": entry},
            submission_id=text_of(entry.get("id")) or text_of(entry.get("entry_id")),
            answers=flat_answers(entry),
        )
