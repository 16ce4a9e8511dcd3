"""WooCommerce's orders: what is read of one, what needs no delivery, and what is named when it is wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.support import source_calls
from tests.support.of_woocommerce import order, parse, woocommerce

from bridge.errors import UnmappableOrder
from bridge.model import Ignored, Order, OrderItem, PostalAddress
from bridge.sources import Options

MODIFIED_AT = datetime(2026, 11, 23, 9, 12, 9, tzinfo=UTC)
JUST_BEFORE = MODIFIED_AT - timedelta(microseconds=1)


def parsed(options: Options | None = None, **changes: object) -> Order:
    """Parse what must become an order."""
    found = parse(options=options, **changes)
    assert isinstance(found, Order)
    return found


def meta(**values: object) -> list[dict[str, object]]:
    """Return an order's meta data."""
    return [{"id": number, "key": key, "value": value} for number, (key, value) in enumerate(values.items())]


def shipping_line(method: str, instance: str = "3") -> dict[str, object]:
    """Return one line of shipping."""
    return {"method_title": "Livraison", "method_id": method, "instance_id": instance}


# --- the order ------------------------------------------------------------------------------------


def test_an_order_is_read_whole() -> None:
    """Every field we use is filled from a complete body; its times are UTC though nothing says so."""
    found = parsed()

    assert found == Order(
        order_id="727",
        name="#727",
        updated_at=MODIFIED_AT,
        created_at=datetime(2026, 11, 23, 9, 12, 8, tzinfo=UTC),
        address=PostalAddress("48 Rue de Rivoli", "3e étage gauche", "75004", "Paris", country_code="FR"),
        recipient_name="Camille Moreau",
        phones=("06 12 34 56 78",),
        note="Code 48B12",
        items=(
            OrderItem("Bouquet de saison - Grand", 1, sku="BQT-L"),
            OrderItem("Carte manuscrite", 2, sku="CARD"),
        ),
        shipping_methods=("Livraison à vélo", "flat_rate", "flat_rate:3"),
        paid=True,
    )


@pytest.mark.parametrize(
    ("changes", "reason", "retracts", "updated_at"),
    [
        ({"status": "pending"}, "awaiting_payment", True, JUST_BEFORE),
        ({"status": "on-hold"}, "on_hold", True, JUST_BEFORE),
        ({"status": "failed"}, "payment_failed", True, JUST_BEFORE),
        ({"status": "cancelled"}, "cancelled", True, MODIFIED_AT),
        ({"status": "refunded"}, "refunded", True, MODIFIED_AT),
        ({"status": "trash"}, "deleted", True, MODIFIED_AT),
        ({"status": "completed"}, "already_fulfilled", False, JUST_BEFORE),
        ({"status": "checkout-draft"}, "draft", False, JUST_BEFORE),
        ({"status": "ready-to-ship"}, "status", False, JUST_BEFORE),
        ({"refunds": [{"total": "-60.00"}, {"total": "-9.80"}]}, "refunded", True, MODIFIED_AT),
        ({"line_items": []}, "nothing_to_ship", True, JUST_BEFORE),
        ({"line_items": [{"name": "X", "quantity": 0}]}, "nothing_to_ship", True, JUST_BEFORE),
        ({"shipping_lines": [shipping_line("local_pickup")]}, "local_pickup", True, JUST_BEFORE),
        ({"shipping_lines": [shipping_line("pickup_location")]}, "local_pickup", True, JUST_BEFORE),
        ({"meta_data": meta(lpac_dps_order_type="pickup")}, "local_pickup", True, JUST_BEFORE),
        (
            {"meta_data": meta(coopcycle_delivery="/api/deliveries/42")},
            "coopcycle_plugin",
            False,
            JUST_BEFORE,
        ),
        (
            {"status": "cancelled", "meta_data": meta(coopcycle_delivery="/api/deliveries/42")},
            "cancelled",
            True,
            MODIFIED_AT,
        ),
    ],
)
def test_an_order_that_needs_no_delivery_is_ignored(
    changes: dict[str, object], reason: str, retracts: bool, updated_at: datetime
) -> None:
    """The status decides; whatever can be undone loses against the delivered state of the same second."""
    expected = Ignored(reason, retracts, order_id="727", order_name="#727", updated_at=updated_at)

    assert expected == parse(**changes)


