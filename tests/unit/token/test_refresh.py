"""A token is replaced before it ends, and when it is refused."""

from __future__ import annotations

import pytest
from tests.support.token_provider import HOUR, NOW, Cache, Clock, Instance, provider, stored

from bridge.coopcycle.token import (
    LEEWAY_SECONDS,
    AccessToken,
)
from bridge.errors import BridgeError, CredentialsRejected, TokenUnavailable

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
