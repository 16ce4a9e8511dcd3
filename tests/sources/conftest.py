"""A CoopCycle sandbox on a real socket, for what the sources' bodies become."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
from tests.support.coopcycle_api import Api

from bridge_laptop.sandbox.server import SandboxServer


@pytest.fixture(scope="session")
def _server() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
def acme(_server: SandboxServer) -> Iterator[Api]:
    """Return the client of the store Acme."""
    with requests.Session() as session:
        session.trust_env = False  # no proxy is looked for
        yield Api(_server.url, "acme", session)
