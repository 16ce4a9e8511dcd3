"""A CoopCycle sandbox on a real socket, and clients that talk to it as OAuth clients do."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from bridge_laptop.sandbox.seed import DEFAULT_SEED
from bridge_laptop.sandbox.server import SandboxServer

JSON_LD = "application/ld+json"
TIMEOUT_SECONDS = 10


class Api:
    """One OAuth client of one instance; its answers are plain `requests.Response`s."""

    def __init__(self, url: str, client_id: str, session: requests.Session) -> None:
        self.url = url
        self.client_id = client_id
        self._session = session
        self._token = self.fetch_token()

    def fetch_token(self) -> str:
        """Ask for a token with both scopes, or with what the client may have."""
        for scope in ("tasks deliveries", "deliveries"):
            answer = self._session.post(
                f"{self.url}/oauth2/token",
                auth=(self.client_id, f"{self.client_id}-secret"),
                data={"grant_type": "client_credentials", "scope": scope},
                timeout=TIMEOUT_SECONDS,
            )
            if answer.ok:
                break
        return str(answer.json()["access_token"])

    def send(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None, **more: Any
    ) -> requests.Response:
        """Send a request as CoopCycle's own feature files do: JSON-LD both ways."""
        more.setdefault("timeout", TIMEOUT_SECONDS)
        if body is not None:
            more["data"] = json.dumps(body)
        base = {"Accept": JSON_LD, "Content-Type": JSON_LD, "Authorization": f"Bearer {self._token}"}
        return self._session.request(method, self.url + path, headers={**base, **(headers or {})}, **more)

    def get(self, path: str, **more: Any) -> requests.Response:
        """Read."""
        return self.send("GET", path, **more)

    def post(self, path: str, body: object, **more: Any) -> requests.Response:
        """Create, or ask."""
        return self.send("POST", path, body, **more)

    def put(self, path: str, body: object, **more: Any) -> requests.Response:
        """Change."""
        return self.send("PUT", path, body, **more)

    def delete(self, path: str, **more: Any) -> requests.Response:
        """Cancel, or end."""
        return self.send("DELETE", path, **more)

    def create(self, **dropoff: Any) -> dict[str, Any]:
        """Create a delivery to the rue de Rivoli tomorrow; say what is different about the dropoff."""
        answer = self.post("/api/deliveries", {"dropoff": {**DROPOFF, **dropoff}})
        assert answer.status_code == 201, answer.text
        created: dict[str, Any] = answer.json()
        return created


DROPOFF = {"address": "48, Rue de Rivoli", "before": "tomorrow 13:30"}


class Sandbox:
    """A running instance and its control."""

    def __init__(self, server: SandboxServer, session: requests.Session) -> None:
        self.server = server
        self.url = server.url
        self._session = session

    def api(self, client_id: str = "acme") -> Api:
        """Return an OAuth client of this instance."""
        return Api(self.url, client_id, self._session)

    def control(self, what: str, body: object = None) -> dict[str, Any]:
        """Use the sandbox's own routes."""
        answer = self._session.post(f"{self.url}/_sandbox/{what}", json=body, timeout=TIMEOUT_SECONDS)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def clock(self, now: str | None) -> None:
        """Stop the clock, or let it run."""
        self.control("clock", {"now": now})

    def fault(self, mode: str | None, **more: Any) -> None:
        """Set a fault, or end all."""
        self.control("fault", {"mode": mode, **more})

    def courier(self, delivery: dict[str, Any], do: str, **more: Any) -> None:
        """Let a courier act on a delivery."""
        self.control("courier", {"delivery": delivery["@id"], "do": do, **more})

    def stats(self) -> dict[str, Any]:
        """Return what the sandbox counted."""
        told: dict[str, Any] = self._session.get(f"{self.url}/_sandbox/stats", timeout=TIMEOUT_SECONDS).json()
        return told


@pytest.fixture
def http() -> Iterator[requests.Session]:
    """Return a session that is closed in the end."""
    with requests.Session() as session:
        yield session


@pytest.fixture(scope="session")
def _default_server() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
def sandbox(_default_server: SandboxServer, http: requests.Session) -> Sandbox:
    """Return the instance of the default seed, as after a reset."""
    running = Sandbox(_default_server, http)
    running.control("reset")
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
