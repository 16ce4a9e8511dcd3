from __future__ import annotations

import datetime as dt
import gzip
import ipaddress
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.support.fake_server import Drip, FakeServer, Fault, Request, http

from bridge.coopcycle.answers import Identity, InstanceSettings
from bridge.coopcycle.client import CoopCycleClient
from bridge.coopcycle.payload import delivery_body
from bridge.coopcycle.token import TokenCacheUnavailable, TokenProvider
from bridge.coopcycle.transport import LARGEST_ANSWER_BYTES, new_session
from bridge.errors import (
    AccessDenied,
    BridgeError,
    CoopCycleBlocked,
    CoopCycleRejected,
    CoopCycleThrottled,
    CoopCycleUnavailable,
    CredentialsRejected,
    DeliveryOutcomeUnknown,
    InvalidConnection,
    RetryableError,
    TokenUnavailable,
)
from bridge.model import Coordinates, Delivery, Listing, Receipt, Task, TimeWindow
from bridge_laptop.sandbox.client import SandboxClient

NOW = dt.datetime(2026, 11, 23, 10, tzinfo=dt.UTC)
BODY = {"dropoff": {"comments": "secret of the buyer", "metadata": {"bridge_ref": "acme/1"}}}
DELIVERY = {
    "@id": "/api/deliveries/42",
    "trackingUrl": "https://acme.coopcycle.org/fr/pub/d/Xy",
    "pickup": {"@id": "/api/tasks/1", "status": "TODO"},
    "dropoff": {"@id": "/api/tasks/2", "status": "TODO", "metadata": {"bridge_ref": "acme/1"}},
}
RECEIPT = Receipt(
    delivery_iri="/api/deliveries/42",
    tracking_url="https://acme.coopcycle.org/fr/pub/d/Xy",
    bridge_ref="acme/1",
    statuses=("TODO", "TODO"),
)
SETTINGS = {"country": "fr", "locale": "fr", "timezone": "Europe/Paris", "currency_code": "eur"}

# CoopCycle's errors (recorded: token, create_refusals, store_and_slots). Its texts follow the language.
UNAUTHORIZED = http(401, {"code": 401, "message": "<text>"})
HYDRA_ERROR = {
    "@context": "/api/contexts/Error",
    "@type": "hydra:Error",
    "hydra:title": "An error occurred",
    "hydra:description": "<text>",
}

Answers = bytes | Fault | Drip | Callable[[Request], bytes | Fault | Drip]
Serve = Callable[..., tuple[FakeServer, CoopCycleClient]]


class CountedTokens:
    """Tokens "token-1", "token-2" …: the next one once the present one is rejected."""

    def __init__(self) -> None:
        self.number = 1

    def token(self) -> str:
        """Return the present one."""
        return f"token-{self.number}"

    def reject(self, value: str) -> None:
        """Go on to the next one."""
        if value == self.token():
            self.number += 1


@pytest.fixture
def client() -> Iterator[Callable[[str], CoopCycleClient]]:
    """Make clients with short timeouts and a clock that stands at 10:00 UTC."""
    with ExitStack() as stack:

        def make(url: str, *, session: requests.Session | None = None) -> CoopCycleClient:
            made = CoopCycleClient(
                url,
                CountedTokens(),
                session=session,
                connect_timeout_seconds=0.5,
                read_timeout_seconds=0.3,
                answer_seconds=1,
                clock=NOW.timestamp,
            )
            stack.callback(made.close)
            return made

        yield make


