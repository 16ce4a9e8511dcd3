"""From an order to the delivery that we ask for: windows, pickup, parcels, phone, texts and tags."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.support.mapped_orders import (
    DROPOFF_WINDOW,
    NEIGHBOUR,
    NOW,
    ORDER,
    PICKUP_WINDOW,
    SHOP,
    dropoff,
    map_it,
    mapped,
)

from bridge.connections.model import DispatchTags, Parcels, Pickup
from bridge.errors import InvalidConnection
from bridge.model import (
    Delivery,
    OrderItem,
    Package,
    Task,
)
from bridge.planning.choose_windows import ChosenBy, ChosenWindows
from bridge.planning.mapping import map_order
from bridge.planning.trace import Trace
from bridge.schedule.opening_hours import Schedule
from bridge.schedule.windows import Windows
from bridge.text import COMMENTS_LENGTH, clean, clean_lines

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
