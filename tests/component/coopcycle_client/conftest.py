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
def client() -> Iterator[Callable[[str], CoopCycleClient]]:
    """Make clients with short timeouts and a clock that stands at 10:00 UTC."""
    with ExitStack() as stack:

        def make(url: str, *, session: requests.Session | None = None) -> CoopCycleClient:
            made = CoopCycleClient(
                url,
                CountedTokens(),
                session=session,
                connect_timeout_seconds=0.5,
                read_timeout_seconds=0.3,
                answer_seconds=1,
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
