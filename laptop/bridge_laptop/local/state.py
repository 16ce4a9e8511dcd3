"""Where a running `bridge local` is, for the commands that are run beside it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from bridge_laptop import template as sam

FILE = sam.ROOT / ".bridge-local.json"


class NotRunning(RuntimeError):
    """No local stack has said where it is."""


@dataclass(frozen=True, slots=True)
class LocalState:
    """What a command beside the stack needs to know."""

    url: str
    aws_endpoint: str
    names: Mapping[str, str]  # what references of the template mean


@contextlib.contextmanager
def announced(state: LocalState, file: Path = FILE) -> Iterator[None]:
    """Say where the stack is, as long as it runs."""
    file.write_text(json.dumps(asdict(state)), encoding="utf-8")
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def read(file: Path = FILE) -> LocalState:
    """Return where the stack is.

    Raises:
        NotRunning: none is running here.
    """
    try:
        return LocalState(**json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise NotRunning("no local stack is running; start one with `make run`") from error
