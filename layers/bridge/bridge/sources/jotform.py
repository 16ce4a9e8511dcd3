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
from bridge.fields.values import number_text
from bridge.sources.shared.base import Traits
from bridge.sources.shared.base import no_greeting as greeting
from bridge.sources.shared.base import whole_body as fetch
from bridge.sources.shared.form_bodies import read_form
from bridge.sources.shared.forms import SETTINGS, FormService, Submission, text_of
from bridge.sources.shared.forms import show_in_address as sign
from bridge.sources.shared.forms import verify_shared_secret as verify

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
    title="Jotform",
    signature="none: the secret in the address",
    replay="id of the submission",
    create="each submission",
    update="an edited submission",
    cancel="[fields] cancelled",
    window="[fields] date, time, after, before",
    tested_with="a recorded submission that Zulip publishes; address, phone and date as in Jotform's API",
)

_QUESTION = re.compile(r"q(\d{1,6})_(\w{1,200})", re.ASCII)


def _submission(parts: Mapping[str, object]) -> Submission:
    raw = parts.get("rawRequest")
    if not isinstance(raw, str):
        raise MalformedWebhook("raw_request_missing")
    try:
        answers = _answers(load_object(raw.encode("utf-8")))
    except MalformedWebhook as error:
        raise MalformedWebhook("raw_request_unreadable") from error
    submission_id, title = text_of(parts.get("submissionID")), text_of(parts.get("formTitle"))
    return Submission(
        document={
            "id": submission_id,
            "form_id": text_of(parts.get("formID")),
            "form": title,
            "answers": answers,
        },
        own={"answers": answers},
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
    """Return phone, date and time as texts; they come in parts. Names and addresses stay objects."""
    if not isinstance(value, Mapping):
        return value
    parts = {str(key): _part(one) for key, one in value.items()}
    if "full" in parts or "phone" in parts:
        return parts.get("full") or " ".join(
            part for part in (parts.get("area", ""), parts.get("phone", "")) if part
        )
    clock = _clock(parts)
    if {"year", "month", "day"} <= parts.keys():
        date = "-".join((parts["year"], parts["month"].zfill(2), parts["day"].zfill(2)))
        return f"{date} {clock}".strip() if all(parts[one] for one in ("year", "month", "day")) else clock
    if "timeInput" in parts or "hourSelect" in parts:
        return clock
    return value


def _clock(parts: Mapping[str, str]) -> str:
    """Return "14:30" or "02:30 PM"."""
    hour = parts.get("hourSelect") or parts.get("hour", "")
    minute = parts.get("minuteSelect") or parts.get("min", "")
    clock = parts.get("timeInput") or (f"{hour}:{minute or '00'}" if hour else "")
    return f"{clock} {parts.get('ampm', '')}".strip() if clock else ""


def _part(value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    return number_text(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


_SERVICE = FormService(topic=TOPICS[0], load=read_form, read=_submission)
identify, document, parse = _SERVICE.identify, _SERVICE.document, _SERVICE.parse
