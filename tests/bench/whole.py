"""The whole path through `bridge local`: shops that send at once, and one answer each."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from tests.bench.measure import Figure
from tests.bench.parts import order
from tests.support.connecting import at_all_hours
from tests.support.on_the_layer import ROOT

from bridge_laptop import signing
from bridge_laptop.local import running_stack
from bridge_laptop.local.runtimes import _free_ports
from bridge_laptop.sandbox.client import SandboxClient


@contextmanager
def stack() -> Iterator[tuple[str, str, int]]:
    """Start `bridge local` and yield its address, CoopCycle's, and its process id."""
    (port,) = _free_ports(1)
    with tempfile.TemporaryDirectory() as folder:
        connections = Path(folder) / "connections"
        connections.mkdir()
        (connections / "acme.toml").write_text(at_all_hours("https://acme.coopcycle.org"))
        environ = {
            **os.environ,
            running_stack.VARIABLE: f"{folder}/state.json",
            "POWERTOOLS_LOG_LEVEL": "WARNING",
        }
        environ = {name: value for name, value in environ.items() if name != "AWS_ENDPOINT_URL"}
        command = [
            ".venv/bin/bridge",
            "local",
            "--no-sample",
            "--port",
            str(port),
            "--connections",
            str(connections),
        ]
        process = subprocess.Popen(
            command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(url, Path(folder) / "state.json", process)
            yield url, coopcycle_of(Path(folder) / "state.json"), process.pid
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)


def wait_for(url: str, state: Path, process: subprocess.Popen[str]) -> None:
    """Return when it answers."""
    for _ in range(600):
        try:
            if requests.get(f"{url}/health", timeout=2).ok and written(state):
                return
        except requests.RequestException:
            assert process.poll() is None, "bridge local ended"
        time.sleep(0.1)
    raise AssertionError("bridge local did not start")


def written(state: Path) -> bool:
    """Tell whether the stack has written what it is, whole."""
    try:
        json.loads(state.read_text())
    except (OSError, ValueError):
        return False
    return True


def coopcycle_of(state: Path) -> str:
    """Return the address of the stack's CoopCycle."""
    found: str = json.loads(state.read_text())["coopcycle_url"]
    return found


def cpu_ms(process_id: int) -> float:
    """Return the CPU milliseconds of a process, all its threads."""
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    return ticks * 1000 / os.sysconf("SC_CLK_TCK")


def storm(url: str, first: int, senders: int, orders: int, pause: float = 0) -> list[float]:
    """Send orders from so many senders, each when its last one was answered; return milliseconds."""
    numbers = iter(range(first, first + orders))
    lock, times = threading.Lock(), []

    def send() -> None:
        session = requests.Session()
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            signed = signing.signed("shopify", order(number), "acme-webhook-secret", None, f"whole-{number}")
            began = time.perf_counter()
            answer = session.post(
                signed.address(url, "acme"), data=signed.body, headers=signed.headers, timeout=60
            )
            took = (time.perf_counter() - began) * 1000
            assert answer.status_code == 200, answer.text
            with lock:
                times.append(took)
            if pause:
                time.sleep(pause)

    threads = [threading.Thread(target=send) for _ in range(senders)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def whole_path(orders: int) -> dict[str, Figure]:
    """Send from 1, 4, 16 and 64 shops; wait after each until all are deliveries."""
    found = {}
    with stack() as (url, coopcycle, process_id):
        sandbox, first = SandboxClient(coopcycle), 20_000_000
        storm(url, first, 2, 10)
        first += 1000
        there = until(sandbox, 10)
        for senders in (1, 4, 16, 64):
            before, began = cpu_ms(process_id), time.perf_counter()
            times = storm(url, first, senders, orders)
            accepted = time.perf_counter() - began
            there = until(sandbox, there + orders)
            whole = time.perf_counter() - began
            first += 1000 + orders
            found[f"local_{senders}"] = Figure(
                f"local stack, {senders} {'shop' if senders == 1 else 'shops'} at once, until accepted",
                "ms",
                times,
                notes={
                    "accepted_per_second": orders / accepted,
                    "delivered_per_second": orders / whole,
                    "cpu_ms_an_order": (cpu_ms(process_id) - before) / orders,
                },
            )
        times = storm(url, first, 16, orders, pause=1.0)
        until(sandbox, there + orders)
        found["local_16_a_second"] = Figure(
            "local stack, 16 shops with an order a second each, until accepted", "ms", times
        )
    return found


def until(sandbox: SandboxClient, wanted: int, seconds: float = 120) -> int:
    """Return when CoopCycle has so many deliveries, each order's once."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        by_order = sandbox.stats()["deliveries_by_ref"]
        if len(by_order) >= wanted:
            assert all(len(each) == 1 for each in by_order.values()), "an order has two deliveries"
            return len(by_order)
        time.sleep(0.25)
    raise AssertionError(f"{len(by_order)} of {wanted} orders are deliveries")
