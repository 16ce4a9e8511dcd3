"""Where public plugins and apps write the buyer's choice of time. Data.

Most keys speak for themselves ("pi_system_delivery_date", "Leveringsdato") and are read by their words
(:mod:`bridge.schedule.vocabulary`); they stand here all the same where a program is known, so that the
table of senders can name it. Keys are compared as words: capitals, underscores and hyphens make no
difference.

Where the keys come from: the programs' own code or documentation, and public programs that read them.
Shopify: docs.zapiet.com/guides/note-attributes ; help.birdchime.com (m9smdk, jghlmi) ; Buunto,
gist.github.com/sylvainmathieu/03a0f5592e0098df007efcd4060edad0 ; stanleymf/delivery-scheduler ; DingDong,
as a courier firm's own tests have it. WooCommerce: coopcycle/coopcycle-plugins ; Iconic,
database-structure-2 ; chwazidatetime.com ; TycheSoftwares/order-delivery-date-for-woocommerce ;
deviodigital/delivery-times-for-woocommerce ; the code of Orderable, Coderockz, ByConsole, Pi, Shipday, YITH
and WooCommerce Order Delivery in public mirrors. Adobe Commerce: Amasty's "amdeliverydate_date", in public
shops' code.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.schedule.vocabulary import words_of

SHOPIFY, WOOCOMMERCE, ADOBE = "Shopify", "WooCommerce", "Adobe Commerce"


@dataclass(frozen=True, slots=True)
class Key:
    """One key: ``role`` is "date", "time" or "both", ``stamp`` a day in Unix seconds beside others."""

    platform: str
    program: str
    key: str
    role: str
    stamp: bool = False


KEYS: tuple[Key, ...] = (
    Key(SHOPIFY, "Zapiet", "Delivery-Date", "date"),
    Key(SHOPIFY, "Zapiet", "Delivery-Time", "time"),
    Key(SHOPIFY, "Zapiet", "Shipping-Date", "date"),
    Key(SHOPIFY, "Bird", "Delivery Date", "date"),
    Key(SHOPIFY, "Buunto", "Delivery Time", "time"),
    Key(SHOPIFY, "DingDong", "Delivery Date", "date"),
    Key(SHOPIFY, "Delivery Scheduler", "delivery_timeslot", "time"),
    Key(SHOPIFY, "themes", "_nominated_date", "date"),
    Key(WOOCOMMERCE, "CoopCycle's plugin", "shipping_date", "both"),
    Key(WOOCOMMERCE, "Iconic", "jckwds_date_ymd", "date"),
    Key(WOOCOMMERCE, "Iconic", "jckwds_date", "date"),
    Key(WOOCOMMERCE, "Iconic", "jckwds_timeslot", "time"),
    Key(WOOCOMMERCE, "Iconic", "jckwds_timestamp", "date", stamp=True),
    Key(WOOCOMMERCE, "Chwazi", "lpac_dps_delivery_date", "date"),
    Key(WOOCOMMERCE, "Chwazi", "lpac_dps_delivery_time", "time"),
    Key(WOOCOMMERCE, "YITH", "ywcdd_order_delivery_date", "date"),
    Key(WOOCOMMERCE, "YITH", "ywcdd_order_slot_from", "time"),
    Key(WOOCOMMERCE, "YITH", "ywcdd_order_slot_to", "time"),
    Key(WOOCOMMERCE, "Tyche", "Delivery Date", "date"),
    Key(WOOCOMMERCE, "Tyche", "Time Slot", "time"),
    Key(WOOCOMMERCE, "Tyche", "_orddd_timestamp", "date", stamp=True),
    Key(WOOCOMMERCE, "Tyche", "_orddd_timeslot_timestamp", "date", stamp=True),
    Key(WOOCOMMERCE, "Tyche", "_orddd_lite_timestamp", "date", stamp=True),
    Key(WOOCOMMERCE, "Tyche", "_orddd_lite_timeslot_timestamp", "date", stamp=True),
    Key(WOOCOMMERCE, "Tyche", "_orddd_time_slot", "time"),
    Key(WOOCOMMERCE, "Tyche", "_orddd_lite_time_slot", "time"),
    Key(WOOCOMMERCE, "Tyche", "_prdd_date", "date"),
    Key(WOOCOMMERCE, "Tyche", "_prdd_lite_date", "date"),
    Key(WOOCOMMERCE, "Tyche", "_prdd_time_slot", "time"),
    Key(WOOCOMMERCE, "WooCommerce Order Delivery", "_delivery_date", "date"),
    Key(WOOCOMMERCE, "WooCommerce Order Delivery", "_delivery_time_frame", "time"),
    Key(WOOCOMMERCE, "Coderockz", "delivery_date", "date"),
    Key(WOOCOMMERCE, "Coderockz", "delivery_time", "time"),
    Key(WOOCOMMERCE, "Pi", "pi_system_delivery_date", "date"),
    Key(WOOCOMMERCE, "Pi", "pi_delivery_time", "time"),
    Key(WOOCOMMERCE, "Orderable", "orderable_order_date", "date"),
    Key(WOOCOMMERCE, "Orderable", "orderable_order_time", "time"),
    Key(WOOCOMMERCE, "Orderable", "_orderable_order_timestamp", "date", stamp=True),
    Key(WOOCOMMERCE, "Shipday", "_shipday_delivery_date", "date"),
    Key(WOOCOMMERCE, "Shipday", "_shipday_delivery_time", "time"),
    Key(WOOCOMMERCE, "ByConsole", "byconsolewooodt_delivery_date", "date"),
    Key(WOOCOMMERCE, "ByConsole", "byconsolewooodt_delivery_time", "time"),
    Key(WOOCOMMERCE, "Food Online", "fdoe_time", "time"),
    Key(WOOCOMMERCE, "Delivery Times", "dtwc_delivery_date", "date"),
    Key(WOOCOMMERCE, "Delivery Times", "dtwc_delivery_time", "time"),
    Key(ADOBE, "Amasty", "amdeliverydate_date", "date"),
    Key(ADOBE, "Amasty", "amdeliverydate_time", "time"),
)

_BY_WORDS = {words_of(key.key): key for key in reversed(KEYS)}


def key_of(words: tuple[str, ...]) -> Key | None:
    """Return what is known of a key, by its words."""
    return _BY_WORDS.get(words)


def programs(platform: str) -> str:
    """Name the programs whose keys are read, as the table of senders shows them."""
    return ", ".join(dict.fromkeys(key.program for key in KEYS if key.platform == platform))
