"""The recorded exchanges, as data: one a line, so that a file and a line say which.

`tests/sandbox/recordings/README.md` tells where they come from. A file is one run from a fresh state.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "recordings"
OUTGOING = "outgoing_webhooks"  # what CoopCycle sent, not what it answered: another form, another test
FIRST_LINE = 2  # an exchange's line in its file: the first line holds the bracket of the list


@dataclass(frozen=True)
class Exchange:
    """A request, and what the recorded instance answered."""

    file: str
    line: int
    who: str
    note: str
    method: str
    path: str
    headers: dict[str, str]
    body: Any
    status: int
    answer_headers: dict[str, str]
    answer: Any
    members: list[int] | None = None
    setup: bool = False

    def __str__(self) -> str:
        """Say which exchange it is, as a difference is reported."""
        return f"{self.file}:{self.line} {self.method} {self.path}" + (f" ({self.note})" if self.note else "")

    @property
    def called(self) -> str:
        """The name by which texts refer to it: its note, or its request where it has none."""
        return self.note or f"{self.method} {self.path}"


def names() -> list[str]:
    """Return the files of exchanges."""
    return sorted(path.stem for path in FOLDER.glob("*.json") if path.stem != OUTGOING)


def read(file: str) -> Sequence[Exchange]:
    """Return the exchanges of a file, in the order in which they happened."""
    raw = json.loads((FOLDER / f"{file}.json").read_text(encoding="utf-8"))
    return [_exchange(file, line, each) for line, each in enumerate(raw, FIRST_LINE)]


def _exchange(file: str, line: int, raw: dict[str, Any]) -> Exchange:
    request, response = raw["request"], raw["response"]
    return Exchange(
        file=file,
        line=line,
        who=raw["as"],
        note=raw.get("note") or "",
        method=request["method"],
        path=request["path"],
        headers=request["headers"],
        body=request["body"],
        status=response["status"],
        answer_headers=response.get("headers", {}),
        answer=response["body"],
        members=response.get("members"),
        setup=bool(raw.get("setup")),
    )
