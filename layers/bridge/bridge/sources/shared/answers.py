"""The answers of a form, by question. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from bridge.fields.names import LONGEST_NAME
from bridge.fields.values import number_text

MOST_ANSWERS = 400  # among which a choice of time is looked for
_PLAIN_KEY = re.compile(r"[A-Za-z_]\w*", re.ASCII)


class Answer(NamedTuple):
    """One answer of a form: its question's text, the value, where an expression finds it.

    ``is_date``: the service itself calls it a date.
    """

    label: str
    value: object
    path: str
    is_date: bool = False


def text_of(value: object) -> str:
    """Return an id that a service writes as a text or as a whole number; "" for anything else."""
    if isinstance(value, str):
        return value.strip()
    return number_text(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def labelled(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    """Return answers by the question's text; of two with the same text the first that was answered counts."""
    found: dict[str, object] = {}
    for label, value in pairs:
        if label and found.get(label) in (None, "", []):
            found[label] = value
    return found


def path_of(holder: str, key: str) -> str:
    """Write where an expression finds a key: ``answers.day``, ``answers."Delivery day"``."""
    return f"{holder}.{key if _PLAIN_KEY.fullmatch(key) else json.dumps(key[:LONGEST_NAME])}"


def flat_answers(fields: Mapping[str, object]) -> list[Answer]:
    """Return the fields of a form whose names are its questions, those that are texts alone."""
    return [
        Answer(name, value, name)
        for name, value in islice(fields.items(), MOST_ANSWERS)
        if isinstance(value, str) and len(name) <= LONGEST_NAME
    ]
