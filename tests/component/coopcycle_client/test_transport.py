"""What goes wrong on the wire, and what is refused before anything is sent."""

from __future__ import annotations

import datetime as dt
import gzip
import ipaddress
import json
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.support.client_calls import (
    BODY,
    CHANGES,
    DELIVERY,
    READS,
    RECEIPT,
    Call,
    CountedTokens,
    Serve,
    create,
    failure,
    read,
)
from tests.support.fake_server import Drip, Fault, http

from bridge.coopcycle.client import CoopCycleClient
from bridge.coopcycle.transport import LARGEST_ANSWER_BYTES
from bridge.errors import (
    CoopCycleUnavailable,
    DeliveryOutcomeUnknown,
)

impatient = pytest.mark.parametrize("patience_seconds", [0.3])  # for what is waited for in vain


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


# --- transport -> error ---------------------------------------------------------------------------------


@impatient
@pytest.mark.parametrize("fault", list(Fault))
def test_cut_off_after_sending(serve: Serve, fault: Fault) -> None:
    """Once a change was sent, a reset, a hang-up or silence leaves it in doubt; it is never sent again."""
    server, client = serve(fault)

    for call in CHANGES:
        assert type(failure(call, client)) is DeliveryOutcomeUnknown
    for call in READS:
        assert type(failure(call, client)) is CoopCycleUnavailable

    assert len(CHANGES + READS) == len(server.requests)


@impatient
@pytest.mark.parametrize("at_once", [0, 100], ids=["headers", "body"])
def test_answer_that_drips(serve: Serve, at_once: int) -> None:
    """The answer as a whole has a time, not each of its packets: these would come one by one for seconds."""
    server, client = serve(Drip(http(201, DELIVERY), at_once))

    assert type(failure(create, client)) is DeliveryOutcomeUnknown
    server.answer = lambda _: Drip(http(200, DELIVERY), at_once)
    assert type(failure(read, client)) is CoopCycleUnavailable


@impatient
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


@impatient
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


@impatient
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


@impatient
def test_handshake_with_plain_http(serve: Serve, client: Callable[[str], CoopCycleClient]) -> None:
    """A server that speaks no TLS never saw the request."""
    server, _ = serve(http(400))

    assert type(failure(create, client(server.url.replace("http:", "https:")))) is CoopCycleUnavailable


@impatient
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
