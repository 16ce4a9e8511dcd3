"""The sender's own API, asked by the worker for an order that a webhook only names.

Requests are sent once; the queue is what repeats them. No error text holds an address, a body or a token.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from bridge.coopcycle.transport import LOCAL_HOSTS, new_session
from bridge.errors import ShopRejected, ShopUnavailable

LARGEST_ANSWER_BYTES = 6 * 1024 * 1024


class ShopApi:
    """Implements :class:`bridge.sources.Shop` with ``requests``; timeouts in seconds."""

    def __init__(
        self, token: str, *, connect_timeout_seconds: float = 3, read_timeout_seconds: float = 8
    ) -> None:
        self.token = token
        self._timeout = (connect_timeout_seconds, read_timeout_seconds)

    def get(self, url: str, headers: Mapping[str, str]) -> bytes:
        """Return the body of a 2xx answer.

        Raises:
            ShopUnavailable: no usable answer, 408, 429 or 5xx; carries ``Retry-After`` in seconds.
            ShopRejected: any other status, a redirect among them: a token travels to no other address.
            ValueError: an address that is not https (plain http is for this machine alone).

        """
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOCAL_HOSTS):
            raise ValueError("a shop's API is asked over https alone")
        try:
            with (
                new_session() as session,
                session.get(
                    url,
                    headers={"User-Agent": "coopcycle-bridge", **headers},
                    auth=_AsGiven(),
                    timeout=self._timeout,
                    allow_redirects=False,
                    stream=True,
                ) as answer,
            ):
                body = answer.raw.read(LARGEST_ANSWER_BYTES + 1, decode_content=True)
                status, retry_after = answer.status_code, answer.headers.get("Retry-After", "")
        except (requests.RequestException, OSError) as error:
            raise ShopUnavailable("the shop's API gave no answer") from error
        if status in (408, 429) or status >= 500:
            seconds = min(float(retry_after[:10]), 3600.0) if retry_after.isdecimal() else None
            raise ShopUnavailable(f"the shop's API answered {status}", retry_after_seconds=seconds)
        if not 200 <= status < 300 or len(body) > LARGEST_ANSWER_BYTES:
            raise ShopRejected(status)
        return bytes(body)


class _AsGiven(AuthBase):
    """Adds nothing: without any, requests would look into a .netrc."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request
