"""Cold starts: the built layer at /opt and the function at /var/task, read-only, in a namespace of its own.

Without permission for namespaces the same folders stand on PYTHONPATH, and the report says so.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import requests
from tests.bench.measure import Figure
from tests.bench.parts import FUNCTIONS, Bench, batch, pushed
from tests.support import on_the_layer

from bridge_laptop.local.runtimes import _free_ports, _kill_session, _wait_for_port, emulator_binary

FLOORS = {
    "receive_webhook": ("boto3, with clients of SQS and SSM", "receive_webhook_floor"),
    "dispatch_delivery": (
        "boto3, with clients of SQS, DynamoDB and SSM, and requests",
        "dispatch_delivery_floor",
    ),
}
BUILT = {"receive_webhook": "app.receiver()", "dispatch_delivery": "app.dispatch_runtime()"}
MOUNTS = """set -e
mount -t tmpfs tmpfs /var
mkdir -p /var/task /var/runtime
mount --bind "$1" /opt && mount -o remount,bind,ro /opt
mount --bind "$2" /var/task && mount -o remount,bind,ro /var/task
mount --bind "$3" /var/runtime && mount -o remount,bind,ro /var/runtime
shift 3; cd /var/task; exec "$@"
"""
FLOOR_FOLDER = Path(__file__).parent / "children"


def may_mount() -> bool:
    """Tell whether this user may make namespaces, and Python lies outside of what is mounted over."""
    can = (
        subprocess.run(["/usr/bin/unshare", "-rm", "true"], check=False, capture_output=True).returncode == 0
    )
    return can and not on_the_layer.python().startswith(("/opt/", "/var/"))


class Starts:
    """Starts functions as Lambda does."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self.mounts = may_mount()

    def _command(
        self, layer: Path, folder: Path, command: list[str]
    ) -> tuple[list[str], dict[str, str], Path]:
        environ = on_the_layer.environment(Path("/opt/python"), self._bench.place.environment)
        environ |= {"LAMBDA_TASK_ROOT": "/var/task", "AWS_LAMBDA_FUNCTION_NAME": folder.name}
        environ |= {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512", "AWS_LAMBDA_FUNCTION_TIMEOUT": "60"}
        runtime = self._bench.built.runtime
        if self.mounts:
            environ["PYTHONPATH"] = "/var/task:/var/runtime:/opt/python"
            wrapped = [
                "/usr/bin/unshare",
                "-rm",
                "/bin/sh",
                "-c",
                MOUNTS,
                "sh",
                str(layer),
                str(folder),
                str(runtime),
            ]
            return [*wrapped, *command], environ, folder
        environ["PYTHONPATH"] = f"{folder}:{runtime}:{layer}/python"
        return command, environ, folder

    def initialise(self, layer: Path, folder: Path, program: str) -> float:
        """Return the CPU milliseconds of a Python that imports the function and makes its clients."""
        told = f"import app\n{program}\nimport time\nprint(time.process_time() * 1000)"
        command, environ, cwd = self._command(layer, folder, [on_the_layer.python(), "-S", "-s", "-c", told])
        done = subprocess.run(command, env=environ, cwd=cwd, capture_output=True, text=True, check=True)
        return float(done.stdout.splitlines()[-1])

    def first_invocation(self, layer: Path, folder: Path, event: dict[str, Any]) -> float:
        """Return the CPU milliseconds from nothing to the first answer, under the Runtime Interface Emulator."""
        address, api = (f"127.0.0.1:{port}" for port in _free_ports(2))
        rie = [
            str(emulator_binary()),
            "--log-level",
            "error",
            "--runtime-interface-emulator-address",
            address,
        ]
        rie += [
            "--runtime-api-address",
            api,
            on_the_layer.python(),
            "-S",
            "-s",
            "-m",
            "awslambdaric",
            "app.lambda_handler",
        ]
        command, environ, cwd = self._command(layer, folder, rie)
        process = subprocess.Popen(
            command,
            env=environ,
            cwd=cwd,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            _wait_for_port(address, process)
            answer = requests.post(
                f"http://{address}/2015-03-31/functions/function/invocations", json=event, timeout=60
            ).json()
            assert "errorMessage" not in answer, answer
            return python_cpu(process.pid)
        finally:
            _kill_session(process.pid)
            process.wait()


def python_cpu(session: int) -> float:
    """Return the CPU milliseconds of the session's Python, all threads: /proc/*/schedstat counts nanoseconds."""
    time.sleep(0.05)  # until it waits for the next invocation
    found = 0.0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            mine = int(fields[3]) == session and "python" in os.readlink(folder / "exe")
            if mine:
                found += sum(
                    int((thread / "schedstat").read_text().split()[0])
                    for thread in (folder / "task").iterdir()
                )
        except OSError:
            continue  # it has ended
    return found / 1e6


def cold_starts(bench: Bench, pairs: int) -> dict[str, Figure]:
    """Measure both functions and their floors in turn."""
    starts, found = Starts(bench), {}
    for name, (floor, floor_folder) in FLOORS.items():
        folder, bare = Path(FUNCTIONS) / name, FLOOR_FOLDER / floor_folder
        ours, floors, trimmed, firsts, bare_firsts = [], [], [], [], []
        for number in range(pairs):
            ours.append(starts.initialise(bench.built.layer, folder, BUILT[name]))
            floors.append(starts.initialise(bench.built.floor, bare, ""))
            trimmed.append(starts.initialise(bench.built.layer, bare, ""))
            unique = 6_000_000 + 1000 * len(found) + number
            event = pushed(unique) if name == "receive_webhook" else batch(unique)
            firsts.append(starts.first_invocation(bench.built.layer, folder, event))
            bare_firsts.append(starts.first_invocation(bench.built.floor, bare, event))
        found[f"cold_{name}"] = Figure(
            f"{name}, cold: imports and clients",
            "CPU ms",
            ours,
            floors,
            f"{floor}, as pip installs them, with bytecode",
            {"floor_in_our_layer": sorted(trimmed)[len(trimmed) // 2]},
        )
        found[f"first_{name}"] = Figure(
            f"{name}, cold: from nothing to the first answer under the Runtime Interface Emulator",
            "CPU ms",
            firsts,
            bare_firsts,
            "the floor's clients, making the same kinds of calls",
        )
    return found


def imports(bench: Bench, name: str, most: int = 12) -> list[tuple[str, float]]:
    """Return the imports of a function that cost most by themselves, by `-X importtime`; milliseconds."""
    command = [on_the_layer.python(), "-S", "-s", "-X", "importtime", "-c", f"import app\n{BUILT[name]}"]
    environ = on_the_layer.environment(bench.built.layer / "python", bench.place.environment)
    environ["PYTHONPATH"] = f"{FUNCTIONS}/{name}:{environ['PYTHONPATH']}"
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    packages: dict[str, float] = {}
    for line in done.stderr.splitlines():
        own, _, module = (part.strip() for part in line.removeprefix("import time:").split("|"))
        if own.isdigit():
            package = module.split(".")[0]
            packages[package] = packages.get(package, 0) + int(own) / 1000
    return sorted(packages.items(), key=lambda item: -item[1])[:most]


def as_json(found: list[tuple[str, float]]) -> dict[str, float]:
    """Return rounded."""
    return json.loads(json.dumps({name: round(value, 1) for name, value in found}))
