"""Where a running `bridge local` is, for the commands that are run beside it."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bridge_laptop.local.containers import ContainerAddresses

VARIABLE = "BRIDGE_LOCAL_STATE"  # names the file, for commands in another folder than the stack's
FILE_NAME = ".bridge-local.json"
ENVIRONMENT = "dev"  # what the stack calls itself


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


def state_file() -> Path:
    """Return where a stack says where it is: beside what it runs, in the folder that one stands in."""
    return Path(os.environ.get(VARIABLE) or FILE_NAME).absolute()


@contextlib.contextmanager
def announced(state: LocalState) -> Iterator[None]:
    """Say where the stack is, as long as it runs."""
    file = state_file()
    file.write_text(json.dumps(asdict(state)), encoding="utf-8")
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def read() -> LocalState:
    """Return where the stack is.

    Raises:
        NotRunning: none is running here, or it is of another version.
    """
    file = state_file()
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        containers = document.pop("containers")
        found = LocalState(**document, containers=containers and ContainerAddresses(**containers))
    except FileNotFoundError:
        found = None
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise NotRunning(f"{file} was not written by this version; start the stack again") from error
    if found is None or not found.alive:
        raise NotRunning(
            f"no local stack is running in {file.parent}; start one with `make run`, "
            f"or name its file with {VARIABLE}"
        )
    return found
