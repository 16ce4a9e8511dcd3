"""What `bridge local` tells while orders come and go, and the commands that read its log beside it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import IO

import pytest
import requests
from tests.e2e.test_local_stack import order, push, start, until
from tests.support.printed import faults

from bridge.operator.logs import read_entry
from bridge_laptop import signing
from bridge_laptop.local.runtimes import emulator_binary
from bridge_laptop.local.stack import LocalStack

__all__ = ["start"]  # the fixture

ROOT = Path(__file__).resolve().parents[2]
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Start]:
    """Start `bridge …` as a process; all are ended with the test."""
    environ = os.environ | {"BRIDGE_LOCAL_STATE": str(tmp_path / "state.json"), "PYTHONUNBUFFERED": "1"}
    begun: list[subprocess.Popen[str]] = []

    def bridge(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "bridge_laptop.cli", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environ,
        )
        begun.append(process)
        return process

    yield bridge
    for process in begun:
        process.kill()
        process.communicate()


def read_to(stream: IO[str] | None, part: str) -> list[str]:
    """Return the lines of a stream up to the first that has a part in it."""
    assert stream is not None
    lines: list[str] = []
    for line in stream:
        lines.append(line)
        if part in line:
            return lines
    raise AssertionError(f"ended without {part!r}: {lines}")


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Interrupt a process as Ctrl-C does; return its code and the rest of what it printed."""
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    return process.returncode, out, err


def test_a_line_for_what_comes_in_and_for_what_becomes_of_it(begin: Start) -> None:
    """`bridge local` tells it, `tail --local` tells the same, `logs --local` has it for afterwards."""
    local = begin("local", "--port", "0", "--no-sample", "--log-level", "info")
    address = read_to(local.stdout, "bridge")[-1].split()[1]
    read_to(local.stdout, "Ready")
    tail = begin("tail", "--local")
    read_to(tail.stderr, "Waiting for orders")
    headers = signing.signed("shopify", order(7), "acme-webhook-secret", "orders/create", "w").headers
    requests.post(address.format(connection_id="acme"), data=order(7), headers=headers, timeout=30)

    told = read_to(local.stdout, "<--")
    told_again = read_to(tail.stdout, "<--")
    followed = begin("logs", "--local", "--follow", "--json")
    lines = read_to(followed.stdout, "message handled")
    logs = begin("logs", "--local", "--order", "#7", "--json")
    kept = json.loads(logs.communicate(timeout=30)[0])
    tail_code, *_ = ended(tail)
    local_code, _, log = ended(local)

    came_in, done = (re.sub(r"^\S+ ", "", line).strip() for line in told[-2:])
    assert "-->  POST /webhooks/acme  order 7  orders/create  accepted" == came_in
    assert "<--  acme  order #7 (7)  orders/create  created  /api/deliveries/1" == done
    assert told[-2:] == told_again[-2:]
    assert ["webhook received", "message handled"] == [each["message"] for each in kept]
    assert kept == [json.loads(line) for line in lines]
    assert [] == faults(kept, "logs")
    assert [] == [fault for each in kept for fault in faults(each, "logs --follow") + faults(each, "tail")]
    assert (0, 0) == (tail_code, local_code)
    assert '"message":"message handled"' in log.replace(": ", ":"), "--log-level info prints the log as well"
    assert not re.search("Camille|Rivoli|33612345678", "".join(told + told_again) + log)


def test_without_a_log_level_only_warnings_that_no_line_tells(begin: Start) -> None:
    """A refused webhook is a line; its entry in the log is not printed beside it."""
    local = begin("local", "--port", "0", "--no-sample")
    address = read_to(local.stdout, "bridge")[-1].split()[1]
    read_to(local.stdout, "Ready")
    requests.post(address.format(connection_id="acme"), data=b"{}", timeout=30)

    line = read_to(local.stdout, "-->")[-1]
    code, _, log = ended(local)

    assert line.rstrip().endswith("-->  POST /webhooks/acme  rejected  invalid_signature: signature_missing")
    assert (0, "") == (code, log)


def test_functions_under_the_emulator_are_heard_as_well(start: Callable[..., LocalStack]) -> None:
    """Each writes to its own process; what it writes is told with its name."""
    emulator_binary()
    told: list[tuple[str, datetime, str]] = []
    stack = start(runtime="rie", tell=lambda *line: told.append(line))

    push(stack, order(1), "w1")
    done = until(lambda: any("message handled" in text for *_, text in told))

    assert done
    entries = [read_entry(text, at, function) for function, at, text in told]
    assert [("ReceiveWebhookFunction", "accepted"), ("DispatchDeliveryFunction", "created")] == [
        (entry.function, entry.outcome) for entry in entries if entry and entry.outcome
    ]
