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

from bridge.connections.model import Connection, DispatchTags, OrderFilter, Parcels, Pickup
from bridge.coopcycle.payload import delivery_body
from bridge.errors import InvalidConnection, MalformedWebhook, UnmappableOrder
from bridge.model import (
    Coordinates,
    Delivery,
    Ignored,
    Order,
    OrderItem,
    Package,
    PostalAddress,
    Stop,
    Task,
    TimeWindow,
    TimeWish,
)
from bridge.operator.body_fields import fields_of
from bridge.operator.dry_run import OfflineInstance
from bridge.planning.address import format_address
from bridge.planning.choose_windows import ChosenBy, ChosenWindows
from bridge.planning.mapping import map_order
from bridge.planning.plan import plan
from bridge.planning.text import COMMENTS_LENGTH, clean, clean_lines
from bridge.planning.trace import Origin, Trace
from bridge.schedule.opening_hours import Schedule
from bridge.schedule.windows import Windows
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
        phone="09 12 34 56 78",
    ),
    schedule=Schedule(
        opening_hours=("Mo-Fr 09:00-19:00", "Sa 10:00-18:00"),
        closed_on=(date(2026, 12, 25),),
        preparation_minutes=45,
        pickup_minutes=30,
        window_minutes=120,
    ),
    parcels=Parcels(by_sku={"BQT-L": "XL", "FIC-120": "XL", "BQT-M": "M"}),
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
        telephone="+33912345678",
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
    """Plan with the zone of Paris, and ask nobody."""
    complete = replace(connection, timezone="Europe/Paris", country=country)
    return plan(order, complete, OfflineInstance(), now=now, kept=windows)


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
                telephone="+33612345678",
                description="Code 48B12, 3e étage gauche",
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
                telephone="+33612345678",
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
                telephone="+33123456789",
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
                telephone="+33612345678",
                description="Sonner chez le gardien",
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
                telephone="+33612345678",
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
                telephone="+33123456789",
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
    moved = ChosenWindows(Windows(PICKUP_WINDOW, DROPOFF_WINDOW), ChosenBy.SCHEDULE, ("The time was moved.",))

    delivery = map_order(replace(ORDER, note="Code 48B12"), SHOP, moved, country="FR", trace=Trace())

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
        (("  48\tRue  de\vRivoli ", "75004", " Paris", "France"), "48 Rue de Rivoli, 75004 Paris, France"),
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


def test_words_about_a_phone_stand_after_the_note() -> None:
    """CoopCycle would refuse the whole delivery for such a number, so the courier reads it as typed."""
    task = dropoff(replace(ORDER, note="Sonner", phones=("call me",)))

    assert task.telephone is None
    assert "#1007\n1 × Bouquet\nSonner\nPhone as given: call me" == task.comments


@pytest.mark.parametrize(
    ("country_code", "expected"),
    [("BE", "+32470123456"), ("FR", "+33470123456"), ("", "+33470123456"), ("XX", "+33470123456")],
)
def test_a_phone_belongs_to_the_country_of_its_address(country_code: str, expected: str) -> None:
    """Where the address names none that is known, it is the connection's."""
    address = replace(ORDER.address, country_code=country_code)

    assert expected == dropoff(replace(ORDER, phones=("0470 12 34 56",), address=address)).telephone


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
        ("x" * 3000, "x" * 2000),
    ],
)
def test_a_line_is_cleaned(text: str, expected: str) -> None:
    """No control characters, no half characters, single blanks, bounded."""
    assert expected == clean(text)


def test_the_lines_of_a_note_are_kept() -> None:
    """A note keeps its lines, whichever way they end, and loses empty ones."""
    assert clean_lines("a\r\n\r\nb\rc\u2028d\x00\n ") == "a\nb\nc\nd"


# --- several stops ------------------------------------------------------------------------------

NORTH = Pickup("1 rue du Nord, 75018 Paris", "Sonner", "Acme Nord", "Ali", "0 806 12 34 56")
SOUTH = Pickup("2 place d'Italie, 75013 Paris", coordinates=Coordinates(48.8315, 2.3557))
TWO_PLACES = replace(SHOP, locations={"north": NORTH, "south": SOUTH})
NEIGHBOUR = Stop(
    PostalAddress("5 Rue Charlot", "", "75003", "Paris", "France", "FR"),
    "Jo Petit",
    "Galerie",
    ("01 23 45 67 89",),
    "Interphone 3",
    (OrderItem("Vase", 2, sku="BQT-M", weight_grams=400),),
    path="recipients[0]",
)


def mapped(order: Order, connection: Connection = SHOP, trace: Trace | None = None) -> Delivery:
    """Map an order that becomes a delivery."""
    complete = replace(connection, timezone="Europe/Paris", country="FR")
    delivery = plan(order, complete, OfflineInstance(), now=NOW, trace=trace)
    assert isinstance(delivery, Delivery)
    return delivery


