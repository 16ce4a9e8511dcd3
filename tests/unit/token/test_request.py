"""How a token is asked for, and what an answer may be."""

from __future__ import annotations

import base64
from collections.abc import Mapping

import pytest
from tests.support.token_provider import HOUR, NOW, Cache, Clock, Instance, provider, session_of

from bridge.coopcycle.token import (
    AccessToken,
    TokenProvider,
    TokenSource,
)
from bridge.errors import CredentialsRejected, InvalidConnection, TokenUnavailable


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
