"""Where the handlers run: in this process, or each under AWS's Lambda Runtime Interface Emulator.

Either way one environment serves one invocation at a time, as on Lambda.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import platform
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import requests

from bridge import runtime
from bridge.console.composition import console
from bridge_laptop.local.function_output import FunctionOutput
from bridge_laptop.sam_template import Function


class FunctionFailed(RuntimeError):
    """The function raised, timed out or died; the caller gets no answer, as from Lambda."""


class Runtime(Protocol):
    """Runs one function."""

    def invoke(self, event: dict[str, Any]) -> dict[str, Any]:
        """Return the handler's answer, or raise :class:`FunctionFailed`."""

    def renew(self) -> None:
        """Have the next invocation run in a new environment, which knows nothing from before."""

    def stop(self) -> None:
        """End what was started."""


@dataclass
class Context:
    """The part of Lambda's context object that handlers and Powertools read."""

    function_name: str
    memory_limit_in_mb: int
    timeout_seconds: int
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    started: float = field(default_factory=time.monotonic)

    @property
    def invoked_function_arn(self) -> str:
        """Return an ARN of the right form."""
        return f"arn:aws:lambda:local:123456789012:function:{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        """Return what is left of the function's timeout."""
        return int(1000 * max(0.0, self.timeout_seconds - (time.monotonic() - self.started)))


class InProcess:
    """The handler, called directly."""

    def __init__(self, function: Function) -> None:
        self._function = function
        self._handler = _load(function.folder).lambda_handler
        self._one_at_a_time = threading.Lock()

    def invoke(self, event: dict[str, Any]) -> dict[str, Any]:
        """Call the handler with a copy of the event as JSON would carry it."""
        context = Context(self._function.logical_id, self._function.memory_mb, self._function.timeout_seconds)
        with self._one_at_a_time:
            try:
                answer = self._handler(json.loads(json.dumps(event)), context)
            except Exception as error:
                raise FunctionFailed(type(error).__name__) from error
        result: dict[str, Any] = json.loads(json.dumps(answer))
        return result

    def renew(self) -> None:
        """Forget what the composition roots have built."""
        for root in (runtime.receiver, runtime.dispatch_runtime, runtime.webhooks_queue, console):
            root.cache_clear()
        runtime.event_receiver.cache_clear()

    def stop(self) -> None:
        """Nothing was started."""


def _load(folder: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"functions.{folder.name}.app", folder / "app.py")
    assert spec is not None and spec.loader is not None  # noqa: S101, PT018  # a file always has both
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def emulator_binary() -> Path:
    """Return AWS's emulator as it ships inside the aws-sam-cli package.

    Raises:
        FileNotFoundError: it is not installed, or this machine has no build of it.

    """
    machine = {"x86_64": "x86_64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    binary = Path(sys.prefix) / "rie" / "samcli" / "local" / "rapid" / f"aws-lambda-rie-{machine}"
    if platform.system() != "Linux" or not binary.exists():
        raise FileNotFoundError(
            f"{binary} not found: the Runtime Interface Emulator runs on Linux; `make install` fetches it"
        )
    return binary


class _Environment:
    """One execution environment: the emulator with the runtime client and our handler under it."""

    def __init__(self, function: Function, log: Path | None, output: FunctionOutput | None) -> None:
        self._function = function
        address, api_address = (f"127.0.0.1:{port}" for port in _free_ports(2))
        self._url = f"http://{address}/2015-03-31/functions/function/invocations"
        own = subprocess.PIPE if output is not None else None
        with log.open("ab") if log is not None else contextlib.nullcontext(own) as written:
            self.process = subprocess.Popen(  # our own binary and handler
                [
                    str(emulator_binary()),
                    "--log-level",
                    "error",
                    "--runtime-interface-emulator-address",
                    address,
                    "--runtime-api-address",
                    api_address,
                    sys.executable,
                    "-m",
                    "awslambdaric",
                    "app.lambda_handler",
                ],
                cwd=function.folder,
                env=_environment(function),
                stdout=written,
                stderr=subprocess.STDOUT if written is not None else None,
                start_new_session=True,  # by which a kill finds the handler too
            )
        if output is not None and self.process.stdout is not None:
            output.read(function.logical_id, self.process.stdout)
        _wait_for_port(address, self.process)

    def invoke(self, event: dict[str, Any]) -> dict[str, Any]:
        try:
            response = requests.post(self._url, json=event, timeout=self._function.timeout_seconds + 5)
            answer = response.json()
        except (requests.RequestException, ValueError) as error:
            raise FunctionFailed("the execution environment died") from error
        if not isinstance(answer, dict) or response.status_code != 200 or "errorMessage" in answer:
            kind = answer.get("errorType", "") if isinstance(answer, dict) else ""
            raise FunctionFailed(f"the function failed: {kind}")
        return answer

    def kill(self) -> None:
        _kill_session(self.process.pid)
        self.process.wait()


def _kill_session(leader: int) -> None:
    """Kill the emulator, then the handler, which the emulator has put into a process group of its own."""
    members = [leader]
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            fields = stat.read_text().rpartition(")")[2].split()  # man 5 proc: the name may hold anything
            if int(fields[3]) == leader:
                members.append(int(stat.parent.name))
    for process_id in dict.fromkeys(members):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process_id, signal.SIGKILL)