@pytest.mark.parametrize(
    ("keys", "addresses"),
    [
        ((), [SHOP.pickup.address]),
        (("north",), [NORTH.address]),
        (("south", "north", "south"), [SOUTH.address, NORTH.address]),
        (("elsewhere",), [SHOP.pickup.address]),
        (("north", "elsewhere", "nowhere"), [NORTH.address, SHOP.pickup.address]),
    ],
)
def test_goods_are_collected_where_they_are(keys: tuple[str, ...], addresses: list[str]) -> None:
    """Each place that the order names is a pickup, once; one that is unknown is the connection's own."""
    delivery = mapped(replace(ORDER, pickup_locations=keys), TWO_PLACES)

    assert addresses == [task.street_address for task in delivery.pickups]
    assert {PICKUP_WINDOW} == {task.window for task in delivery.pickups}


def test_a_place_has_its_own_words() -> None:
    """Nothing of the connection's usual pickup goes along to another place."""
    delivery = mapped(replace(ORDER, pickup_locations=("north",)), TWO_PLACES)

    expected = Task(
        window=PICKUP_WINDOW,
        street_address="1 rue du Nord, 75018 Paris",
        company="Acme Nord",
        contact_name="Ali",
        telephone="+33806123456",
        comments="#1007\nSonner",
    )
    assert expected == delivery.pickup


def test_the_stores_own_address_is_the_first_pickup() -> None:
    """CoopCycle knows it for the first task alone."""
    connection = replace(TWO_PLACES, pickup=Pickup())

    delivery = mapped(replace(ORDER, pickup_locations=("north", "elsewhere")), connection)

    assert [None, NORTH.address] == [task.street_address for task in delivery.pickups]


@pytest.mark.parametrize(
    ("keys", "field"), [((), "pickup_locations"), (("north", "elsewhere"), "pickup_locations[1]")]
)
def test_an_unknown_place_is_refused_where_the_connection_wants_it(keys: tuple[str, ...], field: str) -> None:
    """A courier sent to the wrong shop is worse than an order to look at."""
    connection = replace(TWO_PLACES, unknown_location="refuse")

    with pytest.raises(UnmappableOrder) as caught:
        map_it(replace(ORDER, pickup_locations=keys), connection)

    assert field == caught.value.field


def test_an_order_for_two_people_is_one_delivery() -> None:
    """Each stop has its own items, note and phone; the last is CoopCycle's dropoff; one window for all."""
    delivery = mapped(replace(ORDER, dropoffs=(NEIGHBOUR,)))

    expected = Task(
        window=DROPOFF_WINDOW,
        street_address="5 Rue Charlot, 75003 Paris, France",
        company="Galerie",
        contact_name="Jo Petit",
        telephone="+33123456789",
        description="Interphone 3",
        comments="#1007\n2 × Vase\nInterphone 3",
        weight_grams=800,
        packages=(Package("M", 2),),
    )
    assert expected == delivery.dropoff
    assert ["48 Rue de Rivoli, 75004 Paris, France"] == [
        task.street_address for task in delivery.earlier_dropoffs
    ]
    assert DROPOFF_WINDOW == delivery.earlier_dropoffs[0].window


def test_a_stop_that_lacks_something_is_named() -> None:
    """The further stops are checked as the first one is."""
    broken = replace(NEIGHBOUR, address=PostalAddress("5 Rue Charlot"))

    with pytest.raises(UnmappableOrder) as caught:
        map_it(replace(ORDER, dropoffs=(broken,)))

    assert "recipients[0].address.city" == caught.value.field


def test_stops_on_both_sides_of_a_zone_are_for_a_person() -> None:
    """All inside is a delivery, all outside is ignored, half and half is neither."""
    order = replace(ORDER, dropoffs=(NEIGHBOUR,))

    with pytest.raises(UnmappableOrder, match=r"outside orders\.postcodes, but another stop") as caught:
        map_it(order, replace(SHOP, orders=OrderFilter(postcodes=("75004",))))
    outside = map_it(order, replace(SHOP, orders=OrderFilter(postcodes=("69*",))))

    assert "recipients[0].address.postcode" == caught.value.field
    assert isinstance(outside, Ignored)
    assert isinstance(map_it(order, replace(SHOP, orders=OrderFilter(postcodes=("75*",)))), Delivery)


# --- saved addresses and coordinates ------------------------------------------------------------


def test_a_saved_address_goes_by_its_name() -> None:
    """It has its own contact on CoopCycle, so whom to ask for and the floor stand in the comments."""
    address = PostalAddress(line2="3e étage", iri="/api/addresses/7")
    order = replace(ORDER, address=address, company="Acme", phones=("01 23 45 67 89",))

    task = mapped(order, replace(SHOP, orders=OrderFilter(postcodes=("75*",)))).dropoff

    assert ("/api/addresses/7", None) == (task.address_iri, task.street_address)
    assert "#1007\nAcme, Camille Moreau, +33123456789\n3e étage\n1 × Bouquet" == task.comments


