"""What another instance is like, and how a recorded exchange becomes one of its own.

Requests keep the shapes that they have on a wall clock: 10:00 in Paris is asked as 10:00 of the instance.
Days lie in the future, except for those that are meant to lie in the past or far ahead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.sandbox.contract.kinds import ISO_TIME, Kind, is_text, is_whole, member_of
from tests.sandbox.contract.recordings import Exchange
from tests.sandbox.contract.replay import DEFAULT_SCOPE

RECORDED_ZONE = ZoneInfo("Europe/Paris")
RECORDED_YEARS = (2026, 2027)  # days of other years are meant to be past, or far ahead
FIRST_DAY = (12, 1)  # of the recorded ones that are to come, two weeks early
RECORDED_LOCALE = "fr"
STORE_ADDRESS = "/api/addresses/1"
NOWHERE = 2_146_000_000  # where the recording has a number that it never handed out, such as 9999
_DAY = re.compile(r"(?<!\d)(20\d\d)-(\d\d)-(\d\d)(?!\d)")
_MOMENT = re.compile(r"\b(20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)")
_CLOCKS_CHANGE = {(3, 28), (10, 31)}  # of 2027: the last Sundays
_PACKAGES_LINE = re.compile(r"^\d+ × .*\n?", re.MULTILINE)


@dataclass(frozen=True)
class Instance:
    """What was asked of an instance before anything else."""

    zone: ZoneInfo
    country: str
    locale: str
    store: str  # its IRI
    store_address: dict[str, Any]
    scope: str
    today: date
    later_days: int = 0  # so many days more, for a day that no earlier run has filled

    @property
    def years(self) -> int:
        """How many years later than recorded the days have to lie, so that all of them are to come."""
        begun = (self.today.month, self.today.day) >= FIRST_DAY
        return max(0, self.today.year - RECORDED_YEARS[0] + begun)

    def day(self, recorded: date) -> date:
        """Return the day that stands for a recorded one."""
        if recorded.year not in RECORDED_YEARS:
            return recorded
        return self._in_our_year(recorded) + timedelta(days=self.later_days)

    def _in_our_year(self, recorded: date) -> date:
        if not self.years:
            return recorded
        year = recorded.year + self.years
        if (recorded.month, recorded.day) in _CLOCKS_CHANGE:
            last = date(year, recorded.month, 31)
            return last - timedelta(days=(last.weekday() + 1) % 7)
        return recorded.replace(year=year)

    def days(self, text: str) -> str:
        """Put the instance's days into a text."""
        return _DAY.sub(lambda found: self.day(date(*map(int, found.groups()))).isoformat(), text)

    def moments(self, text: str) -> str:
        """Put in days, and the moments at which the instance's clocks show what those of Paris showed."""

        def moved(found: re.Match[str]) -> str:
            wall = datetime.fromisoformat(found[1] + found[3]).astimezone(RECORDED_ZONE)
            day = self.day(wall.date())
            ours = datetime.combine(day, wall.time(), self.zone).replace(fold=wall.fold)
            shown = ours.astimezone(UTC) if found[3] == "Z" else ours
            offset = "Z" if found[3] == "Z" else shown.isoformat()[-6:]
            return shown.strftime("%Y-%m-%dT%H:%M:%S") + (found[2] or "") + offset

        moved_text, moments = _MOMENT.subn(moved, text)
        return moved_text if moments else self.days(text)

    def shown(self, text: str) -> str:
        """Put the instance's days and offset into a time of an answer."""
        if not ISO_TIME.fullmatch(text):
            return self.days(text)
        recorded = datetime.fromisoformat(text)
        wall = recorded.replace(tzinfo=None)
        if recorded.utcoffset() != RECORDED_ZONE.utcoffset(wall):
            return self.days(text)  # an offset that a client sent
        day = self.day(wall.date())
        return datetime.combine(day, wall.time(), self.zone).isoformat()

    def changes_its_clocks_with_paris(self) -> bool:
        """Say whether its clocks change in the nights that were recorded, and at the same hour."""
        noons = [datetime(2027, month, day, 12, tzinfo=UTC) for month, day in ((1, 15), (7, 15), (12, 15))]
        return all(self.zone.utcoffset(each) == RECORDED_ZONE.utcoffset(each) for each in noons)


@dataclass(frozen=True)
class Prepared:
    """An exchange as it is asked of an instance."""

    exchange: Exchange
    marked: bool = field(default=False)  # its dropoff carries our mark, by which it can be found again


def prepare(exchange: Exchange, instance: Instance, mark: str) -> Prepared:
    """Return the exchange with the instance's days, clock, store and locale, and with our mark."""
    body = _request(exchange.body, instance)
    body, marked = _marked(body, mark) if exchange.path == "/api/deliveries" else (body, False)
    ours = replace(
        exchange,
        path=_numbers_of_nobody(instance.days(exchange.path)),
        body=body,
        answer=_answer(exchange.answer, instance),
    )
    return Prepared(ours, marked)


