"""A CoopCycle sandbox on a real socket, and clients that talk to it as OAuth clients do."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from tests.support.coopcycle_api import Api

from bridge_laptop.sandbox.client import SandboxClient
from bridge_laptop.sandbox.seed import DEFAULT_SEED
from bridge_laptop.sandbox.server import SandboxServer


class Sandbox(SandboxClient):
    """A running instance, its control, and its clients."""

    def __init__(self, server: SandboxServer, session: requests.Session) -> None:
        super().__init__(server.url)
        self.server = server
        self._session = session

    def api(self, client_id: str = "acme") -> Api:
        """Return an OAuth client of this instance."""
        return Api(self.url, client_id, self._session)


@pytest.fixture
def http() -> Iterator[requests.Session]:
    """Return a session that is closed in the end."""
    with requests.Session() as session:
        session.trust_env = False  # no proxy is looked for
        yield session


@pytest.fixture(scope="session")
def _default_server() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
def sandbox(_default_server: SandboxServer, http: requests.Session) -> Sandbox:
    """Return the instance of the default seed, as after a reset."""
    running = Sandbox(_default_server, http)
    running.reset()
    return running


@pytest.fixture
def acme(sandbox: Sandbox) -> Api:
    """Return the client of the store Acme."""
    return sandbox.api("acme")


@pytest.fixture
def acme2(sandbox: Sandbox) -> Api:
    """Return the client of the store Acme2."""
    return sandbox.api("acme2")


@pytest.fixture
def sandbox_with(http: requests.Session) -> Iterator[Callable[..., Sandbox]]:
    """Start an instance whose seed differs: `store` changes the store Acme, `instance` the settings."""
    servers: list[SandboxServer] = []

    def start(*, store: dict[str, Any] | None = None, instance: dict[str, Any] | None = None) -> Sandbox:
        seed = copy.deepcopy(json.loads(DEFAULT_SEED.read_text(encoding="utf-8")))
        seed["stores"][0].update(store or {})
        seed["instance"].update(instance or {})
        servers.append(SandboxServer(seed=seed).start())
        return Sandbox(servers[-1], http)

    yield start

    for server in servers:
        server.stop()
