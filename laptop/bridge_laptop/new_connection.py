"""A connection file made from a few answers: its sender's sample connection with the answers in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bridge_laptop.samples import SAMPLES

_TABLE = re.compile(r"^\[+([A-Za-z_]+)")
_ANSWERED = ("", "coopcycle", "pickup", "schedule")  # tables that are made of answers


@dataclass(frozen=True, slots=True)
class Answers:
    """What has to be known of a shop; ``pickup`` "" is the store's own address on CoopCycle."""

    source: str
    coopcycle_url: str
    timezone: str
    country: str
    opening_hours: Sequence[str]
    pickup: str = ""


def text_of(answers: Answers) -> str:
    """Return the file's text; the sender's own tables stand as in its sample, to be made one's own."""
    lines = [
        "# Every key that there is stands in connections/acme.toml; no secret ever stands here.",
        f"source   = {_quoted(answers.source)}",
        f"timezone = {_quoted(answers.timezone)}",
        f"country  = {_quoted(answers.country)}",
        "",
        "[coopcycle]",
        f"url = {_quoted(answers.coopcycle_url)}",
        "",
    ]
    if answers.pickup:
        lines += ["[pickup]", f"address = {_quoted(answers.pickup)}", ""]
    lines += ["[schedule]", f"opening_hours = [{', '.join(map(_quoted, answers.opening_hours))}]", ""]
    return "\n".join([*lines, *_own_tables(answers.source)]).rstrip() + "\n"


def own_tables(source: str) -> list[str]:
    """Return the names of the tables that are a sample's, which somebody has to make his own."""
    named = [_TABLE.match(line) for line in _own_tables(source)]
    return list(dict.fromkeys(match[1] for match in named if match))


def _own_tables(source: str) -> Iterator[str]:
    """Yield the lines of the sender's sample that no answer replaces."""
    table = ""
    for line in (SAMPLES / source / "connection.toml").read_text(encoding="utf-8").splitlines():
        match = _TABLE.match(line)
        table = match[1] if match else table
        if table not in _ANSWERED:
            yield line


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # a basic string of TOML is one of JSON
