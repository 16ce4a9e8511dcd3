"""Answers of a shop's API that were written down, for a webhook that only names its order."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from bridge.errors import ShopRejected


class RecordedShop:
    """Answers by path and query; what was not written down is ``missing``, and refused as a shop would."""

    token = "recorded"  # no secret: nobody checks it

    def __init__(self, answers: Mapping[str, bytes]) -> None:
        self._answers = answers
        self.missing: list[str] = []

    def get(self, url: str, headers: Mapping[str, str]) -> bytes:
        """Return the answer to an address.

        Raises:
            ShopRejected: none was written down.
        """
        del headers
        parts = urlsplit(url)
        route = f"{parts.path}?{parts.query}" if parts.query else parts.path
        if route not in self._answers:
            self.missing.append(route)
            raise ShopRejected(404)
        return self._answers[route]
