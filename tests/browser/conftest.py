"""Headless Chromium before the running local stack; no window asks another host or complains of anything."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import pytest
import requests
from playwright.sync_api import Browser, expect
from tests.e2e.test_local_stack import order, push, until
from tests.support.browser import Reader, browsing
from tests.support.caches import clear_runtime_caches

from bridge.runtime import utc_now
from bridge_laptop.local import sample
from bridge_laptop.local.stack import LocalStack, Options, running
from bridge_laptop.sandbox.client import SandboxClient

QUICK = {
    "BRIDGE_SETTLE_SECONDS": "1",
    "BRIDGE_BACKOFF_BASE_SECONDS": "0.5",
    "BRIDGE_HTTP_READ_TIMEOUT_SECONDS": "2",
}
expect.set_options(timeout=30_000)  # milliseconds; how long something takes proves nothing
BELIEVED = {"BRIDGE_CONSOLE_BELIEVED_SECONDS": "0.5"}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for the whole run."""
    with browsing() as found:
        yield found


def where_it_is_noon(now: datetime) -> str:
    """Return a time zone in which no day ends while a test runs: what came today stays today's."""
    ahead = 12 - now.astimezone(UTC).hour
    return f"Etc/GMT{-ahead:+d}"  # POSIX's sign: Etc/GMT-3 is three hours ahead


@contextmanager
def stack_running(options: Options) -> Iterator[LocalStack]:
    """Run a stack with quick timings, in which no order has arrived yet, where it is about noon."""
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as folder:
        for file in options.connections.glob("*.toml"):
            text = file.read_text(encoding="utf-8").replace("Europe/Paris", where_it_is_noon(utc_now()))
            Path(folder, file.name).write_text(text, encoding="utf-8")
        options = replace(options, connections=Path(folder))
        for name, value in QUICK.items():
            patch.setenv(name, value)
        clear_runtime_caches()
        with running(options) as stack:
            yield stack
    clear_runtime_caches()


@pytest.fixture
def stack() -> Iterator[LocalStack]:
    """A stack of the test's own."""
    with stack_running(Options(port=0, console=BELIEVED)) as found:
        yield found


def without_address(number: int) -> bytes:
    """Return an order that a person has to complete."""
    return json.dumps(json.loads(order(number)) | {"shipping_address": {"city": "Paris"}}).encode()


def have_an_evening(stack: LocalStack) -> None:
    """Push four orders: one comes to be with a courier, one created, one delivered, one parked."""
    for number in (1042, 1043, 1044):
        push(stack, order(number), f"w{number}")
    push(stack, without_address(2001), "w2001")
    records = {number: sample.wait_for(stack, "acme", str(number)) for number in (1042, 1043, 1044, 2001)}
    courier = SandboxClient(stack.coopcycle_url)
    for number, acts in (
        (1042, ("assign", "start", "pick")),
        (1044, ("assign", "start", "pick", "transit", "drop")),
    ):
        record = records[number]
        assert record is not None
        for act in acts:
            courier.courier(record.delivery_iri, act)


@pytest.fixture
def evening(stack: LocalStack) -> LocalStack:
    """An evening of the test's own."""
    have_an_evening(stack)
    assert until(lambda: "parked" in requests.get(f"{stack.url}/console/view/orders", timeout=10).text)
    return stack


@contextmanager
def readers(browser: Browser, stack: LocalStack, *hosts: str) -> Iterator[Callable[..., Reader]]:
    """Open windows; at the end none of them has asked another host, or complained."""
    opened: list[Reader] = []

    def make(**options: object) -> Reader:
        opened.append(Reader(browser, stack.url, **options))
        return opened[-1]

    yield make
    for each in opened:
        each.close()
    assert {urlsplit(stack.url).netloc, *hosts} >= {host for each in opened for host in each.hosts}
    assert [] == [complaint for each in opened for complaint in each.complaints]


@pytest.fixture
def reader(stack: LocalStack, browser: Browser) -> Iterator[Callable[..., Reader]]:
    """Open windows on the test's stack."""
    with readers(browser, stack) as make:
        yield make
