"""Gravity Forms' Webhooks Add-On: a WordPress form's entry, as JSON or URL-encoded.

https://docs.gravityforms.com/webhooks-add-on/ . With "All Fields" the keys are the numbers of the fields,
those of an address or a name in parts ("4.1" street, "4.3" town, "4.5" postcode; "1.3" first, "1.6" last),
which an expression puts in quotes. With "Select Fields" one names the keys oneself: with our own names no
expression is needed. Nothing is signed; the add-on can set a header. No clock, no AWS.
"""

from __future__ import annotations

from collections.abc import Mapping

from bridge.sources.shared.answers import flat_answers, text_of
from bridge.sources.shared.base import Traits
from bridge.sources.shared.base import no_greeting as greeting
from bridge.sources.shared.base import whole_body as fetch
from bridge.sources.shared.form_bodies import read_form
from bridge.sources.shared.forms import SETTINGS, FormService, Submission
from bridge.sources.shared.shown_secrets import show_in_header as sign
from bridge.sources.shared.shown_secrets import verify_shared_secret as verify
from bridge.sources.shared.wordpress import plain_object

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

TRAITS = Traits(
    title="Gravity Forms",
    signature="none: the secret in the header X-Webhook-Secret",
    replay="id of the entry",
    create="each entry",
    update="the same entry sent again",
    cancel="[fields] cancelled",
    window="[fields] date, time, after, before",
    tested_with="the entry object of the documentation; a real webhook is not verified",
)


def _submission(sent: Mapping[str, object]) -> Submission:
    entry = plain_object(sent)  # texts come out of WordPress
    return Submission(
        document=entry,
        own={"": entry},
        submission_id=text_of(entry.get("id")) or text_of(entry.get("entry_id")),
        answers=flat_answers(entry),
    )


_SERVICE = FormService(topic=TOPICS[0], load=read_form, read=_submission)
identify, document, parse = _SERVICE.identify, _SERVICE.document, _SERVICE.parse
