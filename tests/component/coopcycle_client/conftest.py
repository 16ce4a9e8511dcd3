"""A client of a server that answers what the test says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
import requests
from tests.support.client_calls import NOW, Answers, CountedTokens, Serve
from tests.support.fake_server import FakeServer

from bridge.coopcycle.client import CoopCycleClient


@pytest.fixture
def patience_seconds() -> float:
    """How long a client waits for a part of an answer; long, where nothing is waited for in vain."""
    return 8


@pytest.fixture
def client(patience_seconds: float) -> Iterator[Callable[[str], CoopCycleClient]]:
    """Make clients with a clock that stands at 10:00 UTC."""
    with ExitStack() as stack:

        def make(url: str, *, session: requests.Session | None = None) -> CoopCycleClient:
            made = CoopCycleClient(
                url,
                CountedTokens(),
                session=session,
                connect_timeout_seconds=patience_seconds,
                read_timeout_seconds=patience_seconds,
                answer_seconds=3 * patience_seconds,
                clock=NOW.timestamp,
            )
            stack.callback(made.close)
            return made

        yield make


@pytest.fixture
def serve(client: Callable[[str], CoopCycleClient]) -> Iterator[Serve]:
    """Start servers that give one answer to everything, each with a client of it."""
    with ExitStack() as stack:

        def start(answers: Answers, **options: tuple[str, str]) -> tuple[FakeServer, CoopCycleClient]:
            answer = answers if callable(answers) else lambda _: answers
            server = stack.enter_context(FakeServer(answer, **options))
            return server, client(server.url)

        yield start
