"""The buyer's choice of time wherever shops, apps and plugins write it: read or parked, never left out."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support import shop_orders
from tests.support.orders_with_a_choice import FRIDAY, HOURS, SLOT, read, shopify, woocommerce

from bridge.errors import UnmappableOrder
from bridge.model import Writings, Written

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
    big = shop_orders.document("bigcommerce")
    option = {"display_name": "Jour de livraison", "display_value": "27/11/2026", "type": "Date field"}
    big["consignments"]["shipping"][0]["line_items"][0]["product_options"] = [option]
    squarespace = shop_orders.document("squarespace")
    squarespace["formSubmission"] = [{"label": "Date de livraison", "value": "27/11/2026"}]
    variant = shop_orders.document("squarespace")
    variant["lineItems"][0]["variantOptions"] = [{"optionName": "Delivery day", "value": "Friday"}]
    square = shop_orders.document("square")
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
        event = shop_orders.document("adobe-commerce")
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

    assert shop_orders.explained(shop_orders.parsed("shopify", body)) == [
        "time, note_attributes[1] Date de naissance: passed over: a birth",
        "time, note_attributes[3] Batch: passed over: its name says nothing of a delivery",
        "time, note_attributes[0] Delivery Date: taken: Fri 27 November 2026",
    ]


def test_a_question_that_is_a_date_is_a_choice_or_parked() -> None:
    """Form services say themselves that an answer is a date; birthdays are none."""

    def asked(label: str, day: str = FRIDAY) -> str:
        order = shop_orders.parsed("shopify", shopify())
        entry = Written(label, day, f"answers {label}", "question")
        writings = Writings((entry,), date_setting="fields.date", time_setting="fields.time")
        object.__setattr__(order, "writings", writings)
        return shop_orders.choice(order)

    assert FRIDAY == asked("Wann dürfen wir liefern?")
    assert FRIDAY == asked("Date de livraison")
    assert "" == asked("Date de naissance", "1988-11-27")
    assert "" == asked("Your last visit", "2025-01-01")
    with pytest.raises(UnmappableOrder, match=r"fields\.date"):
        asked("Workshop")


# --- Wix --------------------------------------------------------------------------------------------


def wix(**changes: object) -> dict[str, Any]:
    """Return Wix's event with some fields of the order's logistics changed."""
    event = shop_orders.document("wix")
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
        shop_orders.parse("wix", wix(deliveryTimeSlot=slot))


def test_custom_fields_of_the_checkout_are_read() -> None:
    """Wix: ``customFields``, each with a title and a value."""
    event = shop_orders.document("wix")
    event["data"]["actionEvent"]["body"]["order"]["customFields"] = [
        {"title": "Date de livraison", "value": "27/11/2026"}
    ]

    assert FRIDAY == read("wix", event)