def _environment(function: Function) -> dict[str, str]:
    kept = ("PATH", "HOME", "LANG", "SSL_CERT_FILE", "TZ")
    aws = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    return (
        {name: os.environ[name] for name in kept if name in os.environ}
        | aws
        | dict(function.environment)
        | {
            "LAMBDA_TASK_ROOT": str(function.folder),
            "AWS_LAMBDA_FUNCTION_NAME": function.logical_id,
            "AWS_LAMBDA_FUNCTION_TIMEOUT": str(function.timeout_seconds),
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        }
    )


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for sock in sockets:
            sock.bind(("127.0.0.1", 0))
        return [sock.getsockname()[1] for sock in sockets]
    finally:
        for sock in sockets:
            sock.close()


def _wait_for_port(address: str, process: subprocess.Popen[bytes], seconds: float = 10) -> None:
    host, port = address.split(":")
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            time.sleep(0.01)
        else:
            return
    raise FunctionFailed("the Runtime Interface Emulator did not start")


class RiePool:
    """As many execution environments as may run at once; a dead one is replaced when it is next needed."""

    def __init__(
        self,
        function: Function,
        size: int,
        log: Path | None = None,
        output: FunctionOutput | None = None,
    ) -> None:
        self._function = function
        self._log = log
        self._output = output
        self._lock = threading.Lock()
        self._running: dict[int, _Environment] = {}
        self._busy: set[int] = set()
        self._idle: queue.LifoQueue[_Environment | None] = queue.LifoQueue()
        for _ in range(size):
            self._idle.put(None)  # started at the first use, as on Lambda

    @property
    def process_ids(self) -> list[int]:
        """Return the emulators that run now; fault tests :meth:`kill` these."""
        with self._lock:
            return list(self._running)

    def kill(self, process_id: int) -> None:
        """Kill one of them with -9, and its handler with it, wherever that may be in its work."""
        with self._lock:
            if process_id not in self._running:
                return  # it has died meanwhile, and the number may be another's
            _kill_session(process_id)

    @property
    def busy_process_ids(self) -> list[int]:
        """Return those of them that are at work on an invocation."""
        with self._lock:
            return sorted(self._busy)

    def renew(self) -> None:
        """End the environments that have nothing to do; the others go on with what they know."""
        busy = set(self.busy_process_ids)
        for process_id in self.process_ids:
            if process_id not in busy:
                self.kill(process_id)

    def invoke(self, event: dict[str, Any]) -> dict[str, Any]:
        """Invoke the function in a free environment, waiting for one if need be."""
        environment = self._idle.get()
        try:
            if environment is not None and environment.process.poll() is not None:
                self._forget(environment)
                environment = None
            if environment is None:
                environment = _Environment(self._function, self._log, self._output)
                with self._lock:
                    self._running[environment.process.pid] = environment
            with self._at_work(environment):
                return environment.invoke(event)
        except FunctionFailed:
            if environment is not None:
                self._forget(environment)
                environment = None
            raise
        finally:
            self._idle.put(environment)

    @contextlib.contextmanager
    def _at_work(self, environment: _Environment) -> Iterator[None]:
        with self._lock:
            self._busy.add(environment.process.pid)
        try:
            yield
        finally:
            with self._lock:
                self._busy.discard(environment.process.pid)

    def _forget(self, environment: _Environment) -> None:
        with self._lock:  # before it is reaped, so that no number in the list is ever another process's
            self._running.pop(environment.process.pid, None)
        environment.kill()

    def stop(self) -> None:
        """Kill every environment."""
        with self._lock:
            environments = list(self._running.values())
            self._running.clear()
        for environment in environments:
            environment.kill()
