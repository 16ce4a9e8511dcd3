"""The sender's own API over real sockets: which answers are an order, which come again, which are parked."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests import sending
from tests.asking import Samples
from tests.component.fake_server import Drip, FakeServer, Fault, Request, http

from bridge import sources
from bridge.errors import InvalidConnection, ShopRejected, ShopUnavailable
from bridge.model import Ignored, Order
from bridge.sources import Options, Payload
from bridge.sources.shared.shop_api import LARGEST_ANSWER_BYTES, ShopApi

NOW = 1_795_424_400.0  # Mon, 23 Nov 2026 09:00:00 GMT
TOKEN = "shop-token-of-the-test"


def shop(token: str = TOKEN, read_timeout_seconds: float = 5, answer_seconds: float = 60) -> ShopApi:
    """Return the real thing with a clock that stands."""
    return ShopApi(
        token,
        connect_timeout_seconds=1,
        read_timeout_seconds=read_timeout_seconds,
        answer_seconds=answer_seconds,
        clock=lambda: NOW,
    )


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers that give one answer to everything."""
    servers: list[FakeServer] = []

    def start(answer: bytes | Fault | Drip) -> FakeServer:
        servers.append(FakeServer(lambda _: answer).__enter__())
        return servers[-1]

    yield start
    for server in servers:
        server.__exit__(None, None, None)


Serve = Callable[[bytes | Fault | Drip], FakeServer]


def test_a_request_goes_out_as_asked_and_nothing_is_added(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The source's headers and our name travel; a .netrc of the machine adds no password of its own."""
    netrc = tmp_path / "netrc"
    netrc.write_text("default login someone password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server = serve(http(200, {"id": 1}))

    body = shop().get(f"{server.url}/v2/orders/1?include=a&b=c", {"X-Auth-Token": TOKEN})

    (request,) = server.requests
    assert body == b'{"id": 1}'
    assert (request.method, request.path, request.body) == ("GET", "/v2/orders/1?include=a&b=c", b"")
    assert request.headers["x-auth-token"] == TOKEN
    assert request.headers["user-agent"] == "coopcycle-bridge"
    assert "authorization" not in request.headers
    assert "cookie" not in request.headers


def test_a_source_may_name_itself_otherwise(serve: Serve) -> None:
    """A header of the source wins over ours."""
    server = serve(http(200, {}))

    shop().get(server.url, {"User-Agent": "another"})

    assert server.requests[0].headers["user-agent"] == "another"


def test_a_compressed_answer_is_unpacked(serve: Serve) -> None:
    """Senders compress when asked, which requests does."""
    server = serve(http(200, gzip.compress(b'{"id": 1}'), headers={"Content-Encoding": "gzip"}))

    assert b'{"id": 1}' == shop().get(server.url, {})


def test_an_answer_in_chunks_is_read_whole(serve: Serve) -> None:
    """An answer without a length is read to its last chunk."""
    chunks = b'6\r\n{"id":\r\n3\r\n 1}\r\n0\r\n\r\n'
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"

    assert b'{"id": 1}' == shop().get(serve(head + chunks).url, {})


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 599])
def test_a_passing_failure_comes_again(serve: Serve, status: int) -> None:
    """Too many requests and the server's own trouble are no word about the order."""
    with pytest.raises(ShopUnavailable, match=f"^the shop's API answered {status}$") as caught:
        shop().get(serve(http(status, {"error": "no"})).url, {})

    assert caught.value.retry_after_seconds is None


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("99999999999999", 3600.0),
        ("Mon, 23 Nov 2026 09:00:30 GMT", 30.0),
        ("Mon, 23 Nov 2026 08:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("", None),
    ],
)
def test_the_sender_may_say_when(serve: Serve, retry_after: str, seconds: float | None) -> None:
    """Retry-After counts as a number of seconds or as a date (RFC 9110, 10.2.3), and an hour at most."""
    with pytest.raises(ShopUnavailable) as caught:
        shop().get(serve(http(429, headers={"Retry-After": retry_after})).url, {})

    assert seconds == caught.value.retry_after_seconds


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 403, 404, 405, 410, 422, 451])
def test_any_other_answer_is_parked(serve: Serve, status: int) -> None:
    """A refusal stays a refusal: a person must look; 404 is no sign that the order may be forgotten."""
    with pytest.raises(ShopRejected) as caught:
        shop().get(serve(http(status, {"error": TOKEN})).url, {})

    assert status == caught.value.status
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_token_is_said(serve: Serve, status: int) -> None:
    """The message of a parked order names what to apply."""
    with pytest.raises(ShopRejected, match="shop token"):
        shop().get(serve(http(status)).url, {})


def test_no_redirect_is_followed(serve: Serve) -> None:
    """A token travels to no address but that of the settings."""
    elsewhere = serve(http(200, {}))
    server = serve(http(302, headers={"Location": elsewhere.url}))

    with pytest.raises(ShopRejected):
        shop().get(server.url, {"Authorization": f"Bearer {TOKEN}"})

    assert elsewhere.requests == []