@pytest.mark.parametrize("iri", ["/api/stores/1", "/api/addresses/7/../1", "https://x/api/addresses/7", "7"])
def test_what_is_no_saved_address_is_refused(iri: str) -> None:
    """Nothing but the IRI of an address is ever sent as one."""
    with pytest.raises(UnmappableOrder) as caught:
        map_it(replace(ORDER, address=PostalAddress(iri=iri)))

    assert "address.iri" == caught.value.field


def test_a_pickup_at_a_saved_address() -> None:
    """What the connection says of the people there goes into the comments."""
    connection = replace(SHOP, pickup=Pickup("/api/addresses/3", "Cour", "Acme", "Anne", "09 12 34 56 78"))

    task = mapped(ORDER, connection).pickup

    assert ("/api/addresses/3", None) == (task.address_iri, task.street_address)
    assert "#1007\nAcme, Anne, +33912345678\nCour" == task.comments


HERE = Coordinates(48.8556, 2.3601)


@pytest.mark.parametrize(
    ("given", "mode", "sent"),
    [
        (HERE, "use", HERE),
        (HERE, "ignore", None),
        (Coordinates(0, 0), "use", None),
        (Coordinates(48.86, 2.35), "use", None),
        (Coordinates(43.2965, 5.3698), "use", None),
    ],
)
def test_coordinates_are_sent_when_they_can_be_believed(
    given: Coordinates, mode: str, sent: Coordinates | None
) -> None:
    """CoopCycle rides to coordinates without a look at the address, which is sent in any case."""
    connection = replace(
        SHOP, pickup=replace(SHOP.pickup, coordinates=HERE), orders=OrderFilter(coordinates=mode)
    )

    task = mapped(replace(ORDER, address=replace(ORDER.address, coordinates=given)), connection).dropoff

    assert sent == task.coordinates
    assert "48 Rue de Rivoli, 75004 Paris, France" == task.street_address


@pytest.mark.parametrize(
    ("place", "within_km", "keys", "ignored"),
    [
        (Coordinates(48.8700, 2.3601), 2, (), False),  # 1.6 km
        (Coordinates(48.8700, 2.3601), 1.5, (), True),
        (Coordinates(48.8300, 2.3557), 1, (), True),
        (Coordinates(48.8300, 2.3557), 1, ("south",), False),  # 0.2 km from there
        (Coordinates(48.8700, 2.3601), 2, ("north",), False),  # of which no coordinates are known
        (Coordinates(43.2965, 5.3698), 8, (), True),
        (Coordinates(0, 0), 1, (), False),
        (None, 1, (), False),
    ],
)
def test_only_orders_nearby_are_delivered(
    place: Coordinates | None, within_km: float, keys: tuple[str, ...], ignored: bool
) -> None:
    """The distance counts from where the goods are; an order without coordinates is let through."""
    connection = replace(
        TWO_PLACES,
        pickup=replace(SHOP.pickup, coordinates=HERE),
        orders=OrderFilter(within_km=within_km),
    )
    order = replace(ORDER, address=replace(ORDER.address, coordinates=place), pickup_locations=keys)

    found = map_it(order, connection)

    expected = Ignored("distance", retracts=True, order_id="7", order_name="#1007", updated_at=NOW)
    assert (found == expected) if ignored else isinstance(found, Delivery)


# --- parcels and tags ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (OrderItem("A", 2, sku="BQT-L", product_type="Plantes"), {"XL": 2}),
        (OrderItem("A", 2, sku="?", product_type=" PLANTES ", tags=("fragile",)), {"BIG": 2}),
        (OrderItem("A", 3, tags=("Fragile", "new")), {"BOX": 3}),
        (OrderItem("A", 3, product_type="Cards", tags=("new",)), {"SMALL": 1}),
    ],
)
def test_a_package_is_found_by_sku_then_type_then_tag(item: OrderItem, expected: dict[str, int]) -> None:
    """Per piece; when nothing of a stop has a package, one default package stands for all of it."""
    parcels = Parcels({"BQT-L": "XL"}, {"plantes": "BIG"}, {"fragile": "BOX"}, default_package="SMALL")

    task = dropoff(replace(ORDER, items=(item,)), replace(SHOP, parcels=parcels))

    assert expected == {package.name: package.quantity for package in task.packages}


