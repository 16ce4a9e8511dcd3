"""The buyer's choice of time wherever shops, apps and plugins write it: read, or parked, and never left out.

Each row says where its format is from: a plugin's or an app's own code or documentation, a public program
that reads it, or a public question about it. The orders are of 23 November 2026, a Monday.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests import shops

from bridge.errors import UnmappableOrder
from bridge.model import Writings, Written
from bridge.schedule.chosen_time import Reading

FRIDAY = "2026-11-27"
SLOT = "2026-11-27 16:00-18:00"
HOURS = "16:00 - 18:00"
MIDNIGHT = 1795737600  # 27 November 2026, 00:00 UTC
FOUR, SIX = MIDNIGHT + 16 * 3600, MIDNIGHT + 18 * 3600

COUNTRIES = {
    "FR": "Europe/Paris",
    "DE": "Europe/Berlin",
    "ES": "Europe/Madrid",
    "IT": "Europe/Rome",
    "PT": "Europe/Lisbon",
    "NL": "Europe/Amsterdam",
    "DK": "Europe/Copenhagen",
    "NO": "Europe/Oslo",
    "SE": "Europe/Stockholm",
    "FI": "Europe/Helsinki",
    "PL": "Europe/Warsaw",
    "GB": "Europe/London",
    "US": "America/New_York",
    "AR": "America/Argentina/Buenos_Aires",
}


def reading(country: str) -> Reading:
    """Return how the customers of a country write."""
    return Reading(ZoneInfo(COUNTRIES[country]), country)


def shopify(
    attributes: Mapping[str, object] | None = None,
    *,
    lines: tuple[Mapping[str, object], ...] = (),
    title: str = "",
    tags: str = "",
) -> dict[str, Any]:
    """Return a Shopify order with attributes, properties of its lines, a shipping title and tags."""
    body = shops.document("shopify")
    body["note_attributes"] = [{"name": name, "value": value} for name, value in (attributes or {}).items()]
    goods = body["line_items"][0]
    body["line_items"] = [
        {**goods, "properties": [{"name": name, "value": value} for name, value in line.items()]}
        for line in (lines or ({},))
    ]
    body["tags"] = tags
    if title:
        body["shipping_lines"] = [{"title": title, "code": title}]
    return body


def woocommerce(
    meta: Mapping[str, object] | None = None, *, line: Mapping[str, object] | None = None, title: str = ""
) -> dict[str, Any]:
    """Return a WooCommerce order with meta data of its own and of its first line."""
    body = shops.document("woocommerce")
    body["meta_data"] = [{"id": 1, "key": key, "value": value} for key, value in (meta or {}).items()]
    body["line_items"][0]["meta_data"] = [{"key": key, "value": value} for key, value in (line or {}).items()]
    if title:
        body["shipping_lines"][0]["method_title"] = title
    return body


def read(shop: str, body: Mapping[str, object], country: str = "FR", **settings: str) -> str:
    """Return the choice that an order makes."""
    return shops.choice(shops.parsed(shop, body, settings), reading(country))


# --- keys of plugins and apps ---------------------------------------------------------------------


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


# --- other places -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "title", "expected"),
    [
        ("GB", "Wednesday delivery", "2026-11-25"),
        ("GB", "Delivery Friday 27 November", FRIDAY),
        ("GB", "Friday Nov 27 - 4:00 PM - 6:00 PM", SLOT),
        ("FR", "Livraison le 27/11/2026", FRIDAY),
        ("FR", "Livraison 27 novembre 16h-18h", SLOT),
        ("FR", "Livraison samedi 10h-12h", "2026-11-28 10:00-12:00"),
        ("DE", "Lieferung Freitag", FRIDAY),
        ("FR", "Livraison 24h/48h", ""),
        ("FR", "Livraison entre 9h et 19h", ""),
        ("FR", "Livraison du lundi au vendredi", ""),
        ("GB", "Express 2-4 h", ""),
        ("GB", "Local delivery (0 - 5 km)", ""),
        ("GB", "DHL Express 12:00", ""),
    ],
)
def test_the_title_of_a_way_of_shipping_may_name_the_time(country: str, title: str, expected: str) -> None:
    """A day, a weekday or a few hours; not how long it takes, nor when the shop is open."""
    assert expected == read("shopify", shopify(title=title), country)
    assert expected == read("woocommerce", woocommerce(title=title), country)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("Delivery, 27/11/2026, 16:00-18:00", SLOT),  # stanleymf/delivery-scheduler
        ("vip, delivery-date: 2026-11-27", FRIDAY),
        ("vip-2026, batch 12-14, imported 2026-11-27", ""),
        ("2026-11-20", ""),
    ],
)
def test_tags_may_name_the_time(tags: str, expected: str) -> None:
    """A tag that is a day or hours and nothing else; one of the past is the office's."""
    assert expected == read("shopify", shopify(tags=tags), "GB")


