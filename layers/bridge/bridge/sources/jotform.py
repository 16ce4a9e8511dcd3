"""Jotform's webhooks: multipart with the answers as JSON inside, under ``rawRequest``.

https://www.jotform.com/help/245-how-to-setup-a-webhook-with-jotform/ . Nothing is signed and no header can be
set, so the secret stands in the address. Questions are named ``q3_address``: number and name; here they are
found by ``q3_address`` and by ``address``. The part ``pretty`` is for people ("Name:A, B, Phone:1") and never
read. No clock, no AWS.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bridge.document import load_object
from bridge.errors import MalformedWebhook
from bridge.schedule import compound_times
from bridge.sources.shared.answers import Answer, path_of, text_of
from bridge.sources.shared.base import Signed, Trial
from bridge.sources.shared.form_bodies import guess_content_type, read_form
from bridge.sources.shared.forms import Submission, UnsignedFormSource, form_traits

_QUESTION = re.compile(r"q(\d{1,6})_(\w{1,200})", re.ASCII)


class Jotform(UnsignedFormSource):
    """Jotform's webhooks: multipart with the answers as JSON inside, under ``rawRequest``."""

    TRAITS = form_traits(
        "Jotform",
        signature="none: the secret in the address",
        replay="id of the submission",
        update="an edited submission",
        tested_with="a recorded submission that Zulip publishes; address, phone and date as in Jotform's API",
    )

    def pushed(self, trial: Trial) -> Signed:
        """Show the secret in the address."""
        return Signed(trial.body, {"Content-Type": guess_content_type(trial.body)}, path_secret=trial.secret)

    def load(self, body: bytes, content_type: str) -> Mapping[str, object]:
        """Read JSON, URL-encoded or multipart fields."""
        return read_form(body, content_type)

    def read(self, body: Mapping[str, object]) -> Submission:
        """Take the answers out of ``rawRequest``."""
        text = body.get("rawRequest")
        if not isinstance(text, str):
            raise MalformedWebhook("raw_request_missing")
        try:
            raw = load_object(text.encode("utf-8"))
        except MalformedWebhook as error:
            raise MalformedWebhook("raw_request_unreadable") from error
        answers = _answers(raw)
        submission_id, title = text_of(body.get("submissionID")), text_of(body.get("formTitle"))
        return Submission(
            document={
                "id": submission_id,
                "form_id": text_of(body.get("formID")),
                "form": title,
                "answers": answers,
            },
            own={"answers": answers},
            answers=[
                Answer(
                    match[2],
                    answers[match[0]],
                    path_of("answers", match[0]),
                    is_date=isinstance(value, Mapping) and compound_times.text_of(value) is not None,
                )
                for key, value in raw.items()
                if (match := _QUESTION.fullmatch(key))
            ],
            submission_id=submission_id,
            title=title,
        )


def _answers(raw: Mapping[str, object]) -> dict[str, object]:
    """Return the answers by name and by number and name; what else stands there is Jotform's housekeeping."""
    found: dict[str, object] = {}
    for key, value in raw.items():
        match = _QUESTION.fullmatch(key)
        if match is None:
            continue
        answer = _value(value)
        found[key] = answer
        found.setdefault(match[2], answer)
    return found


def _value(value: object) -> object:
    """Return phone, date, time and appointment, which come in parts, as texts; all else as it is."""
    if not isinstance(value, Mapping):
        return value
    if "full" in value or "phone" in value:
        parts = [text_of(value.get(key)) for key in ("area", "phone")]
        return text_of(value.get("full")) or " ".join(filter(None, parts))
    time = compound_times.text_of(value)
    return value if time is None else time
