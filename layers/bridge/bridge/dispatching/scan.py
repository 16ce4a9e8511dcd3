"""Finding an order's deliveries where a page of CoopCycle's listing is not enough.

The listing of a store shows one page of thirty and cannot show the next (recorded: listing, "GET …?page=2",
"GET …?page%5B%5D=2"). When the store got more than that since a
POST whose outcome is unknown, the rest is looked at one by one, by number: CoopCycle numbers deliveries as
it makes them. What a number stands for never changes, so each is asked for once and remembered; of orders
that are in doubt together, the first pays for all. Knows no AWS.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bridge.errors import AccessDenied, CoopCycleRejected, CoopCycleUnavailable, RetryableError
from bridge.model import Receipt

ASKED_AT_ONCE = 100  # deliveries asked for on behalf of one message; the next try goes on from there
ASKING_TIME = timedelta(seconds=20)  # of the worker's 60: at its timeout a function forgets all
FAILURES_AT_ONCE = 5
REMEMBERED = 20_000


class Reader(Protocol):
    """What is asked of one instance, as :class:`bridge.coopcycle.client.CoopCycleClient` does it."""

    def get_delivery(self, iri: str) -> Receipt:
        """GET the delivery."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What a number stands for, and when it was made; neither ever changes."""

    reference: str
    created_at: datetime | None


_ANOTHERS = _Known("", None)  # of another store


class Crowd:
    """What is known of stores' deliveries in this environment; threads may share it."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[tuple[str, int], _Known] = {}

    def older_than_listed(
        self, coopcycle: Reader, store: str, listed: Iterable[Receipt], *, reference: str, since: datetime
    ) -> list[Receipt]:
        """Return the order's deliveries made between ``since`` and the oldest of the newest page.

        ``listed`` is that page; ``store`` names instance and store.

        Raises:
            CoopCycleUnavailable: not all could be looked at this time.

        """
        page = self._remember_page(store, listed)
        found: list[Receipt] = []
        asked = failed = 0
        until = self._clock() + ASKING_TIME
        # from the newest, not from the oldest of the page: those made in the same second have no order
        for number in range(max(delivery_number(each.delivery_iri) for each in page), 0, -1):
            known = self._known.get((store, number))
            if known is None:
                if asked == ASKED_AT_ONCE or failed == FAILURES_AT_ONCE or self._clock() >= until:
                    raise _not_sure()
                asked += 1
                try:
                    known = self._ask(coopcycle, store, number)
                except RetryableError:
                    failed += 1
                    continue
            if known.reference == reference:
                found.append(coopcycle.get_delivery(_iri(number)))
            if known.created_at is not None and known.created_at < since:
                break
        if failed:
            raise _not_sure()
        return found

    def _remember_page(self, store: str, listed: Iterable[Receipt]) -> list[Receipt]:
        page = list(listed)
        for receipt in page:
            self._remember(store, delivery_number(receipt.delivery_iri), _known(receipt))
        return page

    def _ask(self, coopcycle: Reader, store: str, number: int) -> _Known:
        try:
            known = _known(coopcycle.get_delivery(_iri(number)))
        except AccessDenied:  # CoopCycle's own word; a firewall's 403 says nothing of whose it is
            known = _ANOTHERS
        except CoopCycleRejected as error:
            if error.status != 404:
                raise
            return _ANOTHERS  # a gap; not remembered, for it may be a number that is not committed yet
        self._remember(store, number, known)
        return known

    def _remember(self, store: str, number: int, known: _Known) -> None:
        with self._lock:
            self._known[store, number] = known
            while len(self._known) > REMEMBERED:
                del self._known[next(iter(self._known))]


def _not_sure() -> CoopCycleUnavailable:
    return CoopCycleUnavailable("more deliveries in this window than could be looked at; nothing is posted")


def delivery_number(iri: str) -> int:
    """Return the number of "/api/deliveries/42"; 0 where there is none."""
    tail = iri.rsplit("/", 1)[-1]
    return int(tail) if tail.isdigit() else 0


def _iri(number: int) -> str:
    return f"/api/deliveries/{number}"


def _known(receipt: Receipt) -> _Known:
    return _Known(receipt.bridge_ref, receipt.created_at)
