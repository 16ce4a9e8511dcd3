"""Unit tests touch no network: a socket that is opened fails the test."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

WEBHOOKS = Path(__file__).parents[2] / "events" / "webhooks"


@pytest.fixture(autouse=True)
def _no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> NoReturn:
        raise AssertionError("a unit test opened a socket")

    monkeypatch.setattr(socket, "socket", refuse)


@pytest.fixture(scope="session")
def webhook_body() -> Callable[[str], bytes]:
    """Read a sample body by its path under events/webhooks: "shopify/order-typical.json"."""
    return lambda name: (WEBHOOKS / name).read_bytes()
