"""The names under which plugins, apps and shops keep the buyer's choice of time."""

from __future__ import annotations

import pytest
from tests.support.orders_with_a_choice import FRIDAY, HOURS, SLOT, read, shopify, woocommerce

MIDNIGHT = 1795737600  # 27 November 2026, 00:00 UTC


FOUR, SIX = MIDNIGHT + 16 * 3600, MIDNIGHT + 18 * 3600


@pytest.mark.parametrize(
    ("meta", "expected"),
    [
        # Coderockz, block checkout, and Shipday, in public mirrors of their code.
        ({"delivery_type": "delivery", "delivery_date": FRIDAY, "delivery_time": HOURS}, SLOT),
        ({"_shipday_delivery_date": FRIDAY, "_shipday_delivery_time": HOURS}, SLOT),
        # Pi's date and time: the system's form of the day, beside the shop's own.
        (
            {
                "pi_system_delivery_date": "2026/11/27",
                "pi_delivery_date": "November 27, 2026",
                "pi_delivery_time": HOURS,
            },
            SLOT,
        ),
        ({"orderable_order_date": "27/11/2026", "orderable_order_time": HOURS}, SLOT),
        ({"orderable_order_date": "27/11/2026", "orderable_order_time": "As soon as possible"}, FRIDAY),
        (
            {"byconsolewooodt_delivery_date": "27/11/2026", "byconsolewooodt_delivery_time": "16:00"},
            f"{FRIDAY} 16:00-",
        ),
        # deviodigital/delivery-times-for-woocommerce
        ({"dtwc_delivery_date": FRIDAY, "dtwc_delivery_time": "16:00"}, f"{FRIDAY} 16:00-"),
        # CoopCycle's own plugin: both in one.
        ({"shipping_date": f"{FRIDAY} 16:00-18:00"}, SLOT),
        # Iconic: the site's format beside digits; the digits decide where both can be read.
        ({"jckwds_date": "27/11/2026", "jckwds_date_ymd": "20261127", "jckwds_timeslot": HOURS}, SLOT),
        ({"jckwds_date": "12/11/2026", "jckwds_date_ymd": "20261211"}, "2026-12-11"),
        ({"jckwds_date_ymd": 20261127}, FRIDAY),
        ({"jckwds_timestamp": str(FOUR)}, FRIDAY),
        ({"lpac_dps_delivery_date": FRIDAY, "lpac_dps_delivery_time": "10:00 AM"}, f"{FRIDAY} 10:00-"),
        # YITH: clocks, or Unix times whose reading in UTC is the shop's clock; its code asks is_numeric
        # first.
        (
            {
                "ywcdd_order_delivery_date": FRIDAY,
                "ywcdd_order_slot_from": "16:00",
                "ywcdd_order_slot_to": "18:00",
            },
            SLOT,
        ),
        (
            {
                "ywcdd_order_delivery_date": FRIDAY,
                "ywcdd_order_slot_from": str(FOUR),
                "ywcdd_order_slot_to": SIX,
            },
            SLOT,
        ),
        ({"ywcdd_order_delivery_date": FRIDAY, "ywcdd_order_slot_to": "18:00"}, f"{FRIDAY} -18:00"),
        # Tyche: the labels are the shop's own, its Unix times stand beside them.
        ({"Delivery Date": "27 November, 2026", "Time Slot": HOURS}, SLOT),
        (
            {
                "Date de livraison": "27 novembre, 2026",
                "Créneau horaire": HOURS,
                "_orddd_timestamp": MIDNIGHT,
            },
            SLOT,
        ),
        ({"_orddd_timestamp": str(MIDNIGHT), "_orddd_time_slot": HOURS}, SLOT),
        ({"_orddd_lite_timestamp": str(MIDNIGHT - 3600)}, FRIDAY),  # midnight of the site, in Paris
        ({"_orddd_lite_timeslot_timestamp": str(FOUR), "_orddd_lite_time_slot": HOURS}, SLOT),
        # WooCommerce Order Delivery: an object; a REST consumer flattens it to time_from and time_to.
        (
            {"_delivery_date": FRIDAY, "_delivery_time_frame": {"time_from": "16:00", "time_to": "18:00"}},
            SLOT,
        ),
        ({"_delivery_date": FRIDAY, "delivery_slot": '{"start": "16:00", "end": "18:00"}'}, SLOT),
        ({"_delivery_date": FRIDAY, "delivery_slot": ["16:00", "18:00"]}, SLOT),
        ({"_delivery": {"date": FRIDAY, "time_from": "16:00", "time_to": "18:00"}}, SLOT),
        ({"delivery_start": f"{FRIDAY}T16:00:00+01:00", "delivery_end": f"{FRIDAY}T18:00:00+01:00"}, SLOT),
        ({"shipping_date": "", "_delivery_date": FRIDAY}, FRIDAY),
        ({"shipping_date": {"day": 7}}, ""),
        ({"shipping_date": True}, ""),
    ],
)
def test_a_plugins_key_is_read(meta: dict[str, object], expected: str) -> None:
    """The day and the hours are read in whatever form the plugin keeps them."""
    assert expected == read("woocommerce", woocommerce(meta))


