"""What each status of an answer means."""

from __future__ import annotations

import pytest
from tests.support.client_calls import (
    CHANGES,
    DELIVERY,
    READS,
    Call,
    Serve,
    cancel,
    create,
    failure,
    feasible,
    listing,
    read,
    update,
)
from tests.support.fake_server import http

from bridge.errors import (
    AccessDenied,
    BridgeError,
    CoopCycleBlocked,
    CoopCycleRejected,
    CoopCycleThrottled,
    CoopCycleUnavailable,
    DeliveryOutcomeUnknown,
    InvalidConnection,
)

HYDRA_ERROR = {
    "@context": "/api/contexts/Error",
    "@type": "hydra:Error",
    "hydra:title": "An error occurred",
    "hydra:description": "<text>",
}


@pytest.mark.parametrize("call", CHANGES + READS)
@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (301, InvalidConnection),
        (302, CoopCycleUnavailable),
        (307, CoopCycleUnavailable),
        (308, InvalidConnection),
        (400, CoopCycleRejected),
        (403, AccessDenied),
        (404, CoopCycleRejected),
        (408, CoopCycleUnavailable),
        (409, CoopCycleRejected),
        (415, CoopCycleRejected),
        (422, CoopCycleRejected),
        (429, CoopCycleThrottled),
        (503, CoopCycleUnavailable),
    ],
)
def test_status_of_a_request_that_was_not_processed(
    serve: Serve, call: Call, status: int, expected: type[BridgeError]
) -> None:
    """Each of these tells that nothing was done, for a change as for a reading request."""
    server, client = serve(http(status, HYDRA_ERROR, headers={"Location": "https://other.example/x?y=z"}))

    assert type(failure(call, client)) is expected
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "page",
    [b"<html>Forbidden", b"", b"{}", b'{"message": "Forbidden"}', b'["code", "message"]', b'{"code": 1020}'],
    ids=["html", "empty", "object", "gateway", "list", "firewall"],
)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 406, 413])
def test_page_that_is_not_coopcycles(serve: Serve, status: int, page: bytes) -> None:
    """A firewall or proxy says nothing of credentials or bodies; its page may lie over CoopCycle's answer."""
    server, client = serve(http(status, page, headers={"Retry-After": "30"}))

    for call in CHANGES:
        error = failure(call, client)
        assert type(error) is DeliveryOutcomeUnknown
        assert (status, 30.0) == (error.status, error.retry_after_seconds)
    for call in READS:
        error = failure(call, client)
        assert type(error) is CoopCycleBlocked
        assert (status, 30.0) == (error.status, error.retry_after_seconds)

    assert len(CHANGES + READS) == len(server.requests)
    assert {sent.headers.get("authorization", "Bearer token-1") for sent in server.requests} == {
        "Bearer token-1"
    }


@pytest.mark.parametrize("status", [500, 501, 502, 504, 520])
def test_server_error_of_a_change(serve: Serve, status: int) -> None:
    """CoopCycle may have failed after it committed, so a change is in doubt; the status is kept."""
    for call in CHANGES:
        server, client = serve(http(status, b"<html>"))
        error = failure(call, client)

        assert isinstance(error, DeliveryOutcomeUnknown)
        assert status == error.status
        assert len(server.requests) == 1


@pytest.mark.parametrize("call", READS)
@pytest.mark.parametrize("status", [500, 502, 504])
def test_server_error_of_a_read(serve: Serve, call: Call, status: int) -> None:
    """A request that changes nothing can simply come again."""
    _, client = serve(http(status, b"<html>"))

    assert type(failure(call, client)) is CoopCycleUnavailable


@pytest.mark.parametrize(
    "answer",
    [
        http(201, b"<html>"),
        http(201, {"@id": "/api/orders/1"}),
        http(201, b"[" * 50_000),
        http(201, DELIVERY, cut=20),
        http(201, DELIVERY, headers={"Content-Encoding": "gzip"}),
        http(202),
        http(200, b"<!DOCTYPE html><title>Log in to the network"),
        http(203, DELIVERY),
        b"SMTP ready\r\n\r\n",
    ],
    ids=[
        "html",
        "another object",
        "nested",
        "cut off",
        "not gzip",
        "accepted",
        "captive portal",
        "by a proxy",
        "not http",
    ],
)
def test_unreadable_success(serve: Serve, answer: bytes) -> None:
    """A 2xx without a delivery in it leaves a change in doubt, and a read without result."""
    _, client = serve(answer)

    assert type(failure(create, client)) is DeliveryOutcomeUnknown
    assert type(failure(update, client)) is DeliveryOutcomeUnknown
    assert type(failure(cancel, client)) is DeliveryOutcomeUnknown
    assert type(failure(read, client)) is CoopCycleUnavailable
    assert type(failure(listing, client)) is CoopCycleUnavailable


@pytest.mark.parametrize("status", [200, 204])
def test_success_of_another_request(serve: Serve, status: int) -> None:
    """A delivery that comes with 200 was not created by this POST, and so for the others."""
    _, client = serve(http(status, DELIVERY))

    assert type(failure(create, client)) is DeliveryOutcomeUnknown
    _, client = serve(http(201, DELIVERY))
    assert type(failure(update, client)) is DeliveryOutcomeUnknown
    assert type(failure(cancel, client)) is DeliveryOutcomeUnknown
    assert type(failure(read, client)) is CoopCycleUnavailable


def test_page_that_calls_everything_feasible(serve: Serve) -> None:
    """A captive portal's page says nothing of the store's rules."""
    _, client = serve(http(200, b"<html>"))

    assert type(failure(feasible, client)) is CoopCycleUnavailable


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        ("Mon, 23 Nov 2026 10:02:00 GMT", 120),
        ("Mon, 23 Nov 2026 09:00:00 GMT", 0),
        ("99999999999999999999", 3600),
        ("Mon, 23 Nov 2099 10:02:00 GMT", 3600),
        ("-5", None),
        ("1.5", None),
        ("nan", None),
        ("soon", None),
        ("", None),
        ("²", None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after(serve: Serve, status: int, header: str, seconds: float | None) -> None:
    """Retry-After is read as seconds or as a date, an hour at most; nonsense counts as none."""
    _, client = serve(http(status, headers={"Retry-After": header}))

    error = failure(create, client)

    assert isinstance(error, CoopCycleThrottled | CoopCycleUnavailable)
    assert seconds == error.retry_after_seconds


def test_moved_for_good(serve: Serve) -> None:
    """The token follows no redirect; the message names the key and where the instance now is."""
    _, client = serve(http(301, headers={"Location": "https://new.example/api?token=x"}))

    error = failure(create, client)

    assert (
        str(error)
        == "coopcycle.url: the instance answers 301, it has moved to new.example; use its new address"
    )


@pytest.mark.parametrize(
    "location", ["https://[half", "//", "", "\x01", "https://new\x1b[2J.example", f"https://{'x' * 300}/"]
)
def test_moved_to_nowhere(serve: Serve, location: str) -> None:
    """A redirect without a readable target is an error of the taxonomy all the same, fit to be shown."""
    _, client = serve(http(301, headers={"Location": location}))

    error = failure(read, client)

    assert isinstance(error, InvalidConnection | CoopCycleUnavailable)
    assert str(error).isprintable()
    assert len(str(error)) < 300
