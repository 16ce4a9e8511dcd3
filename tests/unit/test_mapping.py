"""From the sample bodies to the deliveries we would ask for, each written out in full."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import sending

from bridge.connection import Connection, OrderFilter, Pickup
from bridge.errors import InvalidConnection, MalformedWebhook, UnmappableOrder
from bridge.mapping import COMMENTS_LENGTH, clean, clean_lines, format_address, map_order
from bridge.model import (
    Coordinates,
    Delivery,
    Ignored,
    Order,
    OrderItem,
    Package,
    PostalAddress,
    Task,
    TimeWindow,
)
from bridge.schedule import Schedule, Windows
from bridge.sources import shopify

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 23, 9, 15, tzinfo=UTC)  # Monday, 10:15 in Paris
SHOP = Connection(
    connection_id="acme",
    source="shopify",
    coopcycle_url="https://acme.coopcycle.org",
    pickup=Pickup(
        address="12 rue des Fleurs, 75011 Paris",
        comments="Entrée par la cour",
        company="Fleurs de la Roquette",
        contact_name="Anne",
        phone="01 99 00 00 11",
    ),
    schedule=Schedule(
        opening_hours=("Mo-Fr 09:00-19:00", "Sa 10:00-18:00"),
        closed_on=(date(2026, 12, 25),),
        preparation_minutes=45,
        pickup_minutes=30,
        window_minutes=120,
    ),
    packages={"BQT-L": "XL", "FIC-120": "XL", "BQT-M": "M"},
)
PICKUP_WINDOW = TimeWindow(
    datetime(2026, 11, 23, 10, 0, tzinfo=UTC), datetime(2026, 11, 23, 10, 30, tzinfo=UTC)
)
DROPOFF_WINDOW = TimeWindow(
    datetime(2026, 11, 23, 10, 30, tzinfo=UTC), datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
)
ORDER = Order(
    order_id="7",
    name="#1007",
    updated_at=NOW,
    created_at=NOW,
    address=PostalAddress("48 Rue de Rivoli", "", "75004", "Paris", "France", "FR"),
    recipient_name="Camille Moreau",
    items=(OrderItem("Bouquet", 1),),
    paths={"address.line1": "shipping_address.address1", "address.postcode": "shipping_address.zip"},
)


def pickup(order_name: str) -> Task:
    """Return the pickup that the shop's settings give."""
    return Task(
        window=PICKUP_WINDOW,
        street_address="12 rue des Fleurs, 75011 Paris",
        company="Fleurs de la Roquette",
        contact_name="Anne",
        telephone="+33199000011",
        comments=f"{order_name}\nEntrée par la cour",
    )


def map_it(
    order: Order = ORDER,
    connection: Connection = SHOP,
    *,
    now: datetime = NOW,
    country: str = "FR",
    windows: Windows | None = None,
) -> Delivery | Ignored:
    """Map with the zone of Paris."""
    return map_order(order, connection, now=now, timezone=PARIS, country=country, windows=windows)


def dropoff(order: Order = ORDER, connection: Connection = SHOP, *, country: str = "FR") -> Task:
    """Return the dropoff of an order that is delivered."""
    delivery = map_it(order, connection, country=country)
    assert isinstance(delivery, Delivery)
    return delivery.dropoff


# --- the samples --------------------------------------------------------------------------------

