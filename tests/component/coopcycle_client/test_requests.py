"""What is sent to CoopCycle, and what an answer becomes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.support.client_calls import (
    BODY,
    DELIVERY,
    NOW,
    RECEIPT,
    CountedTokens,
    Serve,
    cancel,
    create,
    failure,
    settings,
)
from tests.support.fake_server import http

from bridge.coopcycle.answers import Identity, InstanceSettings
from bridge.coopcycle.client import CoopCycleClient
from bridge.errors import (
    CoopCycleRejected,
    CoopCycleUnavailable,
    CredentialsRejected,
    RetryableError,
    TokenUnavailable,
)
from bridge.model import Listing

SETTINGS = {"country": "fr", "locale": "fr", "timezone": "Europe/Paris", "currency_code": "eur"}


# CoopCycle's errors (recorded: token, create_refusals, store_and_slots). Its texts follow the language.
UNAUTHORIZED = http(401, {"code": 401, "message": "<text>"})


# --- what is sent, and what an answer becomes ---------------------------------------------------------


def test_create(serve: Serve) -> None:
    """A created delivery becomes its receipt; the request is JSON-LD with a bearer token."""
    server, client = serve(http(201, DELIVERY))

    assert client.create_delivery(BODY) == RECEIPT

    (sent,) = server.requests
    assert (sent.method, sent.path) == ("POST", "/api/deliveries")
    assert json.loads(sent.body) == BODY
    assert sent.headers["content-type"] == sent.headers["accept"] == "application/ld+json"
    assert sent.headers["authorization"] == "Bearer token-1"


def test_update(serve: Serve) -> None:
    """An update is a PUT on the delivery's own IRI."""
    server, client = serve(http(200, DELIVERY))

    assert client.update_delivery("/api/deliveries/42", BODY) == RECEIPT
    assert [(sent.method, sent.path) for sent in server.requests] == [("PUT", "/api/deliveries/42")]


def test_cancel(serve: Serve) -> None:
    """A cancel is a DELETE that is answered 204."""
    server, client = serve(http(204))

    client.cancel_delivery("/api/deliveries/42")

    assert [(sent.method, sent.path) for sent in server.requests] == [("DELETE", "/api/deliveries/42")]


@pytest.mark.parametrize("status", [400, 404])
def test_cancel_refused(serve: Serve, status: int) -> None:
    """A refused cancel tells its status: 400 is a courier who has it, 404 a delivery that is not there."""
    _, client = serve(http(status, {"@type": "hydra:Error", "hydra:description": "déjà assigné"}))

    error = failure(cancel, client)

    assert isinstance(error, CoopCycleRejected)
    assert status == error.status


def test_listing_of_a_window(serve: Serve) -> None:
    """The window's end is asked for on the instance's wall clock, without offset and without page."""
    server, client = serve(http(200, {"hydra:member": [DELIVERY, DELIVERY], "hydra:totalItems": 35}))

    listed = client.list_deliveries("/api/stores/1", before_from=NOW, before_to=NOW, timezone="Europe/Paris")

    assert Listing((RECEIPT, RECEIPT), 35) == listed
    assert not listed.is_whole
    wanted = (
        "/api/stores/1/deliveries"
        "?dropoff.before%5Bafter%5D=2026-11-23+11%3A00%3A00&dropoff.before%5Bbefore%5D=2026-11-23+11%3A00%3A00"
    )
    assert [wanted] == [sent.path for sent in server.requests]


def test_listing_of_the_newest(serve: Serve) -> None:
    """The fallback listing is ordered by creation, and has no page either."""
    server, client = serve(http(200, {"hydra:member": [], "hydra:totalItems": 0}))

    listed = client.list_recent_deliveries("/api/stores/1")

    assert Listing((), 0) == listed
    assert listed.is_whole
    assert [sent.path for sent in server.requests] == ["/api/stores/1/deliveries?order%5BcreatedAt%5D=desc"]


def test_feasible(serve: Serve) -> None:
    """The check sends the same delivery without its metadata object."""
    server, client = serve(http(200, []))

    client.assert_feasible(BODY)

    assert [json.loads(r.body) for r in server.requests] == [{"dropoff": {"comments": "secret of the buyer"}}]


@pytest.mark.parametrize(
    ("body", "identity"),
    [
        ({"@id": "/api/me", "store": "/api/stores/1", "name": "Acme"}, Identity("/api/stores/1", "Acme")),
        ({"store": {"@id": "/api/stores/1"}, "name": "Acme"}, Identity("/api/stores/1", "Acme")),
        ({"store": None, "shop": "/api/restaurants/1"}, Identity(None)),
    ],
)
def test_me(serve: Serve, body: object, identity: Identity) -> None:
    """The store behind the credentials, whether told as IRI or as object, or that there is none."""
    _, client = serve(http(200, body))

    assert identity == client.me()


def test_settings_need_no_token(serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings are public: no Authorization is sent, not even from a .netrc, and they are asked for once."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else")
    monkeypatch.setenv("NETRC", str(netrc))
    server, client = serve(http(200, SETTINGS))

    told = [client.settings(), client.settings()]

    assert [InstanceSettings("FR", "Europe/Paris")] * 2 == told
    assert ["authorization" in sent.headers for sent in server.requests] == [False]


@pytest.mark.parametrize("change", [{"timezone": None}, {"timezone": "Europe/Nowhere"}, {"country": "FRA"}])
def test_settings_that_say_too_little(serve: Serve, change: dict[str, object]) -> None:
    """Neither country nor time zone is ever guessed."""
    _, client = serve(http(200, SETTINGS | change))

    assert isinstance(failure(settings, client), CoopCycleUnavailable)


def test_netrc_cannot_replace_the_token(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bearer token is sent although a .netrc names this host."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else")
    monkeypatch.setenv("NETRC", str(netrc))
    server, client = serve(http(200, DELIVERY))

    client.get_delivery("/api/deliveries/42")

    assert [sent.headers["authorization"] for sent in server.requests] == ["Bearer token-1"]


# --- 401 ------------------------------------------------------------------------------------------------


def test_token_that_was_revoked(serve: Serve) -> None:
    """After a 401 the request is sent once more, with a new token."""
    server, client = serve(
        lambda sent: (
            http(201, DELIVERY) if sent.headers["authorization"] == "Bearer token-2" else UNAUTHORIZED
        )
    )

    assert client.create_delivery(BODY) == RECEIPT
    assert [sent.headers["authorization"] for sent in server.requests] == ["Bearer token-1", "Bearer token-2"]


def test_token_that_is_never_accepted(serve: Serve) -> None:
    """A 401 to the new token too is a fault of the credentials; it may pass, so the order waits."""
    server, client = serve(UNAUTHORIZED)

    error = failure(create, client)

    assert type(error) is CredentialsRejected
    assert isinstance(error, RetryableError)
    assert len(server.requests) == 2


def test_no_token_to_be_had(serve: Serve) -> None:
    """Without a token nothing is sent, and the token's error passes."""

    class NoTokens(CountedTokens):
        def token(self) -> str:
            raise TokenUnavailable("none")

    server, _ = serve(http(201, DELIVERY))
    client = CoopCycleClient(server.url, NoTokens())

    assert isinstance(failure(create, client), TokenUnavailable)
    assert server.requests == []
    client.close()
