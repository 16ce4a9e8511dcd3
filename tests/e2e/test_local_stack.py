"""Real HTTP in, real handlers, real queue, real deliveries out."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner
from tests.support.caches import clear_runtime_caches

from bridge_laptop import signing
from bridge_laptop.cli.main import main
from bridge_laptop.local import moto_server, sample
from bridge_laptop.local.runtimes import RiePool, emulator_binary
from bridge_laptop.local.stack import LocalStack, Options, running
from bridge_laptop.sandbox.client import SandboxClient

ROOT = Path(__file__).resolve().parents[2]
BODIES = ROOT / "events" / "webhooks" / "shopify"
QUICK = {
    "BRIDGE_SETTLE_SECONDS": "1",
    "BRIDGE_BACKOFF_BASE_SECONDS": "0.2",
    "BRIDGE_HTTP_READ_TIMEOUT_SECONDS": "2",
}


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., LocalStack]]:
    """Start a stack with quick timings; it is stopped after the test."""
    from contextlib import ExitStack

    for name, value in QUICK.items():
        monkeypatch.setenv(name, value)
    clear_runtime_caches()
    with ExitStack() as exits:
        yield lambda **options: exits.enter_context(running(Options(port=0, **options)))
    clear_runtime_caches()


def push(stack: LocalStack, body: bytes, webhook_id: str, topic: str = "orders/create") -> requests.Response:
    """Send a signed order over HTTP."""
    headers = signing.signed("shopify", body, "acme-webhook-secret", topic, webhook_id).headers
    return requests.post(f"{stack.url}/webhooks/acme", data=body, headers=headers, timeout=30)


def order(number: int) -> bytes:
    """Return the typical order under another id."""
    body = json.loads((BODIES / "order-typical.json").read_bytes())
    return json.dumps(body | {"id": number, "name": f"#{number}"}).encode()


def stats(stack: LocalStack) -> dict[str, Any]:
    """Return what the sandbox counted."""
    return SandboxClient(stack.coopcycle_url).stats()


def live(stack: LocalStack, reference: str) -> int:
    """Return how many deliveries of an order ride."""
    return len([d for d in stats(stack)["deliveries_by_ref"].get(reference, []) if not d["cancelled"]])


def until(condition: Callable[[], bool], seconds: float = 60) -> bool:
    """Wait for something that must happen; how long it takes proves nothing."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def test_two_hundred_orders_with_repeats_are_two_hundred_deliveries(start: Callable[..., LocalStack]) -> None:
    """200 orders, a tenth of them sent twice, 16 at a time: 200 deliveries, one token request, no 5xx."""
    stack = start()
    pushes = [(order(number), f"w{number}") for number in range(1, 201)]
    pushes += [(order(number), f"again-{number}") for number in range(1, 200, 10)]

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda args: push(stack, *args).status_code, pushes))
    done = until(lambda: stats(stack)["created"] >= 200)

    assert set(answers) == {200}
    assert done
    counted = stats(stack)
    assert counted["created"] == 200
    assert counted["token_requests"] == 1
    assert all(len(found) == 1 for found in counted["deliveries_by_ref"].values())


def test_handlers_under_the_runtime_interface_emulator(start: Callable[..., LocalStack]) -> None:
    """The same handlers run as Lambda runs them: receive, queue, dispatch, delivery."""
    emulator_binary()
    stack = start(runtime="rie")

    answer = push(stack, order(1), "w1")
    refused = requests.post(f"{stack.url}/webhooks/acme", data=b"{}", timeout=30)
    done = until(lambda: stats(stack)["created"] == 1)

    assert answer.status_code == 200
    assert answer.json() == {"outcome": "accepted", "order_id": "1"}
    assert refused.status_code == 401
    assert done
    assert list(stats(stack)["deliveries_by_ref"]) == ["acme/1"]


def test_killed_environment_loses_nothing(start: Callable[..., LocalStack]) -> None:
    """A dispatcher killed with -9 while CoopCycle works leaves one delivery, found by its reference."""
    stack = start(runtime="rie")
    sandbox = SandboxClient(stack.coopcycle_url)
    sandbox.fault("create_then_hang", delay=30)
    push(stack, order(1), "w1")
    pool = stack.runtimes["DispatchDeliveryFunction"]
    assert isinstance(pool, RiePool)
    assert until(lambda: stats(stack)["created"] == 1)

    for process_id in pool.process_ids:
        pool.kill(process_id)
    sandbox.fault(None)
    record = sample.wait_for(stack, "acme", "1", seconds=60)

    assert record is not None
    assert record.state == "created"
    assert stats(stack)["created"] == 1


