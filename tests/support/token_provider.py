"""A provider of tokens with a clock, a cache and an instance in memory."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import requests
from requests.adapters import BaseAdapter

from bridge.coopcycle.token import (
    AccessToken,
    CacheEntry,
    TokenCacheUnavailable,
    TokenProvider,
)

NOW = 1_795_428_000.0
HOUR = 3600


class Instance(BaseAdapter):
    """An instance at the wire, without a socket: answers ``/oauth2/token`` and keeps what was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[requests.PreparedRequest] = []
        self.answer: Callable[[], tuple[int, object]] = self.issue
        self.headers: dict[str, str] = {}

    def issue(self) -> tuple[int, object]:
        """Issue "token-1", "token-2" … for an hour."""
        return 200, {"token_type": "Bearer", "expires_in": HOUR, "access_token": f"token-{len(self.asked)}"}

    def send(self, request: requests.PreparedRequest, *_: object, **__: object) -> requests.Response:
        """Answer."""
        self.asked.append(request)
        status, body = self.answer()
        response = requests.Response()
        response.status_code = status
        response.headers.update(self.headers)
        response.raw = io.BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
        response.url = str(request.url)
        response.request = request
        return response

    def close(self) -> None:
        """Do nothing."""


class Clock:
    """A clock that sleeping moves; what is due while someone sleeps happens then."""

    def __init__(self) -> None:
        self.now = NOW
        self.due: list[tuple[float, Callable[[], None]]] = []

    def __call__(self) -> float:
        """Return epoch seconds."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Move on."""
        self.now += seconds
        for entry in [entry for entry in self.due if entry[0] <= self.now]:
            self.due.remove(entry)
            entry[1]()


class Cache:
    """A cache of one key with the rules of the protocol, which can fail."""

    def __init__(self) -> None:
        self.token: AccessToken | None = None
        self.owner = ""
        self.lease_until = 0.0
        self.failing: set[str] = set()
        self.calls: list[str] = []
        self.keys: set[str] = set()

    def _called(self, name: str, key: str) -> None:
        self.calls.append(name)
        self.keys.add(key)
        if name in self.failing:
            raise TokenCacheUnavailable("ThrottlingException")

    def get(self, key: str) -> CacheEntry:
        """Return the entry."""
        self._called("get", key)
        return CacheEntry(self.token, self.lease_until)

    def claim(self, key: str, *, owner: str, now: float, seconds: float, replacing: str) -> CacheEntry | None:
        """Lend the lease."""
        self._called("claim", key)
        if self.lease_until > now or (
            self.token is not None and self.token.fresh(now) and self.token.value != replacing
        ):
            return CacheEntry(self.token, self.lease_until)
        self.owner, self.lease_until = owner, now + seconds
        return None

    def put(self, key: str, token: AccessToken) -> None:
        """Store."""
        self._called("put", key)
        self.token, self.owner, self.lease_until = token, "", 0.0

    def release(self, key: str, *, owner: str) -> None:
        """End the lease."""
        self._called("release", key)
        if self.owner == owner:
            self.owner, self.lease_until = "", 0.0

    def drop(self, key: str, value: str) -> None:
        """Remove."""
        self._called("drop", key)
        if self.token is not None and self.token.value == value:
            self.token = None


def session_of(instance: Instance) -> requests.Session:
    """Return a session that leads to the instance."""
    session = requests.Session()
    session.mount("https://", instance)
    return session


def provider(instance: Instance, clock: Clock, cache: Cache, **changes: str) -> TokenProvider:
    """Return a provider as a new process would make it, with jitter in the middle."""
    values = {"client_id": "acme", "client_secret": "acme-secret", "scope": "tasks deliveries", "owner": "me"}
    return TokenProvider(
        base_url="https://acme.coopcycle.org",
        cache=cache,
        session=session_of(instance),
        clock=clock,
        sleep=clock.sleep,
        random=lambda: 0.5,
        **(values | changes),
    )


def stored(value: str, *, expires_in: float = HOUR, refresh_in: float = 3000) -> AccessToken:
    """Return a token as another process left it in the cache."""
    return AccessToken(value, expires_at=NOW + expires_in, refresh_at=NOW + refresh_in)
