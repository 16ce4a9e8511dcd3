from __future__ import annotations

import base64
import io
import json
import logging
from collections.abc import Callable, Mapping

import pytest
import requests
from requests.adapters import BaseAdapter

from bridge.coopcycle.token import (
    LEASE_SECONDS,
    LEEWAY_SECONDS,
    AccessToken,
    CacheEntry,
    TokenCacheUnavailable,
    TokenProvider,
    TokenSource,
)
from bridge.errors import BridgeError, CredentialsRejected, InvalidConnection, TokenUnavailable

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


@pytest.fixture
def instance() -> Instance:
    """Return an instance that issues tokens."""
    return Instance()


@pytest.fixture
def clock() -> Clock:
    """Return a clock."""
    return Clock()


@pytest.fixture
def cache() -> Cache:
    """Return an empty cache."""
    return Cache()


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


# --- the request ------------------------------------------------------------------------------------------


def test_request_is_that_of_the_rfc(instance: Instance, clock: Clock, cache: Cache) -> None:
    """Credentials in a Basic header, grant and scope as a form (RFC 6749, sections 2.3.1 and 4.4.2)."""
    assert provider(instance, clock, cache).token() == "token-1"

    (asked,) = instance.asked
    assert (asked.method, asked.url) == ("POST", "https://acme.coopcycle.org/oauth2/token")
    assert f"Basic {base64.b64encode(b'acme:acme-secret').decode()}" == asked.headers["Authorization"]
    assert asked.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert asked.body == "grant_type=client_credentials&scope=tasks+deliveries"


def test_request_with_letters_beyond_latin(instance: Instance, clock: Clock, cache: Cache) -> None:
    """Credentials travel as UTF-8."""
    provider(instance, clock, cache, client_secret="šecret").token()

    assert (
        f"Basic {base64.b64encode('acme:šecret'.encode()).decode()}"
        == instance.asked[0].headers["Authorization"]
    )


def test_no_scope_is_not_sent(instance: Instance, clock: Clock, cache: Cache) -> None:
    """An empty scope leaves the choice to the server."""
    provider(instance, clock, cache, scope="").token()

    assert instance.asked[0].body == "grant_type=client_credentials"


@pytest.mark.parametrize(("random", "refresh_at"), [(0.0, NOW + 2880), (1.0, NOW + 3240)])
def test_times_of_a_token(instance: Instance, clock: Clock, random: float, refresh_at: float) -> None:
    """A token ends when the answer says, counted from before the request, and is due 10 to 20 % earlier."""
    source = TokenSource(
        base_url="https://acme.coopcycle.org",
        client_id="acme",
        client_secret="acme-secret",
        scope="",
        session=session_of(instance),
        clock=clock,
        random=lambda: random,
    )

    token = source.request()

    assert AccessToken("token-1", NOW + HOUR, pytest.approx(refresh_at)) == token
    assert "token-1" not in repr(token)


@pytest.mark.parametrize(
    "change",
    [
        {"expires_in": None},
        {"expires_in": "3600"},
        {"expires_in": 0},
        {"expires_in": -1},
        {"expires_in": True},
        {"expires_in": 3600.5},
        {"access_token": None},
        {"access_token": ""},
        {"access_token": 7},
        {"access_token": "two words"},
        {"access_token": "line\r\nX-Injected: 1"},
        {"access_token": "clé"},
        {"token_type": None},
        {"token_type": "mac"},
    ],
)
def test_answer_that_is_not_a_token(
    instance: Instance, clock: Clock, cache: Cache, change: Mapping[str, object]
) -> None:
    """A token without a lifetime, of another type or unfit for a header is an error, never a guess."""
    status, body = instance.issue()
    assert isinstance(body, dict)
    body |= change
    instance.answer = lambda: (status, {key: value for key, value in body.items() if value is not None})

    with pytest.raises(TokenUnavailable, match=next(iter(change))):
        provider(instance, clock, cache).token()
    assert cache.token is None


@pytest.mark.parametrize("body", [b"<html>", b"", b"null", b"[]", b"\xff", b"[" * 100_000])
def test_answer_that_is_not_json(instance: Instance, clock: Clock, cache: Cache, body: bytes) -> None:
    """A page in the place of a token is an error that passes."""
    instance.answer = lambda: (200, body)

    with pytest.raises(TokenUnavailable):
        provider(instance, clock, cache).token()


