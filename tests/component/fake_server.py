"""A server on a real socket that misbehaves on demand, one request per connection."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import TracebackType


class Fault(Enum):
    """What may happen after a whole request was received, instead of an answer."""

    RESET = "reset"  # RST
    HANG_UP = "hang_up"  # FIN without a byte
    SILENCE = "silence"  # nothing until the server stops


@dataclass(frozen=True)
class Drip:
    """An answer that is whole in the end: ``at_once`` bytes, then one after the other, each after a pause."""

    answer: bytes
    at_once: int = 0
    pause_seconds: float = 0.01


@dataclass(frozen=True)
class Request:
    """A received request; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


def http(
    status: int, body: object = None, *, headers: Mapping[str, str] | None = None, cut: int = 0
) -> bytes:
    """Return an answer as bytes; ``cut`` leaves that many bytes out at the end."""
    data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(data)}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    whole = "\r\n".join([*lines, "", ""]).encode() + data
    return whole[: len(whole) - cut]


class FakeServer:
    """Answers each request with what ``answer`` makes of it; keeps what it received."""

    def __init__(
        self, answer: Callable[[Request], bytes | Fault | Drip], *, certificate: tuple[str, str] | None = None
    ) -> None:
        self.answer = answer
        self.requests: list[Request] = []
        self._tls: ssl.SSLContext | None = None
        if certificate is not None:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(*certificate)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        scheme = "http" if certificate is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}"
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> FakeServer:
        acceptor = threading.Thread(target=self._accept)
        self._threads.append(acceptor)
        acceptor.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join()
        self._listener.close()

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, raw: socket.socket) -> None:
        with raw:
            raw.settimeout(5)
            try:
                connection = self._tls.wrap_socket(raw, server_side=True) if self._tls else raw
                with connection:
                    request = _receive(connection)
                    if request is None:
                        return
                    self.requests.append(request)
                    self._respond(connection, self.answer(request))
            except OSError:
                return  # the client went away, which is what some tests are about

    def _respond(self, connection: socket.socket, answer: bytes | Fault | Drip) -> None:
        if isinstance(answer, bytes):
            connection.sendall(answer)
        elif isinstance(answer, Drip):
            connection.sendall(answer.answer[: answer.at_once])
            for byte in answer.answer[answer.at_once :]:
                if self._stopped.wait(answer.pause_seconds):
                    return
                connection.sendall(bytes([byte]))
        elif answer is Fault.SILENCE:
            self._stopped.wait()
        elif answer is Fault.RESET:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _receive(connection: socket.socket) -> Request | None:
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            return None
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65536)
    method, path, _ = first.split(" ")
    return Request(method, path, headers, body)
