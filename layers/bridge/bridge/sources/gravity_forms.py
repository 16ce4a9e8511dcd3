"""Gravity Forms' Webhooks Add-On: a WordPress form's entry, as JSON or URL-encoded.

https://docs.gravityforms.com/webhooks-add-on/ . With "All Fields" the keys are the numbers of the fields,
those of an address or a name in parts ("4.1" street, "4.3" town, "4.5" postcode; "1.3" first, "1.6" last),
which an expression puts in quotes. With "Select Fields" one names the keys oneself: with our own names no
expression is needed. Nothing is signed; the add-on can set a header. No clock, no AWS.
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
    SETTINGS,
    Submission,
    identify_submission,
    parse_submission,
    show_in_header,
    text_of,
    verify_shared_secret,
)

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
    """Show the secret in the header."""
    return show_in_header(body, secret)


def _submission(body: bytes, content_type: str) -> Submission:
    entry = read_form(body, content_type)
    return Submission(
        document=entry,
        own={"": entry},
        submission_id=text_of(entry.get("id")) or text_of(entry.get("entry_id")),
    )