def _request(value: Any, instance: Instance, name: str = "") -> Any:
    if isinstance(value, dict):
        return {
            key: _request(each, instance, key)
            for key, each in value.items()
            if key != "packages"  # they are the recorded store's
        }
    if isinstance(value, list):
        # The zone of an array is not reckoned with, so its wall clock is what it says.
        inner = "array" if name == "timeSlot" else name
        return [_request(each, instance, inner) for each in value]
    if isinstance(value, str):
        moved = instance.days(value) if name == "array" else instance.moments(value)
        moved = moved.replace(f"scope={DEFAULT_SCOPE.replace(' ', '+')}", f"scope={_plus(instance.scope)}")
        return _numbers_of_nobody(moved)
    return _number_of_nobody(value) if name == "id" else value


def _plus(scope: str) -> str:
    return scope.replace(" ", "+")


def _numbers_of_nobody(text: str) -> str:
    return re.sub(r"(/api/[a-z_]+/)(9{4,})(?!\d)", lambda found: f"{found[1]}{NOWHERE + int(found[2])}", text)


def _number_of_nobody(number: Any) -> Any:
    return NOWHERE + number if is_whole(number) and re.fullmatch("9{4,}", str(number)) else number


def _marked(body: Any, mark: str) -> tuple[Any, bool]:
    """Put our mark into the metadata of the last dropoff, where the exchange says nothing else of it."""
    if not isinstance(body, dict):
        return body, False
    if body.get("tasks") and isinstance(body["tasks"], list):
        *others, last = body["tasks"]
        task, marked = _task_marked(last, mark)
        return {**body, "tasks": [*others, task]}, marked
    task, marked = _task_marked(body.get("dropoff"), mark)
    return ({**body, "dropoff": task}, True) if marked else (body, False)


def _task_marked(task: Any, mark: str) -> tuple[Any, bool]:
    if not isinstance(task, dict) or not isinstance(task.get("metadata", {}), dict):
        return task, False
    return {**task, "metadata": {**task.get("metadata", {}), "contract_run": mark}}, True


def _answer(value: Any, instance: Instance, name: str = "") -> Any:
    if isinstance(value, dict):
        if value.get("@id") == STORE_ADDRESS:
            return {**value, **_of(instance.store_address, value)}
        return {key: _answer(each, instance, key) for key, each in value.items()}
    if isinstance(value, list):
        return [] if name == "packages" else [_answer(each, instance, name) for each in value]
    if isinstance(value, str):
        if name == "comments":
            return _PACKAGES_LINE.sub("", value).rstrip("\n") if "×" in value else value
        if name == "trackingUrl":
            return value.replace(f"/{RECORDED_LOCALE}/pub/", f"/{instance.locale}/pub/")
        return instance.shown(value)
    return value


def _of(address: dict[str, Any], recorded: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in address.items() if name in recorded and name != "@id"}


def _near(recorded: Any, ours: Any) -> bool:
    return isinstance(ours, int | float) and not isinstance(ours, bool) and abs(ours - recorded) < 0.02


SETTINGS = frozenset(
    {
        *("country", "locale", "split_terms_and_conditions_and_privacy_policy", "brand_name", "theme"),
        *("stripe_publishable_key", "payment_gateway", "mercadopago_publishable_key", "latlng"),
        *("currency_code", "administrator_email", "guest_checkout_enabled", "motto", "paygreen_public_key"),
        *("timezone", "phone_number", "average_preparation_time", "average_shipping_time"),
        *("order_confirm_message", "edenred_client_id", "edenred_authorization_endpoint"),
        *("name", "shop", "orgName"),  # its store's
    }
)
# Besides `kinds.KINDS`: what another instance knows better than the recordings.
OF_AN_INSTANCE: tuple[Kind, ...] = (
    Kind(
        "a time with an offset",
        lambda path, _: member_of(path) in {"createdAt", "updatedAt", "expiresAt"},
        lambda _, ours: isinstance(ours, str) and ISO_TIME.fullmatch(ours) is not None,
        "its clock is its own",
    ),
    Kind(
        "a whole number, not negative",
        lambda path, recorded: (
            member_of(path) in {"total", "taxTotal", "order_total", "hydra:totalItems"} and is_whole(recorded)
        ),
        lambda _, ours: is_whole(ours) and ours >= 0,
        "prices are its store's; a listing counts the store's other deliveries as well",
    ),
    Kind(
        "a text",
        lambda path, recorded: (
            member_of(path) in {"paymentGateway", "barcode", "url", "token"} and isinstance(recorded, str)
        ),
        lambda _, ours: is_text(ours),
        "its own payment gateway; barcodes hold the instance's number, and labels its secret",
    ),
    Kind(
        "a setting",
        lambda path, _: path.startswith(".") and path.count(".") == 1 and member_of(path) in SETTINGS,
        lambda _, ours: True,
        "settings are its administrators'; only that they are there is compared",
    ),
    Kind(
        "an address in that street",
        lambda path, recorded: member_of(path) == "streetAddress" and _street(recorded) != "",
        lambda recorded, ours: isinstance(ours, str) and _street(recorded) in ours.lower(),
        "a geocoder may write an address anew; these two are sent without coordinates",
    ),
    Kind(
        "a coordinate near the recorded one",
        lambda path, recorded: (
            member_of(path) in {"latitude", "longitude"} and recorded in {48.857127, 2.354766}
        ),
        _near,
        "48 Rue de Rivoli is sent with coordinates and without; its geocoder is another",
    ),
)


def _street(address: Any) -> str:
    text = str(address).lower()
    return next((street for street in ("rue de rivoli", "rue oberkampf") if street in text), "")
