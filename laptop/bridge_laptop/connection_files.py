"""Connection files on disk: found, read as they will stand in SSM, and checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bridge.connections.model import Connection
from bridge.connections.parse import parse_connection
from bridge.errors import InvalidConnection
from bridge.operator.connections import check_settings


@dataclass(frozen=True, slots=True)
class ConnectionFile:
    """A file that passed every check; ``text`` is what goes to SSM."""

    path: Path
    text: str
    connection: Connection

    def pointed_at(self, coopcycle_url: str) -> ConnectionFile:
        """Return it for another instance than it names: the local stack's sandbox."""
        text = self.text.replace(self.connection.coopcycle_url, coopcycle_url)
        return ConnectionFile(self.path, text, parse_connection(self.connection.connection_id, text))


def files_in(directory: Path) -> list[Path]:
    """Return the connection files of a directory, by name."""
    return sorted(directory.glob("*.toml"))


def read_connection_file(path: Path) -> ConnectionFile:
    """Read and check one file; its name without ``.toml`` is the connection's id.

    Raises:
        InvalidConnection: with every problem.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InvalidConnection([f"file: cannot be read, {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise InvalidConnection(["file: not UTF-8, save it as UTF-8"]) from error
    return ConnectionFile(path, text, check_settings(path.stem, text))


def check_files(paths: Sequence[Path]) -> tuple[list[ConnectionFile], list[str]]:
    """Read several files; return the good ones, and the problems as "file: key: …"."""
    good: list[ConnectionFile] = []
    problems: list[str] = []
    for path in paths:
        try:
            good.append(read_connection_file(path))
        except InvalidConnection as error:
            problems += [f"{path}: {problem}" for problem in error.problems]
    return good, problems
