"""Where a running `bridge local` is, for the commands that are run beside it."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bridge_laptop import template as sam
from bridge_laptop.local.containers import ContainerAddresses

FILE = sam.ROOT / ".bridge-local.json"
START_ONE = "no local stack is running; start one with `make run`"


class NotRunning(RuntimeError):
    """No local stack has said where it is."""


@dataclass(frozen=True, slots=True)
class LocalState:
    """What a command beside the stack needs to know."""

    url: str
    aws_endpoint: str
    names: Mapping[str, str]  # what references of the template mean
    process_id: int = field(default_factory=os.getpid)
    coopcycle_url: str = ""
    containers: ContainerAddresses | None = None  # how the engine's containers reach it

    @property
    def alive(self) -> bool:
        """Whether its process still runs; one that was killed could not say goodbye."""
        try:
            os.kill(self.process_id, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            pass  # it is somebody else's, and there
        return True


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
        document = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotRunning(START_ONE) from None
    containers = document.pop("containers")
    found = LocalState(**document, containers=containers and ContainerAddresses(**containers))
    if not found.alive:
        raise NotRunning(START_ONE)
    return found