SAMPLES = [
    (
        "order-typical",
        "orders/create",
        Delivery(
            bridge_ref="acme/5940139491042",
            pickup=pickup("#1042"),
            dropoff=Task(
                window=DROPOFF_WINDOW,
                street_address="48 Rue de Rivoli, 75004 Paris, France",
                contact_name="Camille Moreau",
                telephone="+33639981234",
                comments=(
                    "#1042\n1 × Bouquet de saison (Grand)\n1 × Carte manuscrite\nCode 48B12, 3e étage gauche"
                ),
                weight_grams=910,
                packages=(Package("XL", 1),),
            ),
        ),
    ),
    (
        "order-gift",
        "orders/create",
        Delivery(
            bridge_ref="acme/5940139491043",
            pickup=pickup("#1043"),
            dropoff=Task(
                window=DROPOFF_WINDOW,
                street_address="27 Boulevard Voltaire, 75011 Paris, France",
                coordinates=Coordinates(48.8614, 2.3716),
                contact_name="Inès Benali",
                telephone="+33639980417",
                description="Bâtiment C, 2e étage",
                comments=(
                    "#1043\n1 × Bouquet de pivoines (Moyen)\n"
                    "C'est une surprise : ne pas appeler Inès avant 18 h.\nMerci !"
                ),
                weight_grams=700,
            ),
        ),
    ),
    (
        "order-no-phone",
        "orders/create",
        Delivery(
            bridge_ref="acme/5940139491044",
            pickup=pickup("#1044"),
            dropoff=Task(
                window=DROPOFF_WINDOW,
                street_address="18 Rue de Charonne, 75011 Paris, France",
                contact_name="Paul Girard",
                telephone=None,
                comments="#1044\n1 × Orchidée blanche",
                weight_grams=1200,
            ),
        ),
    ),
    (
        "order-company",
        "orders/create",
        Delivery(
            bridge_ref="acme/5940139491045",
            pickup=pickup("#1045"),
            dropoff=Task(
                window=DROPOFF_WINDOW,
                street_address="10 Rue de la Roquette, 75011 Paris, France",
                company="Atelier Nord SARL",
                contact_name="Nadia Ferrand",
                telephone="+33199001234",
                description="2e étage, interphone Atelier Nord",
                comments=(
                    "#1045\n1 × Abonnement bureaux, livraison hebdomadaire (Semaine)\n"
                    "2 × Bouquet de saison (Grand)"
                ),
                weight_grams=3300,
                packages=(Package("XL", 2),),
            ),
        ),
    ),
    (
        "order-several-parcels",
        "orders/updated",
        Delivery(
            bridge_ref="acme/5940139491048",
            pickup=pickup("#1048"),
            dropoff=Task(
                window=DROPOFF_WINDOW,
                street_address="25 Rue de Paris, 93100 Montreuil, France",
                contact_name="Sophie Renard",
                telephone="+33639983107",
                comments=(
                    "#1048\n2 × Bouquet de saison (Grand)\n3 × Bouquet de saison (Moyen)\n"
                    "1 × Ficus Lyrata (120 cm)\n1 × Vase en grès\nSonner chez le gardien"
                ),
                weight_grams=2 * 900 + 3 * 600 + 6500 + 1100,
                packages=(Package("XL", 3), Package("M", 3)),
            ),
        ),
    ),
    (
        "order-non-latin-name",
        "orders/create",
        Delivery(
            bridge_ref="acme/5940139491049",
            pickup=pickup("#1049"),
            dropoff=Task(
                window=DROPOFF_WINDOW,
                street_address="103 Avenue d'Ivry, 75013 Paris, France",
                contact_name="山田 花子",
                telephone="+33639986402",
                description="アパルトマン 12",
                comments="#1049\n1 × Ikebana «Мороз» (Réf. é/ü/ß)\nベルは壊れています。お電話ください 🌸",
                weight_grams=1300,
            ),
        ),
    ),
    (
        "order-paid",
        "orders/paid",
        Delivery(
            bridge_ref="acme/5940139491051",
            pickup=pickup("#1051"),
            dropoff=Task(
                window=DROPOFF_WINDOW,
                street_address="6 Place d'Italie, 75013 Paris, France",
                contact_name="Fatou Diallo",
                telephone="+33199004567",
                comments="#1051\n1 × Terrarium (Petit)",
                weight_grams=2300,
            ),
        ),
    ),
]


@pytest.mark.parametrize(("sample", "topic", "expected"), SAMPLES, ids=[sample[0] for sample in SAMPLES])
def test_a_sample_becomes_this_delivery(
    webhook_body: Callable[[str], bytes], sample: str, topic: str, expected: Delivery
) -> None:
    """Each complete body gives exactly the delivery written beside it."""
    order = sending.parse(shopify, webhook_body(f"shopify/{sample}.json"), topic)

    assert isinstance(order, Order)
    assert expected == map_it(order)


def test_every_sample_is_an_order_of_its_own(webhook_body: Callable[[str], bytes]) -> None:
    """The samples can be sent one after the other without meeting in one order."""
    bodies = [json.loads(webhook_body(f"shopify/{sample}.json")) for sample, _, _ in SAMPLES]

    assert len(SAMPLES) == len({document["id"] for document in bodies})
    assert {document["id"] for document in bodies}.isdisjoint({document["number"] for document in bodies})


# --- windows ------------------------------------------------------------------------------------


