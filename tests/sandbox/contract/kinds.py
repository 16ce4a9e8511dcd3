"""What is compared by its kind: all that a clock, a random number, a geocoder or a router makes.

Everything else of an answer is compared as it stands. What another instance may know better stands in
`instance.py`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

# Coordinates that a recorded request sent, and the store's own address: nobody had to look these up.
KNOWN_COORDINATES = frozenset(
    {48.857127, 2.354766, 48.864577, 2.333338, 48.846656, 2.369052, 48.86, 2.38, 248.8, 2.35, 0}
)
ISO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?P<offset>[+-]\d\d:\d\d)")
SHOWN_CHARACTERS = 80
_EVENT_TIME = re.compile(r"\.hydra:member\[\d+\]\.createdAt")


@dataclass(frozen=True)
class Kind:
    """A kind of value: which recorded values are of it, and what ours must be then."""

    name: str
    is_one: Callable[[str, Any], bool]  # the path of the member, the recorded value
    holds: Callable[[Any, Any], bool]  # the recorded value, ours
    why: str
    secret: bool = False  # then a value is never shown

    def shown(self, value: Any) -> str:
        """Write a value for a difference."""
        return "what came" if self.secret else shown(value)


def member_of(path: str) -> str:
    return path.rpartition(".")[2].split("[")[0]


def shown(value: Any) -> str:
    """Write a value as JSON, cut to what fits into a line."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"


def is_whole(value: object) -> bool:
    """Say whether JSON shows a whole number (`true` is none, nor is `2.0`)."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _seconds_apart(recorded: str, ours: object) -> float:
    if not isinstance(ours, str) or not ISO_TIME.fullmatch(ours):
        return math.inf
    return abs((datetime.fromisoformat(ours) - datetime.fromisoformat(recorded)).total_seconds())


KINDS: tuple[Kind, ...] = (
    Kind(
        "a text",
        lambda _, recorded: recorded == "<text>",
        lambda _, ours: is_text(ours),
        "sentences follow the instance's language; they are left out, and nothing may depend on them",
    ),
    Kind(
        "a secret without blanks",
        lambda _, recorded: recorded == "<masked>",
        lambda _, ours: is_text(ours) and not re.search(r"\s", ours),
        "tokens and webhook secrets are random, and masked in the recordings",
        secret=True,
    ),
    Kind(
        "a page of HTML",
        lambda _, recorded: recorded == "<a page of HTML>",
        lambda _, ours: isinstance(ours, str) and ours.lstrip().startswith("<"),
        "a page for people, left out of the recordings; the content type says that it is HTML",
    ),
    Kind(
        "a time within two seconds of the recorded one",
        lambda path, _: member_of(path) == "updatedAt" or _EVENT_TIME.fullmatch(path) is not None,
        lambda recorded, ours: _seconds_apart(recorded, ours) <= 2,
        "CoopCycle writes a task once more after it answered; of steps that only prepare no time is recorded",
    ),
    Kind(
        "a whole number, 0 where the recorded one is",
        lambda path, _: member_of(path) in {"distance", "duration"},
        lambda recorded, ours: is_whole(ours) and ours >= 0 and (ours == 0) == (recorded == 0),
        "metres and seconds are the router's; only a way to where it begins is known to have none",
    ),
    Kind(
        "an encoded polyline",
        lambda path, _: member_of(path) == "polyline",
        lambda recorded, ours: (
            isinstance(ours, str)
            and re.fullmatch(r"[?-~]*", ours) is not None
            and (ours == "") == (recorded == "")
        ),
        "the router's way",
    ),
    Kind(
        "a coordinate",
        lambda path, recorded: (
            member_of(path) in {"latitude", "longitude"}
            and isinstance(recorded, int | float)
            and recorded not in KNOWN_COORDINATES
        ),
        lambda _, ours: isinstance(ours, int | float) and not isinstance(ours, bool) and abs(ours) <= 180,
        "the geocoder's; coordinates that a request sent, or that stand in the fixtures, are compared",
    ),
)
