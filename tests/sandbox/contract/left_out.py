"""What is not asked of an instance that people work with, and why: counted, and told at the end."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from tests.sandbox.contract.instance import Instance
from tests.sandbox.contract.recordings import Exchange

LISTED_ANEW = 3  # of the 35 deliveries of the recorded listing
_NARROW = "%5Bbefore%5D="  # listings of a day that has few deliveries but ours


@dataclass(frozen=True)
class LeftOut:
    """A reason, and the exchanges it is for."""

    why: str
    is_one: Callable[[Exchange, Instance], bool]


def _sends(exchange: Exchange, pattern: str) -> bool:
    return re.search(pattern, json.dumps(exchange.body, ensure_ascii=False)) is not None


def _path(exchange: Exchange, pattern: str) -> bool:
    return re.search(pattern, exchange.path) is not None


def _is_listing(exchange: Exchange) -> bool:
    return exchange.status == 200 and _path(exchange, r"^/api/stores/\d+/deliveries")


REASONS: tuple[LeftOut, ...] = (
    LeftOut("needs another store's client", lambda each, _: "acme2" in each.who),
    LeftOut(
        "needs a second store",
        lambda each, _: _path(each, "^/api/stores/2") or _sends(each, "/api/stores/2"),
    ),
    LeftOut(
        "needs a courier of the recorded instance",
        lambda each, _: each.file == "courier" or _path(each, "assign$"),
    ),
    LeftOut("needs an administrator to take access away", lambda each, _: each.file == "refused_access"),
    LeftOut(
        "would book all 35 deliveries of the recorded listing",
        lambda each, _: each.file == "listing" and each.setup and each.line > LISTED_ANEW + 1,
    ),
    LeftOut(
        "lists the store's other deliveries first",
        lambda each, _: _is_listing(each) and (each.members is None or not _path(each, _NARROW)),
    ),
    LeftOut(
        "hangs on the packages of the recorded store",
        lambda each, _: each.file == "create_goods" and _sends(each, '"packages"'),
    ),
    LeftOut("hangs on the tags of the recorded instance", lambda each, _: _sends(each, '"tags": [^n]')),
    LeftOut(
        "hangs on the prices of the recorded store",
        lambda each, _: each.status in {200, 400} and _path(each, "retail") and not _sends(each, "telephone"),
    ),
    LeftOut(
        "hangs on the settings, slots and orders of the recorded store",
        lambda each, _: (
            _path(each, r"^/api/(stores/1$|stores/1/addresses$|orders/1$|time_slots/(1|choices))")
            or _sends(each, "timeSlotUrl")
        ),
    ),
    LeftOut("hangs on the scopes that the recorded client has", lambda each, _: _sends(each, "scope=orders")),
    LeftOut("would leave a quote behind", lambda each, _: _path(each, "quotes")),
    LeftOut(
        "would register a webhook, and while one fails those after it get nothing",
        lambda each, _: each.file == "webhooks" and each.status not in {400, 405},
    ),
    LeftOut("would give a courier the delivery", lambda each, _: _sends(each, '"assignedTo"')),
    LeftOut("could make an order that repeats itself", lambda each, _: _sends(each, '"rrule"')),
    LeftOut(
        "would leave a delivery behind that no answer names",
        lambda each, _: _sends(each, '"paymentMethod"'),
    ),
    LeftOut(
        "writes phone numbers as France does",
        lambda each, ours: ours.country != "fr" and _sends(each, r'"telephone": "[^+"]*\d'),
    ),
    LeftOut(
        "lies in a night in which the clocks of Paris change",
        lambda each, ours: _sends(each, "2027-03-28|2027-10-31") and not ours.changes_its_clocks_with_paris(),
    ),
)


def why_left_out(exchange: Exchange, instance: Instance) -> str | None:
    """Return why an exchange is not asked, or None."""
    return next((each.why for each in REASONS if each.is_one(exchange, instance)), None)


class Otherwise:
    """Which deliveries of a recording stand otherwise here, because a step that changed them was left out."""

    WHY = "asks about what stands otherwise, for a step before was left out"

    def __init__(self) -> None:
        self._delivery_of: dict[str, str] = {}
        self._deliveries: set[str] = set()

    def why(self, exchange: Exchange) -> str | None:
        """Return why an exchange is not asked, or None."""
        self._learn(exchange)
        return self.WHY if self._asked_about(exchange) & self._deliveries else None

    def leave_out(self, exchange: Exchange) -> None:
        """Remember what a step would have changed that is left out."""
        self._learn(exchange)
        if exchange.method != "GET" and exchange.status < 300:
            self._deliveries |= self._asked_about(exchange)

    def _learn(self, exchange: Exchange) -> None:
        answer = exchange.answer
        if isinstance(answer, dict) and "tasks" in answer and "@id" in answer:
            tasks = [str(each.get("@id")) for each in answer["tasks"]]
            self._delivery_of.update(dict.fromkeys(tasks, str(answer["@id"])))

    def _asked_about(self, exchange: Exchange) -> set[str]:
        found = re.match(r"/api/(?:deliveries|tasks)/\d+(?!\d)", exchange.path)
        return {self._delivery_of.get(found[0], found[0])} if found else set()