def test_a_product_may_carry_the_day() -> None:
    """Product Delivery Date writes the day in the meta data of the line: its label, and a key of its own."""
    body = woocommerce(line={"Delivery Date": "27 November, 2026", "_prdd_lite_date": FRIDAY})

    assert FRIDAY == read("woocommerce", body)


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        # docs.zapiet.com/guides/note-attributes
        ({"Checkout-Method": "delivery", "Delivery-Date": FRIDAY, "Delivery-Time": "4:00 PM - 6:00PM"}, SLOT),
        ({"Checkout-Method": "shipping", "Shipping-Date": FRIDAY}, FRIDAY),
        # stanleymf/delivery-scheduler: the slot, and both of its ends
        (
            {
                "delivery_date": FRIDAY,
                "delivery_timeslot": "4:00 PM - 6:00 PM",
                "delivery_timeslot_start": "16:00",
                "delivery_timeslot_end": "18:00",
            },
            SLOT,
        ),
        ({"Delivery Date": "27/11/2026", "Delivery Slot": HOURS}, SLOT),
        # Bird: the weekday stands beside the day, and its hidden property holds both
        ({"Delivery Date": "Nov 27, 2026", "Delivery Day": "Friday", "Delivery Time": HOURS}, SLOT),
        ({"_BirdChimeSlotId": f"M=D;L=1;D={FRIDAY};T=4:00 PM - 6:00 PM"}, SLOT),
        ({"Delivery Day": "Friday"}, FRIDAY),
        ({"_nominated_date": FRIDAY}, FRIDAY),
        ({"DeliveryDate": FRIDAY, "deliveryTime": HOURS}, SLOT),
        ({"Delivery Time": HOURS}, "16:00-18:00"),
        ({"Delivery Date": f"{FRIDAY}T16:00:00+01:00"}, f"{FRIDAY} 16:00-"),
        ({"_ZapietId": "M=D&L=112097&D=2025-10-20T00:00:00Z"}, ""),
    ],
)
def test_an_apps_attribute_is_read(attributes: dict[str, object], expected: str) -> None:
    """On the order, or as a property of its line: the same."""
    assert expected == read("shopify", shopify(attributes))
    assert expected == read("shopify", shopify(lines=(attributes,)))


@pytest.mark.parametrize(
    ("country", "day", "written", "time", "hours"),
    [
        ("FR", "Date de livraison", "27/11/2026", "Créneau", "16h-18h"),
        ("FR", "Jour de livraison souhaité", "vendredi 27 novembre", "Heure de livraison", "16h à 18h"),
        ("DE", "Lieferdatum", "27.11.2026", "Lieferzeit", "16 - 18 Uhr"),
        ("DE", "Wunschtermin", "27. November 2026", "Gewünschtes Zeitfenster", HOURS),
        ("ES", "Fecha de entrega", "27/11/2026", "Franja horaria", HOURS),
        ("AR", "¿Para que fecha querés el pedido?", "27 Noviembre, 2026", "¿En que horario?", HOURS),
        ("IT", "Data di consegna", "27/11/2026", "Fascia oraria", "16:00 - 18:00"),
        ("PT", "Data de entrega", "27/11/2026", "Horário de entrega", "16h às 18h"),
        ("NL", "Bezorgdatum", "27-11-2026", "Tijdvak", HOURS),
        ("NL", "Gewenste leverdatum", "vrijdag 27 november", "Bezorgmoment", HOURS),
        ("DK", "Leveringsdato", "27.11.2026", "Tidsrum", "16-18"),
        ("NO", "Leveringsdato", "27.11.2026", "Leveringstid", "16:00-18:00"),
        ("SE", "Leveransdatum", FRIDAY, "Leveranstid", HOURS),
        ("FI", "Toimituspäivä", "27.11.2026", "Toimitusaika", HOURS),
        ("PL", "Data dostawy", "27.11.2026", "Godzina dostawy", HOURS),
        ("ES", "Data de lliurament", "27/11/2026", "Franja horària", HOURS),
        ("GB", "Preferred delivery day", "Friday 27th November 2026", "Delivery window", "4pm - 6pm"),
        ("US", "When would you like it?", "November 27th, 2026", "Time slot", "4 - 6 PM"),
    ],
)
def test_a_label_in_the_shops_language_is_read(
    country: str, day: str, written: str, time: str, hours: str
) -> None:
    """Apps and plugins let a shop translate their labels."""
    values = {day: written, time: hours}

    assert SLOT == read("shopify", shopify(values), country)
    assert SLOT == read("woocommerce", woocommerce(values), country)
