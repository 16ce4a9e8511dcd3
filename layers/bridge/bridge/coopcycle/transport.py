"""One HTTP request to an instance; answers the question that decides what a failure means: was it sent.

Used by :mod:`bridge.coopcycle.client` and :mod:`bridge.coopcycle.token`, which turn the two failures below
into the taxonomy of :mod:`bridge.errors`. Retries nothing, follows no redirect, always checks
certificates, and no error text holds anything of the request.

Time and size are bounded for the answer as a whole: the timeout of a socket is one per packet, so a server
that sends a byte every few seconds would hold a batch of orders for ever.
"""

from __future__ import annotations

import email.utils
import http.client
import io
import json
import re
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import (
    ClosedPoolError,
    ConnectTimeoutError,
    HTTPError,
    MaxRetryError,
    NewConnectionError,
)
from urllib3.poolmanager import PoolManager

from bridge.errors import InvalidConnection
from bridge.http_hosts import is_encrypted_or_local

ANSWER_SECONDS = (
    12.0  # from the request to the last byte; a listing of thirty deliveries takes 2.3 (recorded)
)
LARGEST_ANSWER_BYTES = 10 * 1024 * 1024
_CHUNK_BYTES = 64 * 1024
RETRY_AFTER_LIMIT_SECONDS = 3600.0  # a proxy that asks for a year must not park an order for one

_HOST = re.compile(r"[\w.:-]{1,253}")  # as DNS has room for
_HEADERS = {"User-Agent": "coopcycle-bridge"}

# A connection that idled while its Lambda was frozen, or for longer than the server keeps it (Apache's
# KeepAliveTimeout: 5 s; nginx's keepalive_timeout: 75 s), breaks at the next request, and a change whose
# request breaks is an unknown outcome. So one is used again only at once, as the orders of a burst do; by the
# wall clock, which goes on while the environment is frozen.
KEPT_SECONDS = 2.0


class NeverSent(Exception):  # a finding, caught by the two callers
    """The request certainly did not reach the instance: DNS, refused, connect timeout, TLS handshake."""


class NoAnswer(Exception):  # likewise
    """The request may have reached the instance, and no whole answer came back in time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole HTTP answer; the body is never part of a text."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    def json(self) -> object:
        """Return the body read as JSON.

        Raises:
            ValueError: it is not JSON, or nested beyond reason.

        """
        try:
            return json.loads(self.body)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error

    @property
    def location_host(self) -> str:
        """The host that a redirect points to; empty without one that can be shown."""
        try:
            host = urlsplit(self.headers.get("Location", "")).hostname or ""
        except ValueError:
            return ""
        return host if _HOST.fullmatch(host) else ""

    def retry_after_seconds(self, now: float) -> float | None:
        """Return ``Retry-After`` as seconds from ``now`` (epoch seconds), an hour at most.

        It is a number of seconds or an HTTP date (RFC 9110, section 10.2.3); anything else is ``None``.
        """
        text = self.headers.get("Retry-After", "").strip()
        if text.isascii() and text.isdigit():
            return min(float(text[:10]), RETRY_AFTER_LIMIT_SECONDS)
        try:
            moment = email.utils.parsedate_to_datetime(text).timestamp()
        except (ValueError, TypeError, IndexError, OverflowError, OSError):
            return None
        return min(max(moment - now, 0.0), RETRY_AFTER_LIMIT_SECONDS)


def check_base_url(key: str, url: str) -> str:
    """Return an instance's address without its final slash.

    Raises:
        ValueError: not https (plain http is for this machine alone), or more than scheme, host and
            port; names ``key`` and never quotes the address, which may hold a password.

    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"{key}: not an address") from error
    if not host or parts.scheme not in ("http", "https") or any(c.isspace() for c in url):
        raise ValueError(f'{key}: must be an address such as "https://acme.coopcycle.org"')
    if parts.username is not None or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError(f"{key}: must be the instance's address alone, without user, path or query")
    if not is_encrypted_or_local(parts):
        raise ValueError(f"{key}: must begin with https://; plain http is for 127.0.0.1 alone")
    return f"{parts.scheme}://{parts.netloc}"