def test_the_answers_of_forms_and_options_are_read() -> None:
    """BigCommerce's form fields and date options, Squarespace's forms and variants, Square's metadata."""
    big = shops.document("bigcommerce")
    option = {"display_name": "Jour de livraison", "display_value": "27/11/2026", "type": "Date field"}
    big["consignments"]["shipping"][0]["line_items"][0]["product_options"] = [option]
    squarespace = shops.document("squarespace")
    squarespace["formSubmission"] = [{"label": "Date de livraison", "value": "27/11/2026"}]
    variant = shops.document("squarespace")
    variant["lineItems"][0]["variantOptions"] = [{"optionName": "Delivery day", "value": "Friday"}]
    square = shops.document("square")
    square["metadata"] = {"delivery_date": FRIDAY}

    for shop, body in (
        ("bigcommerce", big),
        ("squarespace", squarespace),
        ("squarespace", variant),
        ("square", square),
    ):
        assert FRIDAY == read(shop, body), shop


def test_an_extensions_attributes_are_read() -> None:
    """Adobe Commerce: Amasty's, on the order or among its extension attributes, where they are subscribed."""
    for place in ("", "extension_attributes"):
        event = shops.document("adobe-commerce")
        order = event["data"]["value"]
        holder = order.setdefault(place, {}) if place else order
        holder.update({"amdeliverydate_date": FRIDAY, "amdeliverydate_time": HOURS})

        assert SLOT == read("adobe-commerce", event)


# --- parked -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (shopify(lines=({"Delivery Date": FRIDAY}, {"Delivery Date": "2026-11-28"})), "name two days"),
        (shopify({"Delivery Date": FRIDAY}, lines=({"Delivery Date": "2026-11-28"},)), "name two days"),
        (
            shopify(
                lines=({"_BirdChimeSlotId": f"M=D;D={FRIDAY}"}, {"_BirdChimeSlotId": "M=D;D=2026-11-28"})
            ),
            "two days",
        ),
        (shopify({"Delivery Date": FRIDAY}, tags="28/11/2026"), "name two days"),
        (shopify({"Delivery Date": FRIDAY}, title="Saturday delivery"), "another weekday"),
        (shopify({"Delivery Date": FRIDAY, "Delivery Day": "Thursday"}), "another weekday"),
        (shopify(title="Monday delivery"), "today, or in a week"),
        (
            shopify({"Delivery Date": FRIDAY, "Delivery Time": HOURS, "Delivery Slot": "10:00-12:00"}),
            "two times",
        ),
        (
            shopify({"Delivery Date": FRIDAY, "Delivery Time": "some time"}),
            "note_attributes[1] Delivery Time: ",
        ),
        (shopify({"Delivery Date": "whenever it rains"}), "note_attributes[0] Delivery Date: "),
        (shopify({"Day of the party": FRIDAY}), 'write sender.date_label = "Day of the party"'),
        (
            shopify({"Delivery Date": FRIDAY, "Doorbell time": HOURS}),
            'write sender.time_label = "Doorbell time"',
        ),
    ],
)
def test_what_must_not_be_guessed_is_parked(body: dict[str, Any], named: str) -> None:
    """The sentence names the key, the value as we read it, and what mends it."""
    with pytest.raises(UnmappableOrder) as caught:
        read("shopify", body, "GB")

    assert named in str(caught.value)


def test_the_parked_sentence_shows_the_value() -> None:
    """What looks like a day is written so that nobody reads it the other way round."""
    with pytest.raises(UnmappableOrder, match=r"Fri 27 November 2026 looks like a chosen day of delivery"):
        read("woocommerce", woocommerce({"party_day": "27/11/2026"}))


@pytest.mark.parametrize(
    ("attributes", "settings", "expected"),
    [
        ({"Day of the party": FRIDAY}, {"date_label": "day of the party"}, FRIDAY),
        ({"Day of the party": FRIDAY}, {"date_label": "-"}, ""),
        ({"Day of the party": FRIDAY}, {"date_label": "Jour"}, ""),
        ({"Jour": "27/11/2026", "Delivery Date": "2026-11-30"}, {"date_label": "Jour"}, FRIDAY),
        ({"Jour": "27/11/2026", "CRÉNEAU": "16h-18h"}, {"date_label": "Jour", "time_label": "créneau"}, SLOT),
        ({"Jour": "mardi en huit", "Delivery Date": FRIDAY}, {"date_label": "Jour"}, None),
    ],
)
def test_the_connections_labels_decide(
    attributes: dict[str, object], settings: dict[str, str], expected: str | None
) -> None:
    """What the owner names goes first, and nothing doubtful parks an order any more."""
    if expected is None:
        with pytest.raises(UnmappableOrder, match="Jour"):
            read("shopify", shopify(attributes), **settings)
    else:
        assert expected == read("shopify", shopify(attributes), **settings)


# --- no choice --------------------------------------------------------------------------------------

