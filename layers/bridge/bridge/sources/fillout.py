"""Fillout's webhooks: the submission with its questions.

The shape is that of the API: https://www.fillout.com/help/api-reference/get-all-submissions . What the
webhook adds around it (``formId``, ``formName``, ``submission``) is not in the documentation we read, so
both are accepted. Nothing is signed; the secret goes in a header or in the address. No clock, no AWS.
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
    title="Fillout",
    signature="none: the secret in the header X-Webhook-Secret or in the address",
    replay="id of the submission",
    create="each submission",
    update="a submission with a later lastUpdatedAt",
    cancel="[fields] cancelled",
    window="[fields] date, time, after, before",
    tested_with="sample of the API's documentation; a real webhook is not verified",
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
        MalformedWebhook: ``questions_missing``, ``order_id_missing``, ``order_id_unreadable``, or what
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
    """Show the secret in the header."""
    return show_in_header(body, secret)


def _submission(body: bytes, content_type: str) -> Submission:
    del content_type
    whole = Fields(load_object(body))
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
        own={"labels": own_names(labels), "hidden": hidden},
        submission_id=submission_id,
        submitted_at=found.optional_moment("lastUpdatedAt") or found.optional_moment("submissionTime"),
        title=whole.optional_text("formName"),
    )