def moved(answer: Answer) -> InvalidConnection:
    """Return the error of a permanent redirect; none is followed, a token travels to no other address."""
    target = f" to {answer.location_host}" if answer.location_host else ""
    return InvalidConnection(
        [f"coopcycle.url: the instance answers {answer.status}, it has moved{target}; use its new address"]
    )


class Bearer(AuthBase):
    """Sends a token."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the header."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class NoAuth(AuthBase):
    """Sends no Authorization at all, not even one from a .netrc."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add nothing."""
        return request


def new_session(answer_seconds: float = ANSWER_SECONDS) -> requests.Session:
    """Return a session that keeps no cookies and can tell a failed TLS handshake from a cut answer.

    An answer whose last byte has not come after ``answer_seconds`` breaks off as a read that timed out.
    """
    session = requests.Session()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    for scheme in ("https://", "http://"):
        session.mount(scheme, _Adapter(answer_seconds))
    return session


def read_body(response: requests.Response, limit: int = LARGEST_ANSWER_BYTES) -> bytes | None:
    """Return the body of a response asked for as a stream; ``None`` when it is larger than ``limit``.

    Raises:
        requests.RequestException: it was cut off, or is not what its ``Content-Encoding`` says.

    """
    body = bytearray()
    for chunk in response.iter_content(_CHUNK_BYTES):
        body += chunk
        if len(body) > limit:
            return None
    return bytes(body)


