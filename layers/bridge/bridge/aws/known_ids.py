"""The ids of all connections, so that a stranger who guesses ids costs no question to SSM.

SSM answers 40 questions a second for the whole account
(https://docs.aws.amazon.com/general/latest/gr/ssm.html), and the receiver is on the internet. So the ids
stand in a few parameters ``/bridge/<environment>/connection-ids/<number>``, which ``bridge connections``
keeps: Strings of at most 4 KB, a remark and then one id a line. The first line is never an id: SSM holds no
empty value, and a list without ids is not the same as no list.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

REMARK = "# ids of connections, kept by `bridge connections`"
LARGEST_PART_BYTES = 4096  # of a standard parameter
BELIEVED_SECONDS = 30.0  # that an id is not on the list


def ids_path(connections_path: str) -> str:
    """Return where the ids of the connections under a path stand: beside their hierarchies."""
    return f"{connections_path.rstrip('/')}/connection-ids"


def read_parts(ssm: SSMClient, path: str) -> dict[str, str]:
    """Return the list's parameters by their names below the path; empty when there is no list."""
    prefix = f"{path}/"
    page = ssm.get_parameters_by_path(Path=prefix)
    found = {each["Name"].removeprefix(prefix): each["Value"] for each in page["Parameters"]}
    while token := page.get("NextToken"):
        page = ssm.get_parameters_by_path(Path=prefix, NextToken=token)
        found |= {each["Name"].removeprefix(prefix): each["Value"] for each in page["Parameters"]}
    return found


def ids_in(part: str) -> list[str]:
    """Return the ids in one parameter."""
    return [line for line in part.splitlines() if line and not line.startswith("#")]


def revised_parts(parts: Mapping[str, str], ids: set[str]) -> dict[str, str]:
    """Return the parameters to write so that the list holds exactly ``ids``.

    No id moves from one parameter to another, so whoever reads while they are written misses none.
    """
    held: dict[str, list[str]] = {}
    missing = set(ids)
    for name in sorted(parts):
        held[name] = [each for each in dict.fromkeys(ids_in(parts[name])) if each in missing]
        missing -= set(held[name])
    for each in sorted(missing):
        room = (name for name, some in held.items() if len(_text([*some, each])) <= LARGEST_PART_BYTES)
        held.setdefault(next(room, _free_name(held)), []).append(each)
    if not held:
        held[_free_name(held)] = []
    return {name: _text(some) for name, some in held.items() if parts.get(name) != _text(some)}


def _text(ids: list[str]) -> str:
    return "\n".join([REMARK, *ids])


def _free_name(held: Mapping[str, object]) -> str:
    return next(name for name in map("{:04}".format, range(len(held) + 1)) if name not in held)


class KnownIds:
    """Tells which ids may be connections; read once, and again when an id is not on a list of 30 s and older.

    For any number of threads: one question, however many wait.
    """

    def __init__(self, ssm: SSMClient, path: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._ssm = ssm
        self._path = path.rstrip("/")
        self._clock = clock
        self._ids: frozenset[str] | None = None  # None: there is no list
        self._believed_until: float | None = None
        self._lock = threading.Lock()

    def may_know(self, connection_id: str) -> bool:
        """Tell whether SSM is worth asking for this id; true of every id where there is no list.

        While SSM fails, what was read last goes on.

        Raises:
            ClientError, HTTPClientError, ConnectionError: of botocore, nothing was ever read.

        """
        with self._lock:
            if self._ids is not None and connection_id in self._ids:
                return True
            if self._believed_until is None or self._clock() >= self._believed_until:
                self._read()
            return self._ids is None or connection_id in self._ids

    def _read(self) -> None:
        try:
            parts = read_parts(self._ssm, self._path)
        except (ClientError, HTTPClientError, NoConnection):
            if self._believed_until is None:
                raise
        else:
            self._ids = frozenset(each for part in parts.values() for each in ids_in(part)) if parts else None
        self._believed_until = self._clock() + BELIEVED_SECONDS