def test_a_deleted_order_retracts_its_delivery() -> None:
    """Only the id is left of it, so the time is that of the push."""
    expected = Ignored("deleted", retracts=True, order_id="727", updated_at=source_calls.RECEIVED_AT)

    assert expected == source_calls.parse(woocommerce, b'{"id":727}', "order.deleted")


def test_the_unsigned_topic_cannot_cancel_an_order() -> None:
    """A captured body sent again as order.deleted is still an order that is being processed."""
    assert isinstance(parse("order.deleted"), Order)


def test_a_restored_order_is_judged_by_its_status() -> None:
    """Out of the trash it comes with the status it had."""
    assert isinstance(parse("order.restored"), Order)
    assert isinstance(parse("order.restored", status="pending"), Ignored)


def test_the_statuses_that_are_delivered_can_be_named() -> None:
    """Shops have statuses of their own, and some deliver before the money has come."""
    options = Options(settings={"statuses": "ready-to-ship, on-hold"})

    assert isinstance(parse(options=options, status="ready-to-ship"), Order)
    assert isinstance(parse(options=options, status="on-hold"), Order)
    found = parse(options=options, status="processing")
    assert isinstance(found, Ignored)
    assert ("status", False) == (found.reason, found.retracts)


@pytest.mark.parametrize(
    "changes",
    [
        {"refunds": [{"total": "-5.00"}]},
        {"refunds": [{"total": "lots"}, {"total": None}, {"total": "-Infinity"}, 5]},
        {"refunds": None},
        {"refunds": [{"total": "-5.00"}], "total": "0.00"},
        {"refunds": [{"total": "-5.00"}], "total": "sNaN"},
    ],
)
def test_a_part_of_the_money_back_changes_nothing(changes: dict[str, object]) -> None:
    """Which items it was for is not in the body, so all are delivered; a free order is no refund."""
    assert parsed().items == parsed(**changes).items


def test_one_line_that_is_delivered_is_enough() -> None:
    """Of an order that is partly collected in the shop, the rest is delivered."""
    assert parsed(shipping_lines=[shipping_line("local_pickup"), shipping_line("flat_rate")])


def test_an_order_is_paid_when_it_says_since_when() -> None:
    """An order to be paid on delivery is being processed too, without a time of payment."""
    assert parsed().paid
    assert not parsed(date_paid_gmt=None).paid


def test_phones_come_in_the_order_of_who_is_nearest_to_the_door() -> None:
    """The recipient's number comes first, then the buyer's, none twice; old versions send but one."""
    shipping = order()["shipping"]
    without = {key: value for key, value in shipping.items() if key != "phone"}

    assert parsed(shipping={**shipping, "phone": "01"}).phones == ("01", "06 12 34 56 78")
    assert parsed(shipping={**shipping, "phone": "06 12 34 56 78"}).phones == ("06 12 34 56 78",)
    assert parsed(shipping=without).phones == ("06 12 34 56 78",)


NOTHING_IN = dict.fromkeys(order()["shipping"], "")


def test_an_order_with_one_address_the_bills_goes_there() -> None:
    """Orders of the admin, the REST API and express checkouts have the bill's address alone.

    woocommerce/woocommerce-ios#217, myparcelnl/woocommerce#1019, Knawat/dropshipping-woocommerce#47.
    """
    found = parsed(shipping=NOTHING_IN)
    bill = order()["billing"]

    assert (bill["address_1"], bill["city"]) == (found.address.line1, found.address.city)
    assert f"{bill['first_name']} {bill['last_name']}" == found.recipient_name
    assert found.paths["address.line1"] == "billing.address_1"