@pytest.fixture
def serve(client: Callable[[str], CoopCycleClient]) -> Iterator[Serve]:
    """Start servers that give one answer to everything, each with a client of it."""
    with ExitStack() as stack:

        def start(answers: Answers, **options: tuple[str, str]) -> tuple[FakeServer, CoopCycleClient]:
            answer = answers if callable(answers) else lambda _: answers
            server = stack.enter_context(FakeServer(answer, **options))
            return server, client(server.url)

        yield start


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[str, str]:
    """Make a certificate for 127.0.0.1 that nobody vouches for; return the paths of it and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    today = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - dt.timedelta(days=1))
        .not_valid_after(today + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    certificate_path, key_path = tmp_path / "certificate.pem", tmp_path / "key.pem"
    certificate_path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return str(certificate_path), str(key_path)


def create(client: CoopCycleClient) -> object:
    """Change: create."""
    return client.create_delivery(BODY)


def update(client: CoopCycleClient) -> object:
    """Change: update."""
    return client.update_delivery("/api/deliveries/42", BODY)


def cancel(client: CoopCycleClient) -> object:
    """Change: cancel."""
    client.cancel_delivery("/api/deliveries/42")
    return None


def read(client: CoopCycleClient) -> object:
    """Read a delivery."""
    return client.get_delivery("/api/deliveries/42")


def listing(client: CoopCycleClient) -> object:
    """Read a list."""
    return client.list_recent_deliveries("/api/stores/1")


def feasible(client: CoopCycleClient) -> object:
    """Ask for feasibility, a POST that changes nothing."""
    client.assert_feasible(BODY)
    return None


def settings(client: CoopCycleClient) -> object:
    """Read the settings."""
    return client.settings()


Call = Callable[[CoopCycleClient], object]
CHANGES: list[Call] = [create, update, cancel]
READS: list[Call] = [read, listing, feasible, settings]


def failure(call: Call, client: CoopCycleClient) -> BridgeError:
    """Return the error of a call, whose text holds nothing of what was sent."""
    with pytest.raises(BridgeError) as caught:
        call(client)
    assert "secret of the buyer" not in str(caught.value)
    assert "token-" not in str(caught.value)
    return caught.value


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
    assert sent.headers["connection"] == "close"


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


# --- status -> error ------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("location", ["https://[half", "//", "", "\x01"])
def test_moved_to_nowhere(serve: Serve, location: str) -> None:
    """A redirect without a readable target is an error of the taxonomy all the same."""
    _, client = serve(http(301, headers={"Location": location}))

    assert isinstance(failure(read, client), InvalidConnection | CoopCycleUnavailable)


# --- transport -> error ---------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", list(Fault))
def test_cut_off_after_sending(serve: Serve, fault: Fault) -> None:
    """Once a change was sent, a reset, a hang-up or silence leaves it in doubt; it is never sent again."""
    server, client = serve(fault)

    for call in CHANGES:
        assert type(failure(call, client)) is DeliveryOutcomeUnknown
    for call in READS:
        assert type(failure(call, client)) is CoopCycleUnavailable

    assert len(CHANGES + READS) == len(server.requests)


@pytest.mark.parametrize("at_once", [0, 100], ids=["headers", "body"])
def test_answer_that_drips(serve: Serve, at_once: int) -> None:
    """The answer as a whole has a time, not each of its packets: these would come one by one for seconds."""
    server, client = serve(Drip(http(201, DELIVERY), at_once))

    assert type(failure(create, client)) is DeliveryOutcomeUnknown
    server.answer = lambda _: Drip(http(200, DELIVERY), at_once)
    assert type(failure(read, client)) is CoopCycleUnavailable


def test_tls_answer_that_drips(
    serve: Serve, certificate: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over TLS too."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", certificate[0])
    _, client = serve(Drip(http(201, DELIVERY)), certificate=certificate)

    assert type(failure(create, client)) is DeliveryOutcomeUnknown


@pytest.mark.parametrize("packed", [False, True])
def test_answer_beyond_reason(serve: Serve, packed: bool) -> None:
    """Nobody fills a function's memory, neither with bytes nor with a bomb."""
    body = json.dumps(DELIVERY).encode() + b" " * LARGEST_ANSWER_BYTES
    answer = (
        http(201, gzip.compress(body), headers={"Content-Encoding": "gzip"}) if packed else http(201, body)
    )
    _, client = serve(answer)

    assert type(failure(create, client)) is DeliveryOutcomeUnknown