def test_lifetime_beyond_reason(instance: Instance, clock: Clock, cache: Cache) -> None:
    """A token is kept a day at most."""
    instance.answer = lambda: (200, {"token_type": "bearer", "expires_in": 10**400, "access_token": "t"})

    provider(instance, clock, cache).token()

    assert cache.token is not None
    assert cache.token.expires_at == NOW + 24 * HOUR


@pytest.mark.parametrize(
    ("status", "body", "named"),
    [
        (401, {"error": "invalid_client"}, "invalid_client"),
        (400, {"error": "invalid_scope", "hint": "acme-secret"}, "invalid_scope"),
        (400, {"error": "unsupported_grant_type"}, "unsupported_grant_type"),
        (400, {"error": "invalid_request"}, "invalid_request"),
    ],
)
def test_credentials_refused(
    instance: Instance, clock: Clock, cache: Cache, status: int, body: object, named: str
) -> None:
    """Wrong credentials are named by the RFC's own code, and nothing of the body is repeated."""
    instance.answer = lambda: (status, body)

    with pytest.raises(CredentialsRejected) as caught:
        provider(instance, clock, cache).token()

    assert f"CoopCycle refused client id, client secret or scope: {named}" == str(caught.value)
    assert (cache.owner, cache.lease_until) == ("", 0.0)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"error": "acme-secret"}),
        (401, {"error": ["x"]}),
        (401, b"<html>acme-secret"),
        (403, b""),
        (403, {"message": "Forbidden"}),
    ],
)
def test_page_that_says_nothing_of_credentials(
    instance: Instance, clock: Clock, cache: Cache, status: int, body: object
) -> None:
    """A firewall's or proxy's page in front of the token endpoint passes, and nothing of it is repeated."""
    instance.answer = lambda: (status, body)

    with pytest.raises(TokenUnavailable) as caught:
        provider(instance, clock, cache).token()

    assert f"token request: status {status}" == str(caught.value)


@pytest.mark.parametrize("status", [302, 404, 408, 429, 500, 502, 503, 504, 204])
def test_token_endpoint_in_trouble(instance: Instance, clock: Clock, cache: Cache, status: int) -> None:
    """What may pass is retried, not before the server wants it, and the lease does not stay behind."""
    instance.answer = lambda: (status, b"busy")
    instance.headers["Retry-After"] = "30"

    with pytest.raises(TokenUnavailable) as caught:
        provider(instance, clock, cache).token()

    assert caught.value.retry_after_seconds == 30
    assert (cache.owner, cache.lease_until) == ("", 0.0)


def test_server_error_with_status_400(instance: Instance, clock: Clock, cache: Cache) -> None:
    """A server that calls the error its own is not a fault of the credentials."""
    instance.answer = lambda: (400, {"error": "server_error"})

    with pytest.raises(TokenUnavailable):
        provider(instance, clock, cache).token()


def test_token_endpoint_moved(instance: Instance, clock: Clock, cache: Cache) -> None:
    """Credentials follow no redirect."""
    instance.answer = lambda: (308, b"")
    instance.headers["Location"] = "https://new.example/oauth2/token"

    with pytest.raises(InvalidConnection, match=r"moved to new\.example"):
        provider(instance, clock, cache).token()
    assert len(instance.asked) == 1


def test_address_without_tls(cache: Cache) -> None:
    """Credentials are never sent in the clear."""
    with pytest.raises(ValueError, match="base_url"):
        TokenProvider(base_url="http://acme.example", client_id="a", client_secret="b", scope="", cache=cache)


# --- memory, cache, instance ----------------------------------------------------------------------------


def test_second_call_is_answered_from_memory(instance: Instance, clock: Clock, cache: Cache) -> None:
    """A token that is fresh in memory costs no call at all."""
    tokens = provider(instance, clock, cache)
    tokens.token()
    cache.calls.clear()

    assert tokens.token() == "token-1"
    assert cache.calls == []
    assert len(instance.asked) == 1


def test_cold_start_with_a_warm_cache(instance: Instance, clock: Clock, cache: Cache) -> None:
    """A new process that finds a token in the cache makes one call and no request."""
    cache.token = stored("shared")

    assert provider(instance, clock, cache).token() == "shared"
    assert cache.calls == ["get"]
    assert instance.asked == []