@pytest.mark.parametrize(
    ("override", "piece", "default", "expected"),
    [(700, 100, 50, 700), (0, 100, 50, 200), (None, 100, 50, 200), (None, 0, 50, 50), (None, 0, 0, 0)],
)
def test_the_weight_is_the_senders_total_or_sum_or_a_default(
    override: int | None, piece: int, default: int, expected: int
) -> None:
    """In this order; 0 is no weight."""
    order = replace(ORDER, weight_override_grams=override, items=(OrderItem("A", 2, weight_grams=piece),))

    assert (
        expected == dropoff(order, replace(SHOP, parcels=Parcels(default_weight_grams=default))).weight_grams
    )


def test_one_weight_for_everything_stands_at_the_first_stop() -> None:
    """CoopCycle sums the tasks: said twice it would be double."""
    order = replace(ORDER, dropoffs=(NEIGHBOUR,), weight_override_grams=3000)

    delivery = mapped(order, replace(SHOP, parcels=Parcels(default_weight_grams=500)))

    assert [3000, 0] == [task.weight_grams for task in delivery.dropoffs]


def test_tags_for_the_dispatcher() -> None:
    """On every task, each once: the connection's own, then what the order's tags ask for."""
    tags = DispatchTags(("fleurs",), {"urgent*": "express", "vip": "fleurs", "cold": "cold"})
    order = replace(ORDER, tags=("Urgent today", "VIP"))

    delivery = mapped(order, replace(SHOP, tags=tags))

    assert ("fleurs", "express") == delivery.dropoff.tags == delivery.pickup.tags


# --- where everything comes from ----------------------------------------------------------------


RICH = replace(
    SHOP,
    locations={"north": NORTH, "south": SOUTH},
    parcels=replace(SHOP.parcels, default_package="S", default_weight_grams=100),
    tags=DispatchTags(("fleurs",), {"vip": "express"}),
)


@pytest.mark.parametrize("sample", [sample for sample, _, _ in SAMPLES])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"pickup_locations": ("north", "elsewhere"), "tags": ("VIP",)},
        {"dropoffs": (NEIGHBOUR, replace(NEIGHBOUR, items=(), path=""))},
        {"address": PostalAddress(line2="3e", iri="/api/addresses/7"), "weight_override_grams": 5},
    ],
)
def test_every_value_of_the_body_has_an_origin(
    webhook_body: Callable[[str], bytes], sample: str, changes: dict[str, object]
) -> None:
    """Nothing is sent of which nobody can say where it came from."""
    order = sending.parse(shopify, webhook_body(f"shopify/{sample}.json"), "orders/updated")
    assert isinstance(order, Order)
    trace = Trace()

    body = delivery_body(mapped(replace(order, **changes), RICH, trace))  # type: ignore[arg-type]

    told = dict(fields_of(body))
    assert len(told) > 10
    assert [] == [path for path, field in told.items() if not trace.origins.get(field)]


def test_an_origin_names_the_senders_own_field(webhook_body: Callable[[str], bytes]) -> None:
    """The path is that of the value taken, also where one of several could have been."""
    document = json.loads(webhook_body("shopify/order-typical.json"))
    document["shipping_address"]["phone"] = None
    order = sending.parse(shopify, json.dumps(document).encode(), "orders/create")
    assert isinstance(order, Order)
    trace = Trace()

    mapped(order, SHOP, trace)

    assert [Origin("order", "billing_address.phone", "in E.164")] == trace.origins["dropoffs[0].telephone"]
    assert [Origin("setting", "pickup.phone", "in E.164")] == trace.origins["pickups[0].telephone"]


@pytest.mark.parametrize(
    ("chosen_by", "schedule", "expected"),
    [
        (ChosenBy.SCHEDULE, SHOP.schedule, Origin("setting", "schedule", "the next window after the order")),
        (ChosenBy.SCHEDULE, Schedule(), Origin("default", "the bridge's: always open")),
        (
            ChosenBy.TIME_SLOT,
            SHOP.schedule,
            Origin("setting", "schedule.window", "CoopCycle's next time slot"),
        ),
        (ChosenBy.EARLIER, SHOP.schedule, Origin("default", "fixed earlier for this order, and kept")),
        (
            ChosenBy.CUSTOMER,
            SHOP.schedule,
            Origin("order", "note_attributes", "the buyer's choice, as it was planned"),
        ),
    ],
)
def test_a_window_has_an_origin(chosen_by: ChosenBy, schedule: Schedule, expected: Origin) -> None:
    """Who chose it says so: the schedule, CoopCycle, an earlier plan, or the buyer at this place."""
    trace = Trace()
    order = replace(ORDER, wish=TimeWish(date="2026-11-24", path="note_attributes"))
    chosen = ChosenWindows(Windows(PICKUP_WINDOW, DROPOFF_WINDOW), chosen_by)

    map_order(order, replace(SHOP, schedule=schedule), chosen, country="FR", trace=trace)

    assert [expected] == trace.origins["dropoffs[0].window"] == trace.origins["pickups[0].window"]


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
