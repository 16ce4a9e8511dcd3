"""The sender's own API, asked by the worker for an order that a webhook only names.

Requests are sent once; the queue is what repeats them. No error text holds an address, a body or a token.
An order that is not there (404) is parked like any other refusal: none of the senders forgets an order that
it has just told us of, so it means the token of another shop, and ignoring it would lose the order.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

from bridge.coopcycle.transport import ANSWER_SECONDS, Answer, new_session, read_body
from bridge.errors import InvalidConnection, ShopRejected, ShopUnavailable
from bridge.http_hosts import is_encrypted_or_local

LARGEST_ANSWER_BYTES = 6 * 1024 * 1024


class ShopApi:
    """Implements :class:`bridge.sources.Shop` with ``requests``; timeouts and clock in seconds.

    ``answer_seconds`` bounds the whole answer, as for CoopCycle's (:mod:`bridge.coopcycle.transport`).
    """

    def __init__(
        self,
        token: str,
        *,
        connect_timeout_seconds: float = 3,
        read_timeout_seconds: float = 8,
        answer_seconds: float = ANSWER_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.token = token
        self._timeout = (connect_timeout_seconds, read_timeout_seconds)
        self._answer_seconds = answer_seconds
        self._clock = clock

    def get(self, url: str, headers: Mapping[str, str]) -> bytes:
        """Return the body of a 2xx answer.

        Raises:
            ShopUnavailable: no usable answer, 408, 429 or 5xx; carries ``Retry-After`` in seconds.
            ShopRejected: any other status, a redirect among them: a token travels to no other address.
            InvalidConnection: a token that no header can carry.
            ValueError: an address that is not https (plain http is for this machine alone).

        """
        parts = urlsplit(url)
        if not is_encrypted_or_local(parts):
            raise ValueError("a shop's API is asked over https alone")
        if not all(value.isascii() and value.isprintable() for value in headers.values()):
            raise InvalidConnection(["shop_token: holds a character that no token has, apply it again"])
        answer = self._ask(url, headers)
        if answer.status in (408, 429) or answer.status >= 500:
            raise ShopUnavailable(
                f"the shop's API answered {answer.status}",
                retry_after_seconds=answer.retry_after_seconds(self._clock()),
            )
        if not 200 <= answer.status < 300:
            raise ShopRejected(answer.status)
        return answer.body

    def _ask(self, url: str, headers: Mapping[str, str]) -> Answer:
        try:
            with (
                new_session(self._answer_seconds) as session,
                session.get(
                    url,
                    headers={"User-Agent": "coopcycle-bridge", **headers},
                    auth=_AsGiven(),
                    timeout=self._timeout,
                    allow_redirects=False,
                    stream=True,
                ) as response,
            ):
                body = read_body(response, LARGEST_ANSWER_BYTES)
        except (requests.RequestException, HTTPError, OSError) as error:  # OSError: reset, or out of time
            raise ShopUnavailable("the shop's API gave no answer") from error
        if body is None and 200 <= response.status_code < 300:
            raise ShopRejected(response.status_code)
        return Answer(response.status_code, response.headers, body or b"")


class _AsGiven(AuthBase):
    """Adds nothing: without any, requests would look into a .netrc."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request