def test_kill_reaches_the_handler(start: Callable[..., LocalStack]) -> None:
    """A kill ends the emulator and the handler under it, which else would finish its work unseen."""
    stack = start(runtime="rie")
    push(stack, order(1), "w1")
    pool = stack.runtimes["DispatchDeliveryFunction"]
    assert isinstance(pool, RiePool)
    assert until(lambda: stats(stack)["created"] == 1)
    emulator = pool.process_ids[0]
    handlers = [process for process in _session(emulator) if process != emulator]

    pool.kill(emulator)

    assert len(handlers) == 1
    assert until(lambda: not _session(emulator))


def _session(leader: int) -> list[int]:
    """Return the living processes of a session, by /proc/{pid}/stat of man 5 proc."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, _, session = stat.read_text().rpartition(")")[2].split()[:4]
            if int(session) == leader and state != "Z":
                found.append(int(stat.parent.name))
    return found


def test_a_connection_of_ones_own_delivers_at_the_first_try(
    start: Callable[..., LocalStack], tmp_path: Path
) -> None:
    """`bridge init`, the stack, a signed order, a delivery: nobody has to make an app on the sandbox."""
    answers = ["--source", "shopify", "--url", "https://paris.coopcycle.org", "--hours", "Mo-Su 00:00-24:00"]
    made = CliRunner().invoke(
        main, ["init", "bloom-paris", *answers, "--connections", str(tmp_path)], input="\n\n\n"
    )
    assert made.exit_code == 0, made.output
    stack = start(connections=tmp_path)
    headers = signing.signed("shopify", order(1), "bloom-paris-webhook-secret", "orders/create", "w").headers

    answer = requests.post(f"{stack.url}/webhooks/bloom-paris", data=order(1), headers=headers, timeout=30)

    assert answer.status_code == 200
    assert until(lambda: live(stack, "bloom-paris/1") == 1)


def test_routes(start: Callable[..., LocalStack]) -> None:
    """The routes of the template and GET /health answer; the rest is 404, as an HTTP API answers."""
    stack = start()
    asked = {
        ("GET", "/health"): 200,
        ("GET", "/webhooks/acme"): 404,
        ("PUT", "/webhooks/acme"): 404,
        ("POST", "/webhooks/nobody"): 404,
        ("POST", "/webhooks/acme"): 401,
        ("POST", "/"): 404,
    }

    answered = {
        (method, path): requests.request(method, f"{stack.url}{path}", data=b"", timeout=10).status_code
        for method, path in asked
    }

    assert asked == answered


def test_make_run_prints_the_delivery_and_stops_on_ctrl_c() -> None:
    """`bridge local` shows the sample order's delivery, stays up, and ends with 0 on Ctrl-C."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bridge_laptop.cli", "local", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout is not None
    printed = []
    for line in process.stdout:
        printed.append(line)
        if line.startswith("Ready"):
            break
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=30)

    text = "".join(printed)
    assert process.returncode == 0, text + rest
    assert "CoopCycle holds order #1042 as /api/deliveries/" in text


def test_accepted_orders_survive_a_killed_stack(start: Callable[..., LocalStack], tmp_path: Path) -> None:
    """With an emulator of its own, what was accepted before a kill -9 is delivered by the next stack."""
    moto_server.empty()  # what other tests of this process left
    server = moto_server.server()
    server.start()
    endpoint = server.url
    command = [sys.executable, "-m", "bridge_laptop.cli", "local", "--port", "0", "--no-sample"]
    command += ["--aws-endpoint", endpoint, "--coopcycle-url", "http://127.0.0.1:9"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=dict(os.environ) | QUICK
    )
    try:
        assert process.stdout is not None
        first = process.stdout.readline().split()
        for line in process.stdout:
            if line.startswith("Ready"):
                break
        address = first[1].replace("{connection_id}", "acme")
        body = order(1)
        headers = signing.signed("shopify", body, "acme-webhook-secret", "orders/create", "w1").headers
        assert requests.post(address, data=body, headers=headers, timeout=10).status_code == 200
    finally:
        process.kill()
        process.communicate()

    stack = start(aws_endpoint=endpoint)
    done = until(lambda: live(stack, "acme/1") == 1)  # on a slow machine a twin may come and go

    assert done
    server.stop()