def test_windows_fixed_earlier_are_kept() -> None:
    """An update an hour later does not move a delivery whose windows stand."""
    fixed = Windows(PICKUP_WINDOW, DROPOFF_WINDOW)

    delivery = map_it(now=NOW + timedelta(hours=1), windows=fixed)

    assert isinstance(delivery, Delivery)
    assert (delivery.pickup.window, delivery.dropoff.window) == (PICKUP_WINDOW, DROPOFF_WINDOW)


def test_an_order_on_a_closed_day_is_delivered_on_the_next_open_one() -> None:
    """Christmas is closed and a Friday, so the order is brought on Saturday."""
    delivery = map_it(now=datetime(2026, 12, 25, 9, 0, tzinfo=UTC))

    assert isinstance(delivery, Delivery)
    assert datetime(2026, 12, 26, 9, 0, tzinfo=UTC) == delivery.pickup.window.after


def test_a_schedule_that_never_opens_is_the_connections_fault() -> None:
    """The order is parked with the setting to look at."""
    with pytest.raises(InvalidConnection, match=r"schedule\.opening_hours"):
        map_it(connection=replace(SHOP, schedule=Schedule(("Mo 10:00-10:30",))))


def test_remarks_of_the_plan_reach_the_courier() -> None:
    """What planning has to say stands in the dropoff's comments, after the note."""
    delivery = map_order(
        replace(ORDER, note="Code 48B12"),
        SHOP,
        now=NOW,
        timezone=PARIS,
        country="FR",
        windows=Windows(PICKUP_WINDOW, DROPOFF_WINDOW),
        remarks=("The time was moved.",),
    )

    assert isinstance(delivery, Delivery)
    assert "#1007\n1 × Bouquet\nCode 48B12\nThe time was moved." == delivery.dropoff.comments


# --- which orders -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("patterns", "methods", "ignored"),
    [
        ((), (), False),
        ((), ("Colissimo",), False),
        (("Livraison à vélo*",), ("Livraison à vélo (2 h)",), False),
        (("livraison À VÉLO",), ("Livraison à  vélo ",), False),
        (("Livraison à vélo",), ("Livraison a\u0300 ve\u0301lo",), False),
        (("Colissimo", "bike"), ("Courier", "BIKE"), False),
        (("Livraison à vélo*",), ("Colissimo",), True),
        (("Livraison à vélo",), ("Livraison à vélo (2 h)",), True),
        (("Livraison à vélo*",), (), True),
    ],
)
def test_only_wanted_shipping_methods_are_delivered(
    patterns: tuple[str, ...], methods: tuple[str, ...], ignored: bool
) -> None:
    """Patterns meet titles and codes without regard to case; a change to another method retracts."""
    connection = replace(SHOP, orders=OrderFilter(shipping_methods=patterns))

    found = map_it(replace(ORDER, shipping_methods=methods), connection)

    expected = Ignored("shipping_method", retracts=True, order_id="7", order_name="#1007", updated_at=NOW)
    assert (found == expected) if ignored else isinstance(found, Delivery)


@pytest.mark.parametrize(
    ("patterns", "postcode", "ignored"),
    [
        (("750*", "93100"), "75004", False),
        (("750*", "93100"), "93100", False),
        (("750*",), "75 004", False),
        (("sw1a*",), "SW1A 1AA", False),
        (("SW1A 1??",), "sw1a1aa", False),
        (("750*", "93100"), "93101", True),
        (("750*",), "92750", True),
    ],
)
def test_only_wanted_postcodes_are_delivered(patterns: tuple[str, ...], postcode: str, ignored: bool) -> None:
    """An order for elsewhere is ignored, and retracted if it was moved there later."""
    connection = replace(SHOP, orders=OrderFilter(postcodes=patterns))

    found = map_it(replace(ORDER, address=replace(ORDER.address, postcode=postcode)), connection)

    expected = Ignored("postcode", retracts=True, order_id="7", order_name="#1007", updated_at=NOW)
    assert (found == expected) if ignored else isinstance(found, Delivery)


def test_a_missing_postcode_is_no_reason_to_drop_an_order() -> None:
    """Where the postcode decides and there is none, a person has to look."""
    connection = replace(SHOP, orders=OrderFilter(postcodes=("750*",)))

    with pytest.raises(UnmappableOrder) as caught:
        map_it(replace(ORDER, address=replace(ORDER.address, postcode=" ")), connection)

    assert caught.value.field == "shipping_address.zip"


