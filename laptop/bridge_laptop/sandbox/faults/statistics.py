"""Counting: which requests came, and how each was answered."""

from __future__ import annotations

import re
import threading

_NUMBER = re.compile(r"/\d+(?=/|$)")
_KINDS = (
    ("create", re.compile(r"^POST /api/deliveries$")),
    ("token", re.compile(r"^POST /oauth2/token$")),
    ("change", re.compile(r"^(PUT|DELETE) /api/deliveries/\d+$")),
    ("list", re.compile(r"^GET /api/stores/\d+/deliveries$")),
    ("price", re.compile(r"^POST /api/(retail_prices/calculate|deliveries/quotes|deliveries/assert)$")),
    ("read", re.compile(r"^GET ")),
)


def kind_of(method: str, path: str) -> str:
    """Return which kind of request this is, in the words a fault's `on` uses."""
    line = f"{method} {path}"
    return next((kind for kind, form in _KINDS if form.match(line)), "other")


class Statistics:
    """Requests by route: how many came (`total`), and how many ended with each status, `reset` or `close`.

    Beside them, how many requests each fault has hit, by its mode and the kind of request.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: dict[str, dict[str, int]] = {}
        self._hits: dict[str, int] = {}

    def reset(self) -> None:
        """Start again at nothing."""
        with self._lock:
            self._requests = {}
            self._hits = {}

    def arrived(self, method: str, path: str) -> None:
        """Count a request that has come in whole."""
        self._add(method, path, "total")

    def answered(self, method: str, path: str, outcome: str) -> None:
        """Count how a request ended."""
        self._add(method, path, outcome)

    def _add(self, method: str, path: str, what: str) -> None:
        route = f"{method} {_NUMBER.sub('/{id}', path)}"
        with self._lock:
            counts = self._requests.setdefault(route, {})
            counts[what] = counts.get(what, 0) + 1

    def hit(self, fault: str) -> None:
        """Count a request that a fault has hit."""
        with self._lock:
            self._hits[fault] = self._hits.get(fault, 0) + 1

    def hits(self) -> dict[str, int]:
        """Return how many requests each fault has hit."""
        with self._lock:
            return dict(self._hits)

    def requests(self) -> dict[str, dict[str, int]]:
        """Return the counts so far."""
        with self._lock:
            return {route: dict(counts) for route, counts in self._requests.items()}

    def total(self, route: str) -> int:
        """Return how many requests came to a route."""
        return self.requests().get(route, {}).get("total", 0)
