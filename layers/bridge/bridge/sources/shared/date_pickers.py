"""The customer's choice of time among free name and value pairs: where date-picker apps and plugins put it.

Pure, only the standard library: any source may pass pairs of its own (note attributes, line item properties,
order metas, form fields). The texts are handed over as they stand; :mod:`bridge.schedule.chosen_time` reads
them. Times of *picking up* in the shop are no choice of a delivery and are not looked at.

Whose names these are:

- ``Delivery-Date``, ``Delivery-Time``: Zapiet, https://docs.zapiet.com/guides/note-attributes , and Zapiet
  Eats, https://docs.zapiet.com/zapiet-eats/reference/cart-attributes ; ``Shipping-Date`` is the day on which
  Zapiet's customer has the parcel leave the shop, which for a courier of the town is the day of delivery.
  Its ``_ZapietId`` ends its local times with a Z and is not read.
- ``Delivery Date``, ``Delivery Time``: Bird, whose template for packing slips names them,
  https://help.birdchime.com/en-us/article/add-datetime-in-packaging-slip-or-invoice-m9smdk/ ;
  Buunto, https://gist.github.com/sylvainmathieu/03a0f5592e0098df007efcd4060edad0 ; and many themes.
- ``_BirdChimeSlotId``: Bird's hidden line item property "M=D;L=1;D=2023-08-08;T=9:00 AM - 6:00 PM",
  https://help.birdchime.com/en-us/article/what-is-the-birdchimeslotid-and-how-do-i-hide-it-jghlmi/ ; M is D
  for a delivery.
- ``delivery_date``, ``delivery_time``: themes and apps that use identifiers; the same names otherwise.

Apps let a shop rename these labels: a source offers settings for them (:data:`SETTINGS`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bridge.model import TimeWish

DATE_NAMES: tuple[str, ...] = ("delivery date", "deliverydate", "shipping date")  # the first one counts most
TIME_NAMES: tuple[str, ...] = ("delivery time", "deliverytime")
SETTINGS: Mapping[str, str] = {
    "date_label": "label under which the shop's date picker writes the day that the customer chose",
    "time_label": "label under which it writes the time",
}
_BIRD_SLOT = "birdchimeslotid"
_SEPARATORS = re.compile(r"[-_:\s]+")


@dataclass(frozen=True, slots=True)
class Pair:
    """One name with its value as sent, and where it stood in the sender's body."""

    name: str
    value: str
    path: str


def find_wish(pairs: Iterable[Pair], settings: Mapping[str, str]) -> TimeWish | None:
    """Return the choice that some of the pairs make, or ``None``.

    The labels in the settings go before the known ones; capitals, hyphens and underscores make no difference.
    Of several pairs of a name the first with a value counts.
    """
    found = [pair for pair in pairs if pair.value.strip()]
    chosen_date = _first(found, (settings.get("date_label", ""), *DATE_NAMES))
    chosen_time = _first(found, (settings.get("time_label", ""), *TIME_NAMES))
    if chosen_date is None and chosen_time is None:
        return next((wish for pair in found if (wish := _bird(pair)) is not None), None)
    paths = [pair.path for pair in (chosen_date, chosen_time) if pair is not None]
    return TimeWish(
        date=chosen_date.value if chosen_date is not None else "",
        time=chosen_time.value if chosen_time is not None else "",
        path=", ".join(paths),
    )


def _first(pairs: Sequence[Pair], names: Sequence[str]) -> Pair | None:
    for name in filter(None, names):
        for pair in pairs:
            if _fold(pair.name) == _fold(name):
                return pair
    return None


def _bird(pair: Pair) -> TimeWish | None:
    if _fold(pair.name) != _BIRD_SLOT:
        return None
    parts = dict(part.split("=", 1) for part in pair.value.split(";") if "=" in part)
    values = {key.strip().upper(): value.strip() for key, value in parts.items()}
    if values.get("M", "D") != "D" or not (values.get("D") or values.get("T")):
        return None
    return TimeWish(date=values.get("D", ""), time=values.get("T", ""), path=pair.path)


def _fold(name: str) -> str:
    """Make "Delivery-Date", "_delivery_date" and "Delivery date:" the same name."""
    return _SEPARATORS.sub(" ", unicodedata.normalize("NFKC", name)).strip().casefold()