@pytest.mark.parametrize(
    ("on", "paid", "ignored"),
    [("created", False, False), ("created", True, False), ("paid", True, False), ("paid", False, True)],
)
def test_an_unpaid_order_waits_where_payment_counts(on: str, paid: bool, ignored: bool) -> None:
    """Unpaid is ignored without retracting: a later webhook says paid."""
    found = map_it(replace(ORDER, paid=paid), replace(SHOP, orders=OrderFilter(on=on)))

    expected = Ignored("unpaid", retracts=False, order_id="7", order_name="#1007", updated_at=NOW)
    assert (found == expected) if ignored else isinstance(found, Delivery)


def test_an_order_that_others_carry_is_not_parked_for_its_address() -> None:
    """The filters come before the checks."""
    connection = replace(SHOP, orders=OrderFilter(shipping_methods=("vélo",)))

    found = map_it(replace(ORDER, address=PostalAddress()), connection)

    assert isinstance(found, Ignored)


# --- the address --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "field"),
    [
        (PostalAddress(), "shipping_address.address1"),
        (PostalAddress(line1=" \x00\n", postcode="75004", city="Paris"), "shipping_address.address1"),
        (PostalAddress(line1="-", postcode="75004", city="Paris"), "shipping_address.address1"),
        (PostalAddress(line1="48 Rue de Rivoli", country="France"), "address.city"),
    ],
)
def test_an_address_that_cannot_be_found_is_refused_by_name(address: PostalAddress, field: str) -> None:
    """The field is named in the sender's terms where the source gave them, else in ours."""
    with pytest.raises(UnmappableOrder) as caught:
        map_it(replace(ORDER, address=address))

    assert field == caught.value.field


def test_a_redacted_address_names_the_field_in_the_shops_terms(webhook_body: Callable[[str], bytes]) -> None:
    """An address whose parts Shopify withheld is an order to look at, and not a local pickup."""
    document = json.loads(webhook_body("shopify/order-typical.json"))
    document["shipping_address"] = dict.fromkeys(document["shipping_address"])
    order = sending.parse(shopify, json.dumps(document).encode(), "orders/create")

    assert isinstance(order, Order)
    with pytest.raises(UnmappableOrder) as caught:
        map_it(order)

    assert caught.value.field == "shipping_address.address1"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (("48 Rue de Rivoli", "75004", "Paris", "France"), "48 Rue de Rivoli, 75004 Paris, France"),
        (("48 Rue de Rivoli", "", "Paris", "France"), "48 Rue de Rivoli, Paris, France"),
        (("48 Rue de Rivoli", "75004", "", "France"), "48 Rue de Rivoli, 75004, France"),
        (("48 Rue de Rivoli", "75004", "Paris", ""), "48 Rue de Rivoli, 75004 Paris"),
        (
            ("48 Rue de Rivoli, 75004 Paris", "75004", "Paris", "France"),
            "48 Rue de Rivoli, 75004 Paris, France",
        ),
        (
            ("48 Rue de Rivoli 75004 Paris", "75004", "Paris", "France"),
            "48 Rue de Rivoli, 75004 Paris, France",
        ),
        (
            ("48 Rue de Rivoli, 75004 PARIS, FRANCE", "75004", "Paris", "France"),
            "48 Rue de Rivoli, 75004 Paris, France",
        ),
        (
            ("48 Rue de Rivoli 75004 Paris France", "75004", "Paris", "France"),
            "48 Rue de Rivoli, 75004 Paris, France",
        ),
        (("48 Rue de Rivoli, Paris", "75004", "Paris", "France"), "48 Rue de Rivoli, 75004 Paris, France"),
        (("48 Rue de Rivoli,", "75004", "Paris", "France"), "48 Rue de Rivoli, 75004 Paris, France"),
        (("25 Rue de Paris", "75004", "Paris", "France"), "25 Rue de Paris, 75004 Paris, France"),
        (
            ("Bât. B, 25 Rue de Paris", "93100", "Montreuil", "France"),
            "Bât. B, 25 Rue de Paris, 93100 Montreuil, France",
        ),
        (("75004 Paris", "75004", "Paris", "France"), "75004 Paris, 75004 Paris, France"),
        (
            ("Oranienstraße 25", "10999", "Berlin", "Deutschland"),
            "Oranienstraße 25, 10999 Berlin, Deutschland",
        ),
        (
            ("10 Downing Street", "SW1A 2AA", "London", "United Kingdom"),
            "10 Downing Street, SW1A 2AA London, United Kingdom",
        ),
        (("  48\tRue  de\nRivoli ", "75004", " Paris", "France"), "48 Rue de Rivoli, 75004 Paris, France"),
    ],
)
def test_an_address_is_one_line_for_the_geocoder(address: tuple[str, str, str, str], expected: str) -> None:
    """Number and street, postcode and town, country; what the first line says already is not repeated."""
    line1, postcode, city, country = address

    assert expected == format_address(PostalAddress(line1, "", postcode, city, country))


