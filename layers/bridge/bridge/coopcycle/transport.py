"""One HTTP request to an instance; answers the question that decides what a failure means: was it sent.

Used by :mod:`bridge.coopcycle.client` and :mod:`bridge.coopcycle.token`, which turn the two failures below
into the taxonomy of :mod:`bridge.errors`. Retries nothing, follows no redirect, always checks
certificates, always sets both timeouts, and no error text holds anything of the request.
"""

from __future__ import annotations

import email.utils
import json
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import (
    ClosedPoolError,
    ConnectTimeoutError,
    HTTPError,
    MaxRetryError,
    NewConnectionError,
)

from bridge.errors import InvalidConnection
from bridge.http_hosts import is_encrypted_or_local

RETRY_AFTER_LIMIT_SECONDS = 3600.0  # a proxy that asks for a year must not park an order for one

_HEADERS = {
    "User-Agent": "coopcycle-bridge",
    # A connection that idled while its Lambda was frozen breaks at the next request, and a change
    # that breaks that way is an unknown outcome. So each request has a connection of its own.
    "Connection": "close",
}


class NeverSent(Exception):  # a finding, caught by the two callers
    """The request certainly did not reach the instance: DNS, refused, connect timeout, TLS handshake."""


class NoAnswer(Exception):  # likewise
    """The request may have reached the instance, and no whole answer came back."""


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
        """The host that a redirect points to; empty without one."""
        try:
            return urlsplit(self.headers.get("Location", "")).hostname or ""
        except ValueError:
            return ""

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


def new_session() -> requests.Session:
    """Return a session that keeps no cookies and can tell a failed TLS handshake from a cut answer."""
    session = requests.Session()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    session.mount("https://", _Adapter())
    return session


class Transport:
    """Requests to one instance; timeouts in seconds."""

    def __init__(
        self,
        base_url: str,
        session: requests.Session | None,
        *,
        connect_timeout_seconds: float,
        read_timeout_seconds: float,
    ) -> None:
        self._base_url = check_base_url("base_url", base_url)
        self._session = session if session is not None else new_session()
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
        try:
            response = self._session.request(
                method,
                self._base_url + path,
                params=params,
                data=data,
                headers={**_HEADERS, **headers},
                auth=auth,  # always one of ours: without any, requests would look into a .netrc
                timeout=self._timeout,
                allow_redirects=False,
                verify=True,
            )
            return Answer(response.status_code, response.headers, response.content)
        except requests.RequestException as error:
            if (reason := _why_never_sent(error)) is not None:
                raise NeverSent(reason) from error
            raise NoAnswer("no whole answer") from error
        except (HTTPError, ValueError) as error:  # an unreadable redirect target, say
            raise NoAnswer("no readable answer") from error


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


class _Connection(HTTPSConnection):
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


class _Pool(HTTPSConnectionPool):
    ConnectionCls = _Connection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: object, **kwargs: object) -> None:
        super().init_poolmanager(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they came
        self.poolmanager.pool_classes_by_scheme = {"http": HTTPConnectionPool, "https": _Pool}
