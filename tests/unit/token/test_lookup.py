"""Where a token comes from: memory, cache, instance; and who asks while others wait."""

from __future__ import annotations

import logging

import pytest
from tests.support.token_provider import NOW, Cache, Clock, Instance, provider, stored

from bridge.coopcycle.token import (
    LEASE_SECONDS,
    LEEWAY_SECONDS,
)
from bridge.errors import CredentialsRejected


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