@pytest.mark.parametrize("call", CHANGES + READS)
def test_refused(client: Callable[[str], CoopCycleClient], call: Call) -> None:
    """Nobody listens: nothing was sent."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    assert type(failure(call, client(f"http://127.0.0.1:{port}"))) is CoopCycleUnavailable


def test_connect_timeout(client: Callable[[str], CoopCycleClient]) -> None:
    """A server that does not even accept: nothing was sent."""
    with ExitStack() as stack:
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(3):  # fills the queue of connections that nobody accepts
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())

        error = failure(create, client(f"http://127.0.0.1:{full.getsockname()[1]}"))

    assert type(error) is CoopCycleUnavailable


def test_unknown_host(client: Callable[[str], CoopCycleClient]) -> None:
    """A name that does not resolve: nothing was sent."""
    assert type(failure(create, client("https://coopcycle.invalid"))) is CoopCycleUnavailable


def test_certificate_that_nobody_vouches_for(serve: Serve, certificate: tuple[str, str]) -> None:
    """A certificate that is not trusted ends the handshake: nothing was sent, and the reason is told."""
    server, client = serve(http(201, DELIVERY), certificate=certificate)

    error = failure(create, client)

    assert type(error) is CoopCycleUnavailable
    assert "certificate was not accepted" in str(error)
    assert server.requests == []


def test_certificate_with_a_session_of_the_caller(
    serve: Serve,
    certificate: tuple[str, str],
    client: Callable[..., CoopCycleClient],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A session given by the caller cannot switch the check off."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    server, _ = serve(http(201, DELIVERY), certificate=certificate)
    with requests.Session() as session:
        session.verify = False

        error = failure(create, client(server.url, session=session))

    assert type(error) is CoopCycleUnavailable
    assert server.requests == []


def test_handshake_without_an_answer(client: Callable[[str], CoopCycleClient]) -> None:
    """A handshake that times out is a connection that was never made, not a read that timed out."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        error = failure(create, client(f"https://127.0.0.1:{listener.getsockname()[1]}"))

    assert type(error) is CoopCycleUnavailable


def test_handshake_that_is_cut_off(client: Callable[[str], CoopCycleClient]) -> None:
    """A connection that is reset before its handshake was never made."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        cutter = threading.Thread(target=lambda: listener.accept()[0].close())
        cutter.start()
        error = failure(create, client(f"https://127.0.0.1:{listener.getsockname()[1]}"))
        cutter.join()

    assert type(error) is CoopCycleUnavailable


def test_handshake_with_plain_http(serve: Serve, client: Callable[[str], CoopCycleClient]) -> None:
    """A server that speaks no TLS never saw the request."""
    server, _ = serve(http(400))

    assert type(failure(create, client(server.url.replace("http:", "https:")))) is CoopCycleUnavailable


@pytest.mark.parametrize("fault", list(Fault))
def test_tls_connection_cut_after_sending(
    serve: Serve, certificate: tuple[str, str], monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    """Over TLS too a cut after sending leaves a change in doubt, although it looks like an SSL error."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", certificate[0])
    server, client = serve(fault, certificate=certificate)

    assert type(failure(create, client)) is DeliveryOutcomeUnknown
    assert len(server.requests) == 1


def test_tls_connection_that_holds(
    serve: Serve, certificate: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over TLS with a trusted certificate a delivery is created."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", certificate[0])
    _, client = serve(http(201, DELIVERY), certificate=certificate)

    assert client.create_delivery(BODY) == RECEIPT


# --- what is refused before anything is sent --------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://acme.coopcycle.org",
        "http://127.0.0.1.evil.example",
        "ftp://acme.coopcycle.org",
        "acme.coopcycle.org",
        "https://",
        "https://user:pass@acme.coopcycle.org",
        "https://acme.coopcycle.org/api",
        "https://acme.coopcycle.org?x=1",
        "https://acme.coopcycle.org:port",
        "https://[half",
        "",
    ],
)
def test_address_that_is_none(url: str) -> None:
    """Only the https address of an instance will do; the message names the key and quotes nothing."""
    with pytest.raises(ValueError, match=r"^base_url: ") as caught:
        CoopCycleClient(url, CountedTokens())

    assert "pass" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:3001", "http://localhost", "http://[::1]:80", "https://a.example/"]
)
def test_address_that_will_do(url: str) -> None:
    """Plain http is for this machine, and a final slash is no matter."""
    CoopCycleClient(url, CountedTokens()).close()


