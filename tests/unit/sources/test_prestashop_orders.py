"""PrestaShop's orders: what is read of one, what needs no delivery, and what is named when it is wrong."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.support import shop_orders, source_calls
from tests.support.of_prestashop import FOUND, SAMPLES, options, prestashop

from bridge.errors import (
    InvalidConnection,
    MalformedWebhook,
    UnmappableOrder,
)
from bridge.model import Ignored, Order, OrderItem, PostalAddress
from bridge.sources import Options


def found(
    order: Mapping[str, object] | None = None, address: Mapping[str, object] | None = None, **changes: object
) -> dict[str, Any]:
    """Return what was fetched, with some fields of the order or the address, or whole parts, changed."""
    document = copy.deepcopy(FOUND)
    document["order"].update(order or {})
    document["address"].update(address or {})
    return {**document, **changes}


def parse(
    document: Mapping[str, object],
    topic: str = "actionOrderStatusPostUpdate",
    given_options: Options = SAMPLES.options,
) -> Order | Ignored:
    """Parse what was fetched."""
    return source_calls.parse(prestashop, json.dumps(document).encode(), topic, given_options)


def parsed(document: Mapping[str, object], given_options: Options = SAMPLES.options) -> Order:
    """Parse an order that becomes a delivery."""
    order = parse(document, given_options=given_options)
    assert isinstance(order, Order)
    return order


def test_an_order_is_read_whole() -> None:
    """Every field we use is filled; the shop's clock is an hour ahead of UTC in November."""
    assert parsed(FOUND) == Order(
        order_id="42",
        name="XKBKNABJK",
        updated_at=datetime(2026, 11, 23, 9, 12, 8, tzinfo=UTC),
        created_at=datetime(2026, 11, 23, 9, 12, 6, tzinfo=UTC),
        address=PostalAddress("48 Rue de Rivoli", "3e étage gauche", "75004", "Paris"),
        recipient_name="Camille Moreau",
        phones=("06 12 34 56 78",),
        note="Code 48B12",
        items=(
            OrderItem("Bouquet de saison - Taille : Grand", 1, sku="BQT-L"),
            OrderItem("Carte manuscrite", 1, sku="CARD"),
        ),
        shipping_methods=("Livraison à vélo",),
        paid=True,
    )


SHIPPED = {"id": "4", "shipped": "1", "paid": "1"}


@pytest.mark.parametrize(
    ("document", "reason", "retracts"),
    [
        (found({"current_state": "6"}), "cancelled", True),
        (found({"current_state": 7}), "cancelled", True),
        (found({"current_state": "8"}), "cancelled", True),
        (found({"current_state": "6"}, order_state=SHIPPED), "cancelled", True),
        (found(order_state=SHIPPED), "already_fulfilled", False),
        (found(order_state={**SHIPPED, "shipped": 1}), "already_fulfilled", False),
        (found({"current_state": "0"}), "incomplete", False),
        (found({"current_state": None}), "incomplete", False),
        (found({"id_carrier": "0"}), "nothing_to_ship", True),
        (found({"associations": {}}), "nothing_to_ship", True),
        (found({"associations": {"order_rows": [{"product_quantity": "0"}]}}), "nothing_to_ship", True),
    ],
)
def test_an_order_that_needs_no_delivery_is_ignored(
    document: dict[str, object], reason: str, retracts: bool
) -> None:
    """A cancelled or virtual order retracts its delivery, a shipped or unfinished one does not."""
    ignored = parse(document)

    assert isinstance(ignored, Ignored)
    assert (reason, retracts, "42", "XKBKNABJK") == (
        ignored.reason,
        ignored.retracts,
        ignored.order_id,
        ignored.order_name,
    )
    assert datetime(2026, 11, 23, 9, 12, 8, tzinfo=UTC) == ignored.updated_at


@pytest.mark.parametrize(
    "carrier",
    [
        {"name": "0", "delay": "Pick up in-store"},  # the shop's own name, in a fresh shop before 8
        {"name": "Click and collect"},  # PrestaShop/PrestaShop#41885
        {"name": "Ma boutique", "delay": [{"id": "1", "value": "Retrait en magasin"}]},
        {"name": "Retrait en boutique"},
    ],
)
def test_a_carrier_that_is_the_shop_itself_carries_nothing(carrier: dict[str, object]) -> None:
    """The buyer collects; a delivery made before they changed their mind goes."""
    order = parse(found(carrier={"id": 3, **carrier}))

    assert isinstance(order, Ignored)
    assert ("local_pickup", True) == (order.reason, order.retracts)


@pytest.mark.parametrize(
    "carrier", [{"name": "Coursier de la boutique", "delay": "Livré depuis la boutique"}, {"name": "10"}]
)
def test_a_carrier_that_mentions_the_shop_carries(carrier: dict[str, object]) -> None:
    """Its name says who rides, and not that nobody does."""
    assert isinstance(parse(found(carrier={"id": 3, **carrier})), Order)


