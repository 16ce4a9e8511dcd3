"""Where WooCommerce's date pickers write the customer's choice: meta keys of the order, by plugin.

The texts are handed over as they were written; what they mean is decided elsewhere. No plugin writes a
time zone: dates and times are the shop's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bridge.model import TimeWish

_EIGHT_DIGITS = re.compile(r"(\d{4})(\d\d)(\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Meta:
    """One entry of an order's ``meta_data`` with a value that can be read as a text."""

    text: str
    path: str  # "meta_data[3].value"


@dataclass(frozen=True, slots=True)
class _Keys:
    date: str
    time: str = ""
    until: str = ""  # where the end of the time stands apart


# The first whose date is there counts.
_PLUGINS = (
    # CoopCycle's own plugin: both in one, as CoopCycle's time slot, "2026-12-24 14:00-16:00".
    # https://github.com/coopcycle/coopcycle-plugins/blob/master/wordpress/coopcycle-extend-woo-core.php
    _Keys("shipping_date"),
    # Iconic: https://iconicwp.com/docs/woocommerce-delivery-slots/database-structure-2/
    _Keys("jckwds_date_ymd", "jckwds_timeslot"),
    _Keys("jckwds_date", "jckwds_timeslot"),
    # Chwazi: https://chwazidatetime.com/docs/how-to-access-meta-keys-inside-chwazi
    _Keys("lpac_dps_delivery_date", "lpac_dps_delivery_time"),
    # YITH, as its code writes it: "2026-12-24", "14:00", "16:00".
    _Keys("ywcdd_order_delivery_date", "ywcdd_order_slot_from", "ywcdd_order_slot_to"),
    # Tyche's Order Delivery Date: the labels of its two fields, unless the shop has changed them. (Its
    # timestamp is not read: whether that is UTC or the shop's time is documented nowhere.)
    _Keys("Delivery Date", "Time Slot"),
    # WooCommerce Order Delivery, as its code writes it.
    _Keys("_delivery_date"),
)


def find_wish(meta: Mapping[str, Meta], *, date_key: str, time_key: str) -> TimeWish | None:
    """Return the choice of time in an order's meta data; the two keys are the connection's own, or empty."""
    own = (_Keys(date_key, time_key),) if date_key else ()
    for keys in (*own, *_PLUGINS):
        date = meta.get(keys.date)
        if date is not None:
            return TimeWish(date=_dashed(date.text), time=_time(meta, keys), path=date.path)
    return None


def _time(meta: Mapping[str, Meta], keys: _Keys) -> str:
    begin, end = (meta[key].text if key in meta else "" for key in (keys.time, keys.until))
    return f"{begin} - {end}" if begin and end else begin


def _dashed(text: str) -> str:
    """Write Iconic's "20261224" with its dashes; anything else stays as it is."""
    return "-".join(match.groups()) if (match := _EIGHT_DIGITS.fullmatch(text)) else text