class Transport:
    """Requests to one instance; timeouts in seconds, ``answer_seconds`` for all of an answer.

    ``took`` is told how long each request took, in seconds, whatever came of it.
    """

    def __init__(
        self,
        base_url: str,
        session: requests.Session | None,
        *,
        connect_timeout_seconds: float,
        read_timeout_seconds: float,
        answer_seconds: float = ANSWER_SECONDS,
        took: Callable[[float], None] | None = None,
    ) -> None:
        self._took = took
        self._base_url = check_base_url("base_url", base_url)
        self._session = session if session is not None else new_session(answer_seconds)
        self._timeout = (connect_timeout_seconds, read_timeout_seconds)

    def close(self) -> None:
        """Close the session."""
        self._session.close()

    def send(
        self,
        method: str,
        path: str,
        *,
        auth: AuthBase | Callable[[requests.PreparedRequest], requests.PreparedRequest],
        headers: Mapping[str, str],
        params: Mapping[str, str] | None = None,
        data: bytes | Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request and return the whole answer, whatever its status.

        Raises:
            NeverSent: it certainly was not processed.
            NoAnswer: it may have been.

        """
        begun = time.monotonic()
        try:
            with self._session.request(
                method,
                self._base_url + path,
                params=params,
                data=data,
                headers={**_HEADERS, **headers},
                auth=auth,  # always one of ours: without any, requests would look into a .netrc
                timeout=self._timeout,
                allow_redirects=False,
                verify=True,
                stream=True,
            ) as response:
                body = read_body(response)
        except requests.RequestException as error:
            if (reason := _why_never_sent(error)) is not None:
                raise NeverSent(reason) from error
            raise NoAnswer("no whole answer") from error
        except (HTTPError, OSError, ValueError) as error:  # an unreadable redirect target, say
            raise NoAnswer("no readable answer") from error
        finally:
            if self._took is not None:
                self._took(time.monotonic() - begun)
        if body is None:
            raise NoAnswer(f"an answer of more than {LARGEST_ANSWER_BYTES} bytes")
        return Answer(response.status_code, response.headers, body)


def _why_never_sent(error: requests.RequestException) -> str | None:
    """Return why a request never left, or ``None`` when it may have; looks at types, never at texts."""
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy could not be reached"
    if isinstance(error, requests.exceptions.InvalidURL):
        return "no such address"
    inner: object = error.args[0] if error.args else None
    if isinstance(inner, MaxRetryError):
        inner = inner.reason
    certificate = _certificate_error(inner)
    if certificate is not None:
        return f"its certificate was not accepted ({certificate.verify_message})"
    if isinstance(inner, NewConnectionError | ConnectTimeoutError):  # DNS is a NewConnectionError too
        return "it could not be reached"
    if isinstance(inner, ClosedPoolError):
        return "the connection was closed before use"
    return None


def _certificate_error(error: object) -> ssl.SSLCertVerificationError | None:
    """Return the refused certificate at the bottom of an exception, if that is what it is."""
    for _ in range(5):
        if isinstance(error, ssl.SSLCertVerificationError):
            return error
        if not isinstance(error, BaseException):
            return None
        error = error.__cause__ if error.__cause__ is not None else next(iter(error.args), None)
    return None


class _Deadline(io.RawIOBase):
    """What is read of a socket until a moment of the monotonic clock; after it every read times out."""

    def __init__(self, sock: socket.socket, until: float) -> None:
        self._sock = sock
        self._per_packet = sock.gettimeout()
        self._until = until
        self._file = sock.makefile("rb", buffering=0)  # keeps the socket open while the answer is read

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the whole answer took too long")
        self._sock.settimeout(left if self._per_packet is None else min(left, self._per_packet))
        return self._file.readinto(buffer)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


def _bounded_answer(
    connection: _BoundedAnswer, sock: socket.socket, *args: Any, **kwargs: Any
) -> http.client.HTTPResponse:
    answer = http.client.HTTPResponse(sock, *args, **kwargs)
    answer.fp.close()
    answer.fp = io.BufferedReader(_Deadline(sock, time.monotonic() + connection.answer_seconds))
    return answer


class _BoundedAnswer:
    """Gives a connection answers that end in time; ``answer_seconds`` is set by the adapter."""

    answer_seconds = ANSWER_SECONDS
    response_class: Any = _bounded_answer  # with which http.client begins an answer: the request was sent


class _PlainConnection(_BoundedAnswer, HTTPConnection):
    pass


class _Connection(_BoundedAnswer, HTTPSConnection):
    """Says of a failed TLS handshake what it is: a connection that was never made.

    urllib3 reports it as a read timeout, a reset or an SSL error, which are just what it reports when
    the connection is cut after the request was sent.
    """

    def connect(self) -> None:
        try:
            super().connect()
        except (NewConnectionError, ConnectTimeoutError):
            raise
        except (OSError, HTTPError, ValueError) as error:  # ssl.SSLError is an OSError
            raise NewConnectionError(self, "TLS handshake failed") from error


class _ShortlyKept:
    """Gives a pool connections that are used again within ``KEPT_SECONDS``, or else made anew."""

    def _put_conn(self, conn: Any) -> None:
        if conn is not None:
            conn.idle_since = time.time()
        super()._put_conn(conn)  # type: ignore[misc]  # of urllib3's pool

    def _get_conn(self, timeout: float | None = None) -> Any:
        conn = super()._get_conn(timeout)  # type: ignore[misc]  # likewise
        if not 0 <= time.time() - getattr(conn, "idle_since", 0) <= KEPT_SECONDS:
            conn.close()  # it connects again by itself
        return conn


class _Adapter(HTTPAdapter):
    def __init__(self, answer_seconds: float) -> None:
        self._answer_seconds = answer_seconds
        super().__init__()

    def init_poolmanager(self, *args: object, **kwargs: object) -> None:
        super().init_poolmanager(*args, **kwargs)  # type: ignore[arg-type]  # as they came
        self._use_our_connections(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: object) -> PoolManager:
        manager: PoolManager = super().proxy_manager_for(proxy, **kwargs)
        self._use_our_connections(manager)
        return manager

    def _use_our_connections(self, manager: PoolManager) -> None:
        bound = {"answer_seconds": self._answer_seconds}
        plain, tls = type("_Plain", (_PlainConnection,), bound), type("_Tls", (_Connection,), bound)
        manager.pool_classes_by_scheme = {
            "http": type("_PlainPool", (_ShortlyKept, HTTPConnectionPool), {"ConnectionCls": plain}),
            "https": type("_TlsPool", (_ShortlyKept, HTTPSConnectionPool), {"ConnectionCls": tls}),
        }