def test_the_country_code_stands_in_for_the_countrys_name() -> None:
    """A sender that gives only a code still says which country."""
    address = PostalAddress("Rue du Midi 1", "", "1000", "Bruxelles", "", "BE")

    assert format_address(address) == "Rue du Midi 1, 1000 Bruxelles, BE"


# --- the phone ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phones", "country_code", "expected"),
    [
        (("06 39 98 12 34",), "FR", "+33639981234"),
        (("06.39.98.12.34",), "FR", "+33639981234"),
        (("0033 6 39 98 12 34",), "FR", "+33639981234"),
        (("+33 (0)6 39 98 12 34",), "FR", "+33639981234"),
        (("+33 1 99 00 12 34",), "BE", "+33199001234"),
        (("0470 12 34 56",), "BE", "+32470123456"),
        (("01 99 00 12 34",), "", "+33199001234"),
        (("01 99 00 12 34",), "XX", "+33199001234"),
        (("٠١ ٩٩ ٠٠ ١٢ ٣٤",), "FR", "+33199001234"),
        (("n/a", "01 99 00 12 34"), "FR", "+33199001234"),
        (("12", "01 99 00 12 34", "01 99 00 99 99"), "FR", "+33199001234"),
    ],
)
def test_a_phone_as_typed_becomes_e164(phones: tuple[str, ...], country_code: str, expected: str) -> None:
    """The region is the address's country, or the connection's; the first usable candidate is taken."""
    task = dropoff(replace(ORDER, phones=phones, address=replace(ORDER.address, country_code=country_code)))

    assert expected == task.telephone
    assert "Phone as given" not in task.comments


@pytest.mark.parametrize(
    "phone", ["555-555-SHIP", "call me", "0", "+", "+33", "12345", "06 39 98 12 34 56", "9" * 30, "N/A"]
)
def test_a_phone_nobody_can_dial_goes_to_the_courier_as_typed(phone: str) -> None:
    """CoopCycle would refuse the whole delivery for it, so it stands in the comments."""
    task = dropoff(replace(ORDER, phones=(phone,)))

    assert task.telephone is None
    assert f"#1007\n1 × Bouquet\nPhone as given: {phone}" == task.comments


def test_only_the_first_of_several_useless_phones_is_shown() -> None:
    """The first candidate is the one nearest to the door."""
    task = dropoff(replace(ORDER, phones=("first?", "second?")))

    assert task.comments.endswith("Phone as given: first?")


def test_an_extension_is_not_lost() -> None:
    """E.164 has no extension, so the number as typed is shown beside it."""
    task = dropoff(replace(ORDER, phones=("01 99 00 12 34 ext. 12",)))

    assert task.telephone == "+33199001234"
    assert task.comments.endswith("Phone as given: 01 99 00 12 34 ext. 12")


def test_an_absurdly_long_phone_is_cut() -> None:
    """Not even a megabyte of phone stops a delivery."""
    task = dropoff(replace(ORDER, phones=("x" * 1_000_000,)))

    assert f"Phone as given: {'x' * 40}" == task.comments.splitlines()[-1]


# --- pickup, parcels, texts ---------------------------------------------------------------------


def test_without_a_pickup_address_coopcycle_takes_the_stores() -> None:
    """An empty address is none, and an unusable phone is shown."""
    delivery = map_it(connection=replace(SHOP, pickup=Pickup(phone="ask for Anne")))

    assert isinstance(delivery, Delivery)
    assert delivery.pickup == Task(
        window=PICKUP_WINDOW, comments="#1007\nPhone as given: ask for Anne", telephone=None
    )


def test_items_without_a_package_are_carried_all_the_same() -> None:
    """Packages name what the store has a package for; the rest is in weight and comments."""
    items = (
        OrderItem("A", 2, sku="BQT-L", weight_grams=100),
        OrderItem("B", 1, sku="unknown", weight_grams=50),
        OrderItem("C", 1),
        OrderItem("D", 1, sku="FIC-120"),
    )

    task = dropoff(replace(ORDER, items=items))

    assert (Package("XL", 3),) == task.packages
    assert task.weight_grams == 250