def test_cold_start_with_a_cold_cache(instance: Instance, clock: Clock, cache: Cache) -> None:
    """The first process takes the lease, asks, and leaves the token for the others."""
    assert provider(instance, clock, cache).token() == "token-1"
    assert cache.calls == ["get", "claim", "put"]
    assert provider(instance, clock, cache).token() == "token-1"
    assert len(instance.asked) == 1


def test_keys_are_apart_and_hold_no_secret(instance: Instance, clock: Clock, cache: Cache) -> None:
    """Another client or scope has another key; the secret is not part of it."""
    for changes in ({}, {"client_secret": "new"}, {"client_id": "acme2"}, {"scope": "deliveries"}):
        provider(instance, clock, cache, **changes).token()

    assert len(cache.keys) == 3
    assert all(len(key) == 64 and int(key, 16) for key in cache.keys)


@pytest.mark.parametrize("expires_in", [-10, 0, LEEWAY_SECONDS])
def test_expired_token_in_the_cache(
    instance: Instance, clock: Clock, cache: Cache, expires_in: float
) -> None:
    """A cache does not remove tokens on time, so an old one is looked through, from its last half minute."""
    cache.token = stored("old", expires_in=expires_in, refresh_in=expires_in)

    assert provider(instance, clock, cache).token() == "token-1"


def test_token_that_lives_half_a_minute(instance: Instance, clock: Clock, cache: Cache) -> None:
    """A lifetime below the leeway is of use once, and nobody waits for anybody."""
    instance.answer = lambda: (
        200,
        {"token_type": "Bearer", "expires_in": 20, "access_token": f"token-{len(instance.asked)}"},
    )
    tokens = provider(instance, clock, cache)

    assert [tokens.token(), tokens.token()] == ["token-1", "token-2"]
    assert clock.now == NOW


def test_waiting_for_whoever_is_asking(instance: Instance, clock: Clock, cache: Cache) -> None:
    """While another process holds the lease, its result is waited for and used."""
    cache.owner, cache.lease_until = "another", NOW + LEASE_SECONDS
    clock.due.append((NOW + 0.4, lambda: cache.put("key", stored("theirs"))))

    assert provider(instance, clock, cache).token() == "theirs"
    assert instance.asked == []
    assert clock.now < NOW + 0.6


def test_holder_of_the_lease_dies(instance: Instance, clock: Clock, cache: Cache) -> None:
    """Once the lease has run out without a result, another process takes it and asks."""
    cache.owner, cache.lease_until = "dead", NOW + 4

    assert provider(instance, clock, cache).token() == "token-1"
    assert NOW + 4 <= clock.now < NOW + 4.2
    assert cache.token is not None


def test_holder_of_the_lease_gives_up(instance: Instance, clock: Clock, cache: Cache) -> None:
    """A lease that was given back is taken at once."""
    cache.owner, cache.lease_until = "another", NOW + LEASE_SECONDS
    clock.due.append((NOW + 1, lambda: cache.release("key", owner="another")))

    assert provider(instance, clock, cache).token() == "token-1"
    assert clock.now < NOW + 1.2


def test_lease_that_never_ends(instance: Instance, clock: Clock, cache: Cache) -> None:
    """Nobody is waited for longer than a lease lasts, whatever the cache says."""
    cache.owner, cache.lease_until = "clock gone wrong", NOW + 10**9

    assert provider(instance, clock, cache).token() == "token-1"
    assert NOW + LEASE_SECONDS <= clock.now < NOW + LEASE_SECONDS + 0.2
    assert cache.lease_until == 0.0