UNRELATED = [
    ("Date de naissance", "27/11/1990"),
    ("Birthday", "2026-12-27"),
    ("_paid_date", "2026-11-30 09:05:00"),
    ("_payment_due_date", "2026-12-24"),
    ("Échéance", "30/11/2026"),
    ("_invoice_date", "2026-11-30"),
    ("invoice_delivery_date", FRIDAY),
    ("warranty_until", "2028-11-24"),
    ("Garantie bis", "24.11.2028"),
    ("Best before", "2026-12-24"),
    ("card expiry", "2027-01-01"),
    ("consent_date", "2026-11-30"),
    ("gdpr_consent_time", "2026-11-30 10:00"),
    ("terms_accepted_at", "2026-11-30 10:00:00"),
    ("campaign_start", "2026-12-01"),
    ("_wc_order_attribution_session_start_time", "2026-11-27 08:00:00"),
    ("order_date", "2026-11-27"),
    ("Date de commande", "27/11/2026"),
    ("_completed_date", "2026-11-30"),
    ("_schedule_next_payment", "2026-12-24 09:00:00"),
    ("next_renewal", "2026-12-24"),
    ("date_modified", FRIDAY),
    ("Estimated delivery date", FRIDAY),
    ("Opening hours", "9:00-18:00"),
    ("delivery_date_format", "d/m/Y"),
    ("_delivery_time_id", "12"),
    ("delivery_time", "2-3 days"),
    ("Lieferzeit", "2-3 Werktage"),
    ("Delivery Date", "-"),
    ("Delivery Date", "n/a"),
    ("Delivery Instructions", "before 18:00 please"),
    ("Newsletter", "oui"),
]


@pytest.mark.parametrize(("name", "value"), UNRELATED)
def test_other_dates_are_no_choice(name: str, value: str) -> None:
    """Births, payments, invoices, warranties, consents, the record's own life: neither read nor parked."""
    assert "" == read("woocommerce", woocommerce({name: value}))
    assert "" == read("shopify", shopify({name: value}))


@pytest.mark.parametrize("attributes", [None, "Delivery-Date", [None, 7, "x"], [{"name": 7, "value": "x"}]])
def test_strange_attributes_are_no_choice(attributes: object) -> None:
    """What is no pair of a name and a value is passed over."""
    body = {**shopify(), "note_attributes": attributes}

    assert "" == read("shopify", body)


def test_every_name_that_was_looked_at_is_explained() -> None:
    """``bridge map --explain`` says of each why it was taken or passed over."""
    body = shopify(
        {"Delivery Date": FRIDAY, "Date de naissance": "27/11/1990", "Note": "x", "Batch": "2026-11-28"}
    )

    assert shops.explained(shops.parsed("shopify", body)) == [
        "time, note_attributes[1] Date de naissance: passed over: a birth",
        "time, note_attributes[3] Batch: passed over: its name says nothing of a delivery",
        "time, note_attributes[0] Delivery Date: taken: Fri 27 November 2026",
    ]


def test_a_question_that_is_a_date_is_a_choice_or_parked() -> None:
    """Form services say themselves that an answer is a date; birthdays are none."""

    def asked(label: str, day: str = FRIDAY) -> str:
        order = shops.parsed("shopify", shopify())
        entry = Written(label, day, f"answers {label}", "question")
        writings = Writings((entry,), date_setting="fields.date", time_setting="fields.time")
        object.__setattr__(order, "writings", writings)
        return shops.choice(order)

    assert FRIDAY == asked("Wann dürfen wir liefern?")
    assert FRIDAY == asked("Date de livraison")
    assert "" == asked("Date de naissance", "1988-11-27")
    assert "" == asked("Your last visit", "2025-01-01")
    with pytest.raises(UnmappableOrder, match=r"fields\.date"):
        asked("Workshop")


# --- Wix --------------------------------------------------------------------------------------------


def wix(**changes: object) -> dict[str, Any]:
    """Return Wix's event with some fields of the order's logistics changed."""
    event = shops.document("wix")
    event["data"]["actionEvent"]["body"]["order"]["shippingInfo"]["logistics"].update(changes)
    return event


def test_a_slot_of_two_instants_is_a_window() -> None:
    """Wix keeps the slot in ``deliveryTimeSlot``; ``deliveryTime`` is a phrase such as "1 - 2 days"."""
    slot = {"from": f"{FRIDAY}T15:00:00Z", "to": f"{FRIDAY}T17:00:00.000Z"}

    assert SLOT == read("wix", wix(deliveryTimeSlot=slot, deliveryTime="1 - 2 days"))
    assert "" == read("wix", wix(deliveryTimeSlot=None, deliveryTime="1 - 2 days"))


@pytest.mark.parametrize(
    "slot", [{"from": f"{FRIDAY}T15:00:00Z"}, {"from": f"{FRIDAY}T15:00:00Z", "to": "2026-11-26T15:00:00Z"}]
)
def test_half_a_slot_is_parked(slot: dict[str, str]) -> None:
    """A slot without an end, or one that ends before it begins, is no window."""
    with pytest.raises(UnmappableOrder, match=r"deliveryTimeSlot\.to"):
        shops.parse("wix", wix(deliveryTimeSlot=slot))


def test_custom_fields_of_the_checkout_are_read() -> None:
    """Wix: ``customFields``, each with a title and a value."""
    event = shops.document("wix")
    event["data"]["actionEvent"]["body"]["order"]["customFields"] = [
        {"title": "Date de livraison", "value": "27/11/2026"}
    ]

    assert FRIDAY == read("wix", event)