@pytest.mark.parametrize(
    "iri",
    [
        "https://evil.example/api/deliveries/1",
        "//evil.example",
        "@evil.example",
        "/api/../oauth2",
        "/other/1",
        "/api/",
        "",
    ],
)
def test_iri_that_leads_elsewhere(serve: Serve, iri: str) -> None:
    """An IRI is a plain path below /api/, or nothing is sent."""
    server, client = serve(http(200, DELIVERY))

    for call in (client.get_delivery, client.cancel_delivery, client.list_recent_deliveries):
        with pytest.raises(ValueError, match="IRI"):
            call(iri)
    assert server.requests == []


# --- time slots -----------------------------------------------------------------------------------

CHOICES = {
    "@type": "TimeSlotChoices",
    "choices": [
        {"@type": "TimeSlotChoice", "value": "2020-04-02T12:00:00Z/2020-04-02T15:00:00Z", "label": "…"},
        {"@type": "TimeSlotChoice", "value": "2020-04-02T10:00:00Z/2020-04-02T12:00:00Z", "label": "…"},
    ],
}


def test_choices_come_in_their_order(serve: Serve) -> None:
    """The values of time_slots.feature become windows, the earliest first."""
    server, client = serve(http(200, CHOICES))

    choices = client.time_slot_choices()

    assert [10, 12] == [choice.after.hour for choice in choices]
    assert dt.datetime(2020, 4, 2, 12, tzinfo=dt.UTC) == choices[0].before
    assert ["GET /api/time_slots/choices"] == [f"{each.method} {each.path}" for each in server.requests]


@pytest.mark.parametrize("time_slot", ["/api/time_slots/1", None])
def test_a_500_to_choices_is_looked_into(serve: Serve, time_slot: str | None) -> None:
    """A store without a time slot breaks the route for good; any other 500 may pass."""

    def answer(request: Request) -> bytes:
        if request.path == "/api/me":
            return http(200, {"store": "/api/stores/1"})
        if request.path == "/api/stores/1":
            return http(200, {"@id": "/api/stores/1", "timeSlot": time_slot})
        return http(500, {"@type": "hydra:Error"})

    _, client = serve(answer)

    error = failure(lambda client: client.time_slot_choices(), client)

    assert (InvalidConnection if time_slot is None else CoopCycleUnavailable) is type(error)


def test_a_gateway_error_to_choices_costs_one_request(serve: Serve) -> None:
    """Only a 500 can mean that the store has no slot."""
    server, client = serve(http(502, {}))

    error = failure(lambda client: client.time_slot_choices(), client)

    assert isinstance(error, CoopCycleUnavailable)
    assert 1 == len(server.requests)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"choices": None},
        {"choices": ["x"]},
        {"choices": [{"value": 7}]},
        {"choices": [{"value": "2020-04-02T10:00:00Z"}]},
        {"choices": [{"value": "2020-04-02T10:00:00/2020-04-02T12:00:00"}]},
        {"choices": [{"value": "2020-04-02T12:00:00Z/2020-04-02T10:00:00Z"}]},
        {"choices": [{"value": "today/tomorrow"}]},
    ],
)
def test_choices_that_are_none_are_no_answer(serve: Serve, body: dict[str, object]) -> None:
    """What cannot be read is asked for again later."""
    _, client = serve(http(200, body))

    error = failure(lambda client: client.time_slot_choices(), client)

    assert isinstance(error, CoopCycleUnavailable)


# --- against the sandbox, which answers as the recorded CoopCycle --------------


class NoCache:
    """A cache that is never there, which a provider does without."""

    def get(self, *_: object, **__: object) -> NoReturn:
        """Fail."""
        raise TokenCacheUnavailable("none")

    claim = put = release = drop = get


