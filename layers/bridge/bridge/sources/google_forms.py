"""Google Forms, through a script of ours in the form: ``examples/google-forms.gs``.

Google Forms has no webhooks. The script runs when a form is submitted and posts the response's lasting id,
its time and every question with id, title and answer (null where there is none), with the secret in a header.
An edited response keeps its id. No clock, no AWS.
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
    show_in_header,
    text_of,
    verify_shared_secret,
)
from bridge.sources.shared.reading import Fields, load_object

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
    title="Google Forms",
    signature="none: our script shows the secret in the header X-Webhook-Secret",
    replay="id of the response",
    create="each response",
    update="an edited response",
    cancel="[fields] cancelled",
    window="[fields] date, time, after, before",
    tested_with="our own script, run with stand-ins for Google's services",
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
        MalformedWebhook: ``items_missing``, ``order_id_missing``, ``order_id_unreadable``, or what
            :func:`~bridge.sources.shared.reading.load_object` says.

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
    """Show the secret in the header, as the script does."""
    return show_in_header(body, secret)


def _submission(body: bytes, content_type: str) -> Submission:
    del content_type
    response = Fields(load_object(body))
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
        own={"labels": own_names(labels), "": {"email": response.optional_text("email") or None}},
        submission_id=submission_id,
        submitted_at=response.optional_moment("submitted_at"),
        title=response.optional_text("form"),
    )