def test_half_an_address_is_not_filled_from_the_bill() -> None:
    """A courier sent to a mixture of two addresses is worse than a question."""
    found = parsed(shipping={**NOTHING_IN, "city": "Paris"})

    assert ("", "Paris") == (found.address.line1, found.address.city)


def test_the_bills_name_stands_in_for_a_missing_one() -> None:
    """An address without a name is the buyer's own."""
    found = parsed(shipping={**order()["shipping"], "first_name": "", "last_name": ""})

    assert f"{order()['billing']['first_name']} {order()['billing']['last_name']}" == found.recipient_name


@pytest.mark.parametrize("created_via", ["admin", "rest-api", ""])
def test_an_order_typed_in_by_the_shop_needs_no_way_of_shipping(created_via: str) -> None:
    """A florist's order by phone has an address and a bouquet: woocommerce-ios's orders-load-all."""
    assert isinstance(parse(shipping_lines=[], created_via=created_via), Order)


@pytest.mark.parametrize("created_via", ["checkout", "store-api"])
def test_a_checkout_without_a_way_of_shipping_is_a_persons_matter(created_via: str) -> None:
    """Virtual goods with an address, or a line that was taken off: nobody is sent, and nothing is undone."""
    with pytest.raises(UnmappableOrder, match=r"^shipping_lines: "):
        parse(shipping_lines=[], created_via=created_via)


def test_virtual_goods_are_ignored_and_undo_nothing() -> None:
    """Neither an address nor a way of shipping."""
    found = parse(shipping_lines=[], shipping=NOTHING_IN)

    assert isinstance(found, Ignored)
    assert ("nothing_to_ship", False) == (found.reason, found.retracts)


@pytest.mark.parametrize(
    ("meta_data", "number"),
    [
        (meta(_shipping_house_number="123", _shipping_house_number_suffix="A"), "123 A"),  # PostNL, MyParcel
        (meta(_shipping_house_number=7), "7"),
        (meta(shipping_street_number="7"), "7"),
        (meta(_billing_house_number="7"), ""),
        ([], ""),
    ],
)
def test_a_house_number_in_a_field_of_its_own_is_kept(meta_data: object, number: str) -> None:
    """Dutch and Belgian checkouts ask for it apart, and their plugins keep it in the order's meta data."""
    assert number == parsed(meta_data=meta_data).address.house_number


def test_brazils_checkout_keeps_parts_of_the_address_in_it() -> None:
    """``number`` and ``neighborhood`` stand in the address itself; floor and door go to the courier."""
    parts = {"number": "55", "neighborhood": "Santa Cecília", "floor": "3"}

    found = parsed(shipping={**order()["shipping"], **parts})

    assert ("55", "Santa Cecília") == (found.address.house_number, found.address.district)
    assert found.address.line2.endswith("3")


def test_entities_of_wordpress_are_decoded_once() -> None:
    """The text "&amp;lt;" is "&lt;", and not everything with an ampersand is an entity.

    woocommerce-ios order-with-bundled-line-items.json: "632 O&#8217;Conner Skyway"; woocommerce#65905.
    """
    goods = {**order()["line_items"][0], "name": "Fleurs &amp; chocolats &#8211; Grand"}
    found = parsed(
        shipping={**order()["shipping"], "address_1": "7 rue de l&#8217;Église"},
        customer_note="R&D, 2e <3 porte; code 12&34 &quot;B&quot; &amp;lt;",
        line_items=[goods],
        shipping_lines=[{"method_id": "flat_rate", "method_title": "Vélo &amp; remorque"}],
    )

    assert "7 rue de l’Église" == found.address.line1
    assert 'R&D, 2e <3 porte; code 12&34 "B" &lt;' == found.note
    assert "Fleurs & chocolats – Grand" == found.items[0].title
    assert "Vélo & remorque" in found.shipping_methods


