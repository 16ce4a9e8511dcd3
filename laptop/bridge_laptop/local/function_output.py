"""What the functions of the local stack write: told line by line, and kept where Lambda keeps it in AWS.

A thread of its own does both, so that no function waits for a terminal or for the emulator.
"""

from __future__ import annotations

import io
import json
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import IO, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from bridge.telemetry import logger

STREAM = "local"
AT_ONCE = 1000  # lines; PutLogEvents takes ten times as many

Tell = Callable[[str, datetime, str], None]  # the template's name of a function, and what it wrote when
_Line = tuple[str, int, str]  # function, milliseconds since 1970, text


class FunctionOutput:
    """Takes lines from anywhere, and has them told and kept in the emulator's CloudWatch Logs in their order.

    An emulator that has no logs keeps none; they are told all the same.
    """

    def __init__(self, names: Mapping[str, str], tell: Tell) -> None:
        self._groups = {
            name.removesuffix("LogGroup") + "Function": group
            for name, group in names.items()
            if name.endswith("LogGroup")
        }
        self._tell = tell
        self._lines: queue.SimpleQueue[_Line | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, daemon=True, name="function-output")
        self._keeps = True

    def start(self) -> None:
        """Make the log groups, and begin."""
        logs = boto3.client("logs")
        try:
            for group in self._groups.values():
                with suppress(logs.exceptions.ResourceAlreadyExistsException):
                    logs.create_log_group(logGroupName=group)
                with suppress(logs.exceptions.ResourceAlreadyExistsException):
                    logs.create_log_stream(logGroupName=group, logStreamName=STREAM)
        except (ClientError, BotoCoreError):
            self._keeps = False
        self._thread.start()

    def stop(self) -> None:
        """Tell what is left, and end."""
        self._lines.put(None)
        self._thread.join(timeout=10)

    def write(self, function: str, line: str) -> None:
        """Take a line; of one that names its function itself, ``function`` may be empty."""
        self._lines.put((function, int(time.time() * 1000), line))

    def read(self, function: str, stream: IO[bytes]) -> None:
        """Take the lines of a process, until it has ended, in a thread of their own."""
        threading.Thread(target=self._read, args=(function, stream), daemon=True, name="output").start()

    def _read(self, function: str, stream: IO[bytes]) -> None:
        with stream:
            for line in stream:
                self.write(function, line.decode("utf-8", "replace").rstrip())

    def _run(self) -> None:
        logs = boto3.session.Session().client("logs")
        for lines in self._taken():
            told = [(function or _function_in(text), at, text) for function, at, text in lines]
            self._keep(logs, told)
            for function, at, text in told:
                self._tell(function, datetime.fromtimestamp(at / 1000, UTC), text)

    def _taken(self) -> Iterator[list[_Line]]:
        """Yield the lines that have come, together, until the end."""
        while (line := self._lines.get()) is not None:
            lines = [line]
            with suppress(queue.Empty):
                while len(lines) < AT_ONCE and (line := self._lines.get_nowait()) is not None:
                    lines.append(line)
            yield lines
            if line is None:
                return

    def _keep(self, logs: Any, lines: Sequence[_Line]) -> None:
        if not self._keeps:
            return
        for function, group in self._groups.items():
            events = [{"timestamp": at, "message": text} for of, at, text in lines if of == function]
            if not events:
                continue
            with suppress(ClientError, BotoCoreError):  # the emulator is away, and so is all else
                logs.put_log_events(logGroupName=group, logStreamName=STREAM, logEvents=events)


def _function_in(text: str) -> str:
    """Return the function that an entry names, as Powertools writes it; empty where it names none."""
    try:
        fields = json.loads(text)
    except ValueError:
        return ""
    return str(fields.get("function_name", "")) if isinstance(fields, dict) else ""


class _Lines(io.TextIOBase):
    """A stream whose lines go to an output."""

    def __init__(self, output: FunctionOutput) -> None:
        self._output = output

    def write(self, text: str) -> int:
        """Pass whole lines on; a logger writes nothing else."""
        for line in text.splitlines():
            self._output.write("", line)
        return len(text)


@contextmanager
def logged_to(output: FunctionOutput, level: str) -> Iterator[None]:
    """Have the functions of this process log to an output, from a level on."""
    handler: Any = logger.registered_handler
    stream, before = handler.setStream(_Lines(output)), logger.log_level
    logger.setLevel(level)
    try:
        yield
    finally:
        handler.setStream(stream)
        logger.setLevel(before)
