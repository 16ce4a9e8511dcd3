"""Many processes that need a token at once ask CoopCycle for one."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from tests.support.fake_server import FakeServer, Fault, Request, http

from bridge.aws.token_caches import DynamoDbTokenCache
from bridge.coopcycle.client import CoopCycleClient
from bridge.coopcycle.token import TokenCache, TokenProvider
from bridge.coopcycle.transport import new_session
from bridge.errors import CredentialsRejected, TokenUnavailable

if TYPE_CHECKING:
    pass
from tests.support.token_stores import NOW, STARTING


class TokenEndpoint:
    """Issues "token-1", "token-2" … and lets only some of them through to the API."""

    def __init__(self, *, secret: str = "acme-secret") -> None:
        self.issued = 0
        self.accepted: Callable[[str], bool] = lambda _: True
        self.expected = "Basic " + base64.b64encode(f"acme:{secret}".encode()).decode()
        self.lock = threading.Lock()

    def __call__(self, request: Request) -> bytes | Fault:
        """Answer a request."""
        if request.path != "/oauth2/token":
            token = request.headers["authorization"].removeprefix("Bearer ")
            return (
                http(200, {"store": "/api/stores/1", "name": token})
                if self.accepted(token)
                else http(401, {"code": 401, "message": "<text>"})
            )
        if request.headers["authorization"] != self.expected:
            return http(401, {"error": "invalid_client"})
        with self.lock:
            self.issued += 1
            issued = self.issued
        return http(200, {"token_type": "Bearer", "expires_in": 3600, "access_token": f"token-{issued}"})


Providers = Callable[..., list[TokenProvider]]


@pytest.fixture
def providers() -> Iterator[Providers]:
    """Make providers as so many processes would, each with a memory and a session of its own."""
    with ExitStack() as stack:

        def make(count: int, url: str, cache: TokenCache, **options: object) -> list[TokenProvider]:
            return [
                TokenProvider(
                    base_url=url,
                    client_id="acme",
                    client_secret="acme-secret",
                    scope="tasks deliveries",
                    cache=cache,
                    session=stack.enter_context(new_session()),
                    **options,  # type: ignore[arg-type]
                )
                for _ in range(count)
            ]

        yield make


def at_once(calls: list[Callable[[], str]]) -> list[str]:
    """Call all at the same moment, each in a thread, and return what they return."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], str]) -> str:
        start.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_many_cold_starts(leasing: DynamoDbTokenCache, providers: Providers) -> None:
    """Fifty processes that start at once ask for one token, and all of them get it."""
    endpoint = TokenEndpoint()
    with FakeServer(endpoint) as server:
        tokens = at_once([p.token for p in providers(STARTING, server.url, leasing)])

    assert tokens == ["token-1"] * STARTING
    assert endpoint.issued == 1


def test_many_refreshes(leasing: DynamoDbTokenCache, providers: Providers) -> None:
    """When a token is due in fifty processes at once, one of them replaces it and none fails."""
    endpoint = TokenEndpoint()
    now = [NOW]
    with FakeServer(endpoint) as server:
        all_providers = providers(STARTING, server.url, leasing, clock=lambda: now[0])
        for provider in all_providers:
            provider.token()
        now[0] += 3300
        tokens = at_once([p.token for p in all_providers])

    assert set(tokens) <= {"token-1", "token-2"}
    assert endpoint.issued == 2


def test_many_rejections(leasing: DynamoDbTokenCache, providers: Providers) -> None:
    """A token that is revoked under fifty processes, two threads each, is replaced once."""
    endpoint = TokenEndpoint()
    with FakeServer(endpoint) as server, ExitStack() as stack:
        clients = [
            CoopCycleClient(server.url, provider, session=stack.enter_context(new_session()))
            for provider in providers(STARTING // 2, server.url, leasing)
        ]
        at_once([lambda c=client: c.me().name for client in clients])  # type: ignore[misc]
        endpoint.accepted = lambda token: token != "token-1"
        names = at_once([lambda c=client: c.me().name for client in clients * 2])  # type: ignore[misc]

    assert names == ["token-2"] * STARTING
    assert endpoint.issued == 2


def test_threads_of_one_process(cache: TokenCache, providers: Providers) -> None:
    """Threads that share a provider ask once, whatever the cache can do."""
    endpoint = TokenEndpoint()
    with FakeServer(endpoint) as server:
        (provider,) = providers(1, server.url, cache)
        tokens = at_once([provider.token] * 20)

    assert tokens == ["token-1"] * 20
    assert endpoint.issued == 1


def test_wrong_credentials(cache: TokenCache, providers: Providers) -> None:
    """A refused secret is told at once, and leaves neither a token nor a lease behind."""
    with FakeServer(TokenEndpoint(secret="another")) as server:
        (provider,) = providers(1, server.url, cache)
        with pytest.raises(CredentialsRejected, match="invalid_client"):
            provider.token()
        endpoint = server.answer = TokenEndpoint()

        assert provider.token() == "token-1"
    assert endpoint.issued == 1


@pytest.mark.parametrize("fault", [Fault.RESET, Fault.HANG_UP])
def test_token_request_that_is_cut_off(cache: TokenCache, providers: Providers, fault: Fault) -> None:
    """A token request changes nothing that matters, so a cut connection just means: later."""
    with FakeServer(lambda _: fault) as server:
        (provider,) = providers(1, server.url, cache)
        with pytest.raises(TokenUnavailable):
            provider.token()


def test_token_endpoint_that_nobody_serves(cache: TokenCache, providers: Providers) -> None:
    """An instance that is down has no token for anybody, later."""
    with FakeServer(TokenEndpoint()) as server:
        url = server.url
    (provider,) = providers(1, url, cache)

    with pytest.raises(TokenUnavailable):
        provider.token()


def test_next_process_reads_what_the_first_stored(cache: TokenCache, providers: Providers) -> None:
    """A process that starts later takes the token from either cache."""
    endpoint = TokenEndpoint()
    with FakeServer(endpoint) as server:
        first, second = providers(2, server.url, cache)

        assert [first.token(), second.token()] == ["token-1", "token-1"]
    assert endpoint.issued == 1