@pytest.mark.parametrize(
    "part",
    [
        {"bundled_by": 1},
        {"bundled_by": "1"},
        {"composite_parent": 1},
        {"meta_data": [{"key": "_woosb_parent_id", "value": "5"}]},
    ],
)
def test_a_bundle_is_counted_once(part: dict[str, object]) -> None:
    """The box, not the soap in it: woocommerce-ios's order-with-bundled-line-items and its like."""
    goods = order()["line_items"][0]
    box = {**goods, "name": "Coffret", "bundled_by": "", "bundled_items": [2]}

    found = parsed(line_items=[box, {**goods, "name": "Savon", **part}])

    assert ["Coffret"] == [item.title for item in found.items]


def test_what_buyers_write_to_the_courier_reaches_them() -> None:
    """In the order's note, under names that say so, and under the connection's own."""
    found = parsed(
        Options(settings={"note_meta": "acces"}),
        customer_note="Merci",
        meta_data=meta(delivery_instructions="Digicode 4521", acces="Cour B", seller_note="x", theme="y"),
    )

    assert "Merci\nDigicode 4521\nCour B" == found.note


@pytest.mark.parametrize(
    ("number", "name"), [("727", "#727"), ("#A-15", "#A-15"), ("FL-2026-15", "#FL-2026-15"), (None, "#727")]
)
def test_an_order_is_called_by_its_number(number: object, name: str) -> None:
    """Plugins make numbers of their own; WooCommerce shows them with a hash sign."""
    assert name == parsed(number=number).name


@pytest.mark.parametrize(("quantity", "pieces"), [(1, 1), (0.5, 1), (2.5, 3), (2.0, 2)])
def test_a_quantity_may_be_a_fraction(quantity: float, pieces: int) -> None:
    """Half a kilo is one thing to carry."""
    found = parsed(line_items=[{"name": "Pommes", "quantity": quantity}])

    assert found.items == (OrderItem("Pommes", pieces),)


# --- what is wrong --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"status": None}, "status"),
        ({"status": 5}, "status"),
        ({"date_modified_gmt": None}, "date_modified_gmt"),
        ({"date_modified_gmt": "23/11/2026"}, "date_modified_gmt"),
        ({"date_modified_gmt": "0000-00-00T00:00:00"}, "date_modified_gmt"),
        ({"shipping": None}, "shipping"),
        ({"shipping": []}, "shipping"),
        ({"shipping": {"postcode": 75004}}, "shipping.postcode"),
        ({"shipping_lines": {}}, "shipping_lines"),
        ({"shipping_lines": [None]}, "shipping_lines[0]"),
        ({"shipping_lines": [{"method_id": 5}]}, "shipping_lines[0].method_id"),
        ({"line_items": "x"}, "line_items"),
        ({"line_items": [{"quantity": "1"}]}, "line_items[0].quantity"),
        ({"line_items": [{"quantity": -1}]}, "line_items[0].quantity"),
    ],
)
def test_a_needed_field_of_the_wrong_form_is_named(changes: dict[str, object], field: str) -> None:
    """The error names the field as WooCommerce does."""
    with pytest.raises(UnmappableOrder) as caught:
        parse(**changes)

    assert field == caught.value.field


def test_the_version_of_the_api_is_named_when_its_times_are_missing() -> None:
    """Version 1 has no times in UTC; the webhook's setting mends it."""
    with pytest.raises(UnmappableOrder, match="WP REST API Integration v3"):
        parse(date_modified_gmt=None)


def test_a_time_that_says_its_zone_is_read_too() -> None:
    """A site may change what it sends."""
    assert MODIFIED_AT == parsed(date_modified_gmt="2026-11-23T10:12:09+01:00").updated_at