def test_a_weight_stays_within_what_coopcycle_can_store() -> None:
    """A typing error in a product's weight does not make the database refuse the delivery."""
    task = dropoff(replace(ORDER, items=(OrderItem("Anvil", 10_000, weight_grams=1_000_000),)))

    assert task.weight_grams == 2**31 - 1


def test_comments_are_bounded_and_keep_the_note() -> None:
    """Of a long order the items are cut, since the note may say how to get in."""
    items = tuple(OrderItem(f"Article {number:03} " + "x" * 40, 1) for number in range(300))

    comments = dropoff(replace(ORDER, items=items, note="Code 48B12", phones=("?",))).comments

    lines = comments.splitlines()
    assert len(comments) <= COMMENTS_LENGTH
    assert lines[0] == "#1007"
    assert f"… and {300 - (len(lines) - 4)} more" == lines[-3]
    assert lines[-2:] == ["Code 48B12", "Phone as given: ?"]


def test_an_endless_note_is_cut() -> None:
    """Comments never exceed their length, whatever was typed."""
    comments = dropoff(replace(ORDER, note="y" * 100_000, name="#" * 1000)).comments

    assert len(comments) <= COMMENTS_LENGTH


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\x00b", "a b"),
        ("  a \t b  ", "a b"),
        ("a\nb", "a b"),
        ("a\u202eb", "a b"),
        ("a\ud800b", "a b"),
        ("花子 🌸 é", "花子 🌸 é"),
        ("👩\u200d👩", "👩\u200d👩"),
        ("x" * 300, "x" * 250),
    ],
)
def test_a_line_is_cleaned(text: str, expected: str) -> None:
    """No control characters, no half characters, single blanks, bounded."""
    assert expected == clean(text)


def test_the_lines_of_a_note_are_kept() -> None:
    """A note keeps its lines, whichever way they end, and loses empty ones."""
    assert clean_lines("a\r\n\r\nb\rc\u2028d\x00\n ") == "a\nb\nc\nd"


# --- anything at all ----------------------------------------------------------------------------

VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.lists(st.text(), max_size=2)
)
ADDRESSES = st.dictionaries(
    st.sampled_from(
        ["name", "address1", "address2", "zip", "city", "country", "country_code", "phone", "latitude"]
    ),
    VALUES,
)
LINES = st.lists(
    st.dictionaries(
        st.sampled_from(["title", "sku", "grams", "quantity", "current_quantity", "gift_card"]), VALUES
    ),
    max_size=3,
)


@settings(max_examples=200, deadline=None)
@given(
    address=ADDRESSES, lines=LINES, note=VALUES, phone=VALUES, topic=st.sampled_from(sorted(shopify.TOPICS))
)
def test_anything_in_an_order_is_mapped_or_refused_by_name(
    address: dict[str, object], lines: object, note: object, phone: object, topic: str
) -> None:
    """A hostile order gives a delivery fit to send, a reason, or an error of the taxonomy."""
    body = {
        "id": 1,
        "updated_at": "2026-11-23T10:12:08+01:00",
        "order_edit": {"order_id": 1},
        "shipping_address": {"address1": "48 Rue de Rivoli", "zip": "75004", **address},
        "line_items": [{"title": "Bouquet", "quantity": 1}, *lines],  # type: ignore[misc]
        "note": note,
        "phone": phone,
    }

    with contextlib.suppress(UnmappableOrder, MalformedWebhook):
        order = sending.parse(shopify, json.dumps(body).encode(), topic)
        delivery = map_it(order) if isinstance(order, Order) else order
        if isinstance(delivery, Delivery):
            repr(delivery).encode("utf-8")
            assert len(delivery.dropoff.comments) <= COMMENTS_LENGTH


@settings(max_examples=200, deadline=None)
@given(phone=st.text(max_size=40) | st.from_regex(r"\+?[0-9 ().-]{5,20}", fullmatch=True))
def test_any_phone_is_safe_to_send(phone: str) -> None:
    """A telephone we send can be read again without a region, as CoopCycle will do; others are None."""
    telephone = dropoff(replace(ORDER, phones=(phone,))).telephone

    assert telephone is None or phonenumbers.parse(telephone, None)