def test_the_papers_dates_are_no_choice_of_time() -> None:
    """``delivery_date`` is when that paper was made; a module's own field is the buyer's."""
    assert "" == shop_orders.choice(parsed(found({"delivery_date": "2026-11-30 10:00:00"})))
    assert "2026-11-30" == shop_orders.choice(parsed(found({"date_livraison": "2026-11-30"})))


def test_the_states_that_mean_cancelled_are_a_setting() -> None:
    """A shop that made its own states names their ids."""
    own = options(cancelled_states="15,16")

    assert isinstance(parse(found({"current_state": "16"}), given_options=own), Ignored)
    assert isinstance(parse(found({"current_state": "6"}), given_options=own), Order)


@pytest.mark.parametrize(("flag", "paid"), [("1", True), (1, True), ("0", False), (0, False), (None, False)])
def test_an_order_is_paid_when_its_state_says_so(flag: object, paid: bool) -> None:
    """PrestaShop's states carry the flag; it comes as a text or a number."""
    assert paid == parsed(found(order_state={"id": "2", "paid": flag})).paid


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        ("2026-07-01 12:00:00", datetime(2026, 7, 1, 10, 0, tzinfo=UTC)),
        ("2026-10-25 02:30:00", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # twice that night: the first
        ("2026-10-25 03:00:00", datetime(2026, 10, 25, 2, 0, tzinfo=UTC)),
    ],
)
def test_times_are_of_the_shops_clock(local: str, expected: datetime) -> None:
    """PrestaShop writes wall-clock times of the shop's zone, summer and winter."""
    document = found({"date_upd": local}, {"date_upd": ""})

    assert expected == parsed(document).updated_at


def test_an_address_edited_later_is_a_later_state() -> None:
    """An address is edited in its place, and the order's own time stays."""
    document = found(address={"date_upd": "2026-11-23 11:00:00"})

    assert datetime(2026, 11, 23, 10, 0, tzinfo=UTC) == parsed(document).updated_at


def test_phones_and_names_take_what_there_is() -> None:
    """The mobile number comes first, none twice; a name may miss a part, a reference may be missing."""
    document = found({"reference": ""}, {"phone": "01", "firstname": "", "company": "Atelier"})

    order = parsed(document)

    assert order.phones == ("06 12 34 56 78", "01")
    assert (order.name, order.recipient_name, order.company) == ("#42", "Moreau", "Atelier")


@pytest.mark.parametrize("setting", [{"timezone": ""}, {"timezone": "Europe"}, {"timezone": "../etc"}])
def test_a_wrong_time_zone_is_named(setting: dict[str, str]) -> None:
    """Without the shop's zone its times mean nothing."""
    with pytest.raises(InvalidConnection, match=r"^sender\.timezone: "):
        parse(FOUND, given_options=options(**setting))


@pytest.mark.parametrize("states", ["cancelled", "6;7", "6,,7", "-1"])
def test_wrong_ids_of_states_are_named(states: str) -> None:
    """A setting we cannot use is the connection's fault, not the order's."""
    with pytest.raises(InvalidConnection, match=r"^sender\.cancelled_states: "):
        parse(FOUND, given_options=options(cancelled_states=states))


@pytest.mark.parametrize(
    ("document", "field"),
    [
        (found({"date_upd": "0000-00-00 00:00:00"}), "order.date_upd"),
        (found({"date_upd": "2026-11-23T10:12:08Z"}), "order.date_upd"),
        (found({"date_upd": "1926-11-23 10:12:08"}), "order.date_upd"),
        (found({"date_upd": 5}), "order.date_upd"),
        (found({"date_add": "soon"}), "order.date_add"),
        (found(address={"postcode": 75004}), "address.postcode"),
        (found(address={"date_upd": "soon"}), "address.date_upd"),
        ({name: part for name, part in FOUND.items() if name != "address"}, "order.id_address_delivery"),
        (found({"associations": {"order_rows": {}}}), "order.associations.order_rows"),
        (
            found({"associations": {"order_rows": [{"product_quantity": "two"}]}}),
            "order.associations.order_rows[0].product_quantity",
        ),
        (
            found({"associations": {"order_rows": [{"product_quantity": "10001"}]}}),
            "order.associations.order_rows[0].product_quantity",
        ),
        (
            found({"associations": {"order_rows": [{}]}}),
            "order.associations.order_rows[0].product_quantity",
        ),
    ],
)
def test_a_needed_field_of_the_wrong_form_is_named(document: dict[str, object], field: str) -> None:
    """The error names the resource and its field as PrestaShop does."""
    with pytest.raises(UnmappableOrder) as caught:
        parse(document)

    assert field == caught.value.field


@pytest.mark.parametrize("document", [{}, {"order": None}, {"order": {}}, {"order": {"id": "x"}}])
def test_an_order_without_a_usable_id_is_malformed(document: dict[str, object]) -> None:
    """Only a fetched order is parsed."""
    with pytest.raises(MalformedWebhook):
        parse(document)