@pytest.fixture
def at_sandbox(sandbox: SandboxClient) -> Iterator[CoopCycleClient]:
    """Return a client of the store Acme at the sandbox, with a token of the sandbox's own."""
    with new_session() as session:
        tokens = TokenProvider(
            base_url=sandbox.url,
            client_id="acme",
            client_secret="acme-secret",
            scope="tasks deliveries",
            cache=NoCache(),
            session=session,
        )
        yield CoopCycleClient(sandbox.url, tokens, session=session)


def ordered(comments: str = "") -> dict[str, object]:
    """Return the body of a delivery of tomorrow's shift, with everything a delivery can have."""
    after = NOW + dt.timedelta(days=1)
    hour = dt.timedelta(hours=1)
    dropoff = Task(
        TimeWindow(after + hour, after + 3 * hour),
        street_address="48 Rue de Rivoli, 75004 Paris, France",
        coordinates=Coordinates(48.8570, 2.3534),
        company="Librairie",
        contact_name="Zoë Ünal",
        telephone="+33612345678",
        description="3e étage",
        comments=comments,
        weight_grams=2500,
    )
    return delivery_body(Delivery("acme/1001", Task(TimeWindow(after, after + hour)), dropoff))


def test_life_of_a_delivery(at_sandbox: CoopCycleClient) -> None:
    """A delivery is created, found again by its window and by its reference, changed and cancelled."""
    store, zone = at_sandbox.me().store, at_sandbox.settings().timezone
    assert store is not None
    at_sandbox.assert_feasible(ordered())

    created = at_sandbox.create_delivery(ordered())

    assert created.bridge_ref == "acme/1001"
    assert created.statuses == ("TODO", "TODO")
    end = NOW + dt.timedelta(days=1, hours=3)
    assert created in at_sandbox.list_deliveries(store, before_from=end, before_to=end, timezone=zone).members
    later = end + dt.timedelta(seconds=1)
    assert at_sandbox.list_deliveries(store, before_from=later, before_to=later, timezone=zone).members == ()
    assert created in at_sandbox.list_recent_deliveries(store).members

    updated = at_sandbox.update_delivery(created.delivery_iri, ordered("third floor"))

    assert updated.delivery_iri == created.delivery_iri
    at_sandbox.cancel_delivery(created.delivery_iri)
    assert at_sandbox.get_delivery(created.delivery_iri).statuses == ("CANCELLED", "CANCELLED")


def test_choices_of_the_stores_time_slot(at_sandbox: CoopCycleClient, sandbox: SandboxClient) -> None:
    """The store's default slot of working days is offered until each window begins."""
    sandbox.clock("2020-04-02T12:30:00+02:00")

    choices = at_sandbox.time_slot_choices()

    assert [(2, 12), (3, 10), (3, 12)] == [(choice.after.day, choice.after.hour) for choice in choices]


def test_choices_of_a_store_without_a_time_slot(sandbox: SandboxClient) -> None:
    """The connection is at fault, and says so."""
    with new_session() as session:
        tokens = TokenProvider(
            base_url=sandbox.url,
            client_id="acme11",
            client_secret="acme11-secret",
            scope="deliveries",
            cache=NoCache(),
            session=session,
        )

        with pytest.raises(InvalidConnection, match=r"schedule\.window: the store has no time slot"):
            CoopCycleClient(sandbox.url, tokens, session=session).time_slot_choices()


def test_cancel_after_a_courier_was_assigned(at_sandbox: CoopCycleClient, sandbox: SandboxClient) -> None:
    """CoopCycle refuses to cancel what a courier has, with status 400."""
    created = at_sandbox.create_delivery(ordered())
    sandbox.courier(created.delivery_iri, "assign")

    error = failure(lambda client: client.cancel_delivery(created.delivery_iri), at_sandbox)

    assert isinstance(error, CoopCycleRejected)
    assert error.status == 400


def test_delivery_that_coopcycle_refuses(at_sandbox: CoopCycleClient) -> None:
    """The violations name the property that CoopCycle objects to."""
    body = ordered()
    del body["dropoff"]["before"]  # type: ignore[attr-defined]

    error = failure(lambda client: client.create_delivery(body), at_sandbox)

    assert isinstance(error, CoopCycleRejected)
    assert [violation.property_path for violation in error.violations] == ["items[1].task.doneBefore"]