@pytest.mark.parametrize("failing", ["get", "claim", "put"])
def test_cache_that_fails(
    instance: Instance, clock: Clock, cache: Cache, failing: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Without the cache a token is had all the same, and the log says so without a secret."""
    cache.failing = {failing}

    with caplog.at_level(logging.WARNING):
        assert provider(instance, clock, cache).token() == "token-1"

    assert [record.getMessage() for record in caplog.records] == ["token cache unavailable"]
    assert [vars(record)["reason"] for record in caplog.records] == ["ThrottlingException"]


def test_cache_that_fails_to_release(instance: Instance, clock: Clock, cache: Cache) -> None:
    """The error that matters is the one of the request, not of the clearing up after it."""
    cache.failing = {"release"}
    instance.answer = lambda: (401, {"error": "invalid_client"})

    with pytest.raises(CredentialsRejected):
        provider(instance, clock, cache).token()


# --- refresh ahead ----------------------------------------------------------------------------------------


def test_refresh_ahead(instance: Instance, clock: Clock, cache: Cache) -> None:
    """In the last part of its life a token is replaced, in memory and in the cache."""
    tokens = provider(instance, clock, cache)
    tokens.token()
    clock.now += 3100

    assert tokens.token() == "token-2"
    assert cache.token is not None
    assert cache.token.value == "token-2"


def test_refresh_ahead_by_one(instance: Instance, clock: Clock, cache: Cache) -> None:
    """While another process refreshes, the old token is used without waiting."""
    cache.token = stored("old", refresh_in=-1)
    cache.owner, cache.lease_until = "another", NOW + 5

    tokens = provider(instance, clock, cache)

    assert [tokens.token(), tokens.token()] == ["old", "old"]
    assert clock.now == NOW
    assert instance.asked == []


def test_refresh_ahead_finds_the_work_done(instance: Instance, clock: Clock, cache: Cache) -> None:
    """A process whose token is due takes the new one from the cache, without a request."""
    tokens = provider(instance, clock, cache)
    tokens.token()
    clock.now += 3100
    cache.token = AccessToken("theirs", clock.now + HOUR, clock.now + 3000)

    assert tokens.token() == "theirs"
    assert len(instance.asked) == 1


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [(503, b"", TokenUnavailable), (401, {"error": "invalid_client"}, CredentialsRejected)],
)
def test_refresh_ahead_fails(
    instance: Instance, clock: Clock, cache: Cache, status: int, body: object, error: type[BridgeError]
) -> None:
    """The old token serves until it ends, with a pause between tries; only then is there an error."""
    tokens = provider(instance, clock, cache)
    tokens.token()
    instance.answer = lambda: (status, body)
    clock.now += 3100

    assert [tokens.token(), tokens.token()] == ["token-1", "token-1"]
    assert len(instance.asked) == 2
    assert cache.lease_until == 0.0

    clock.now += 60
    assert tokens.token() == "token-1"
    assert len(instance.asked) == 3

    clock.now = NOW + HOUR - LEEWAY_SECONDS
    with pytest.raises(error):
        tokens.token()


def test_refresh_ahead_without_the_cache(instance: Instance, clock: Clock, cache: Cache) -> None:
    """When the cache fails nobody refreshes ahead: each process would ask for a token of its own."""
    tokens = provider(instance, clock, cache)
    tokens.token()
    cache.failing = {"claim"}
    clock.now += 3100

    assert tokens.token() == "token-1"
    assert len(instance.asked) == 1


# --- after a 401 ----------------------------------------------------------------------------------------


def test_rejected_token_is_replaced(instance: Instance, clock: Clock, cache: Cache) -> None:
    """A token that was answered 401 leaves memory and cache, and the next one is new."""
    tokens = provider(instance, clock, cache)
    tokens.token()

    tokens.reject("token-1")

    assert cache.token is None
    assert tokens.token() == "token-2"


def test_rejected_token_was_replaced_already(instance: Instance, clock: Clock, cache: Cache) -> None:
    """When another process has put a new token, that one stays and is used."""
    tokens = provider(instance, clock, cache)
    tokens.token()
    cache.token = stored("newer")

    tokens.reject("token-1")

    assert tokens.token() == "newer"
    assert len(instance.asked) == 1


def test_second_rejection_of_one_token(instance: Instance, clock: Clock, cache: Cache) -> None:
    """A late 401 of an old token does not cost the new one."""
    tokens = provider(instance, clock, cache)
    tokens.token()
    tokens.reject("token-1")
    tokens.token()
    cache.calls.clear()

    tokens.reject("token-1")

    assert tokens.token() == "token-2"
    assert cache.calls == []
    assert len(instance.asked) == 2


def test_rejected_token_that_stays_in_the_cache(instance: Instance, clock: Clock, cache: Cache) -> None:
    """A cache that cannot drop the token does not get to serve it again."""
    tokens = provider(instance, clock, cache)
    tokens.token()
    cache.failing = {"drop"}

    tokens.reject("token-1")

    assert tokens.token() == "token-2"
    assert cache.token is not None
    assert cache.token.value == "token-2"