@pytest.mark.parametrize(
    "answer",
    [
        Fault.RESET,
        Fault.HANG_UP,
        http(200, {"id": 1}, cut=3),
        http(200, b"\x1f\x8b no gzip", headers={"Content-Encoding": "gzip"}),
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n{"id":\r\n',
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnot a length\r\n",
        b"not HTTP at all\r\n\r\n",
    ],
    ids=["reset", "hang up", "cut", "no gzip", "cut chunks", "wrong chunk", "no http"],
)
def test_a_broken_answer_comes_again(serve: Serve, answer: bytes | Fault) -> None:
    """Whatever happens on the wire, half an order is never taken for one, and nothing else is raised."""
    with pytest.raises(ShopUnavailable) as caught:
        shop().get(serve(answer).url, {"Authorization": f"Bearer {TOKEN}"})

    assert TOKEN not in str(caught.value)


def test_silence_comes_again(serve: Serve) -> None:
    """A server that never answers is given up, and asked again later."""
    with pytest.raises(ShopUnavailable):
        shop(read_timeout_seconds=0.2).get(serve(Fault.SILENCE).url, {})


def test_an_answer_that_drips_comes_again(serve: Serve) -> None:
    """The answer as a whole has a time, not each of its packets: these would come for seconds."""
    order = http(200, {"note": "x" * 1000})

    with pytest.raises(ShopUnavailable):
        shop(answer_seconds=0.5).get(serve(Drip(order)).url, {})


def test_silence_in_the_middle_of_an_answer_comes_again() -> None:
    """A body that stops half-way while the connection stays open is given up too."""
    done = threading.Event()

    def half(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(http(200, {"id": 1}, cut=3))
            done.wait()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=half, args=(listener,))
        server.start()
        try:
            with pytest.raises(ShopUnavailable):
                shop(read_timeout_seconds=0.2).get(f"http://127.0.0.1:{listener.getsockname()[1]}/", {})
        finally:
            done.set()
            server.join()


def test_a_closed_door_comes_again() -> None:
    """Nobody listening is a passing failure."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(ShopUnavailable):
        shop().get(f"http://127.0.0.1:{port}/", {})


def test_an_answer_beyond_reason_is_not_read(serve: Serve) -> None:
    """A few kilobytes on the wire that unpack to more than an order can be are refused, not unpacked."""
    bomb = gzip.compress(b" " * (LARGEST_ANSWER_BYTES + 1))
    server = serve(http(200, bomb, headers={"Content-Encoding": "gzip"}))

    with pytest.raises(ShopRejected):
        shop().get(server.url, {})


def test_an_answer_of_the_largest_size_is_read(serve: Serve) -> None:
    """The limit itself is still an order."""
    packed = gzip.compress(b" " * LARGEST_ANSWER_BYTES)
    server = serve(http(200, packed, headers={"Content-Encoding": "gzip"}))

    assert LARGEST_ANSWER_BYTES == len(shop().get(server.url, {}))


@pytest.mark.parametrize(
    "url", ["http://shop.example/orders/1", "ftp://127.0.0.1/", "//127.0.0.1/", "file:///etc/hosts", "x"]
)
def test_an_address_without_tls_is_a_mistake_of_ours(url: str) -> None:
    """Sources check the settings they make addresses of; this is the last door before a token leaves."""
    with pytest.raises(ValueError, match="https alone"):
        shop().get(url, {"Authorization": f"Bearer {TOKEN}"})


@pytest.mark.parametrize("token", ["line\nfeed", "café", "\ud800"])
def test_a_token_that_no_header_can_carry_is_named(serve: Serve, token: str) -> None:
    """Pasted with a line's end or an accent, it would fail for ever: the connection is at fault."""
    server = serve(http(200, {}))

    with pytest.raises(InvalidConnection, match=r"^shop_token: ") as caught:
        shop().get(server.url, {"Authorization": f"Bearer {token}"})

    assert token not in str(caught.value)
    assert server.requests == []


# --- with the sources whose webhooks only name the order -------------------------------------------


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("bigcommerce", "api_url"),
        ("prestashop", "shop_url"),
        ("square", "api_url"),
        ("squarespace", "api_url"),
    ],
)
def test_a_source_gets_its_order_over_http(name: str, setting: str) -> None:
    """Every sample of a thin source goes the whole way, with the real client against a real server."""
    samples, source = Samples(name), sources.get(name)

    def answer(request: Request) -> bytes:
        body = samples.answers.get(request.path)
        return http(404, {}) if body is None else http(200, body)

    with FakeServer(answer) as server:
        options = Options(samples.options.fields, {**samples.options.settings, setting: server.url})
        found = {
            sample: _outcome(source, samples.body(sample), topic, options)
            for sample, (topic, _) in samples.expected.items()
        }

    assert {sample: expect for sample, (_, expect) in samples.expected.items()} == found


def _outcome(source: sources.Source, body: bytes, topic: str, options: Options) -> str:
    identified = source.identify(sending.push(body, {}), options)
    if isinstance(identified, Ignored):
        return f"ignored: {identified.reason}"
    payload = source.fetch(Payload(body, topic, sending.RECEIVED_AT), options, shop())
    parsed = source.parse(payload, options)
    return "delivery" if isinstance(parsed, Order) else f"ignored: {parsed.reason}"
