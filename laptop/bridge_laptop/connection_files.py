"""Connection files on disk: found, read as they will stand in SSM, and checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bridge.connections.model import Connection
from bridge.connections.parse import parse_connection
from bridge.errors import InvalidConnection

# SSM's own limits: an advanced parameter holds 8 KB, and a value must not refer to another parameter.
# https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
LARGEST_SETTINGS_BYTES = 8192
REFERENCE = "{{"


@dataclass(frozen=True, slots=True)
class ConnectionFile:
    """A file that passed every check; ``text`` is what goes to SSM."""

    path: Path
    text: str
    connection: Connection


def files_in(directory: Path) -> list[Path]:
    """Return the connection files of a directory, by name."""
    return sorted(directory.glob("*.toml"))


def read_connection_file(path: Path) -> ConnectionFile:
    """Read and check one file; its name without ``.toml`` is the connection's id.

    Raises:
        InvalidConnection: with every problem.
    """
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise InvalidConnection([f"file: cannot be read, {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise InvalidConnection(["file: not UTF-8, save it as UTF-8"]) from error
    problems = []
    if len(text.encode()) > LARGEST_SETTINGS_BYTES:
        problems.append(
            f"file: {len(content)} bytes, SSM holds {LARGEST_SETTINGS_BYTES}; shorten the comments"
        )
    if REFERENCE in text:
        problems.append(f"file: SSM takes no value with {REFERENCE}, put a space between the braces")
    try:
        connection = parse_connection(path.stem, text)
    except InvalidConnection as error:
        raise InvalidConnection([*problems, *error.problems]) from error
    if problems:
        raise InvalidConnection(problems)
    return ConnectionFile(path, text, connection)


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
