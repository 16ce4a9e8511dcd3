"""The PrestaShop source: a push of the shop's own module, four resources of its Webservice, its clock."""

from __future__ import annotations

import base64
import contextlib
import copy
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import shops, source_calls
from tests.support.fake_instance import FakeShop, Samples

from bridge import sources
from bridge.errors import (
    BridgeError,
    InvalidConnection,
    MalformedWebhook,
    ShopRejected,
    ShopUnavailable,
    UnmappableOrder,
)
from bridge.model import Ignored, Order, OrderItem, PostalAddress
from bridge.sources import Options, Payload, Webhook

prestashop = sources.get("prestashop")

SAMPLES = Samples("prestashop")
PUSH = SAMPLES.body("order-validated.json")
WEBHOOK_ID = "3f0c5a1e9b7d4c2f8a6e1d0b5c9f7a31"
SECRET = "webhook-secret"
FOUND: dict[str, Any] = json.loads(
    SAMPLES.fetch(prestashop, "order-validated.json", "actionValidateOrder").body
)


def sign(raw: bytes, secret: str = SECRET) -> str:
    """Sign as the module does: base64_encode(hash_hmac('sha256', $body, $secret, true))."""
    return base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest()).decode()


def verify(body: bytes, signature: str | None, secrets: list[str]) -> None:
    """Verify a push."""
    headers = {} if signature is None else {"x-webhook-signature": signature}
    source_calls.verify(prestashop, body, headers, secrets)


def push(**changes: object) -> bytes:
    """Return a push with some fields changed."""
    return json.dumps({**json.loads(PUSH), **changes}).encode()


def options(**changes: str) -> Options:
    """Return the sample's options with some settings changed."""
    return Options(settings={**SAMPLES.options.settings, **changes})


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


# --- the signature --------------------------------------------------------------------------------


def test_the_signature_is_what_openssl_makes_of_the_rule() -> None:
    """`openssl dgst -sha256 -hmac webhook-secret -binary | base64` gives this, from outside our code."""
    verify(
        b'{"id":"3f0c5a1e","event":"actionValidateOrder","id_order":42}',
        "3jQKBb30IDJmTBpsLP/iiF6wvXlOlgCXg0PgPUoGhU8=",
        [SECRET],
    )


# --- which order ----------------------------------------------------------------------------------


def test_an_order_is_identified_by_the_signed_body() -> None:
    """Event, push id and order id all stand in the body."""
    assert Webhook("actionValidateOrder", WEBHOOK_ID, "42") == source_calls.identify(prestashop, PUSH, {})


@pytest.mark.parametrize("event", ["actionPaymentConfirmation", "actionvalidateorder"])
def test_an_event_we_do_not_follow_is_ignored(event: str) -> None:
    """A hook too many is answered with 200 and leads to nothing."""
    assert Ignored("topic") == source_calls.identify(prestashop, push(event=event, id_order=None), {})


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (push(event=None), "topic_missing"),
        (push(id_order=None), "order_id_missing"),
        (push(id_order="42"), "order_id_malformed"),
        (push(id_order=True), "order_id_malformed"),
        (push(id_order=0), "order_id_malformed"),
        (push(id_order=42.0), "order_id_malformed"),
    ],
)
def test_an_unreadable_body_has_one_way_to_fail(body: bytes, reason: str) -> None:
    """Signed but unreadable is MalformedWebhook, with the reason."""
    with pytest.raises(MalformedWebhook) as caught:
        source_calls.identify(prestashop, body, {})

    assert reason == caught.value.reason


# --- asking for the order -------------------------------------------------------------------------


def fetch(shop: FakeShop, given_options: Options = SAMPLES.options) -> Payload:
    """Ask for the order of a push."""
    return prestashop.fetch(
        Payload(PUSH, "actionValidateOrder", source_calls.RECEIVED_AT), given_options, shop
    )


def shop_with(**changes: object) -> FakeShop:
    """Return a shop in which some answers are changed, by the resource's name."""
    changed = {
        path: json.dumps(changes[path.split("/")[2]]).encode() if path.split("/")[2] in changes else body
        for path, body in SAMPLES.answers.items()
    }
    return FakeShop(changed)


def test_four_resources_are_asked_with_the_key_as_user_name() -> None:
    """The authorization is the documentation's own example, base64 of key and colon."""
    shop = FakeShop(SAMPLES.answers, "UCCLLQ9N2ARSHWCXLT74KUKSSK34BFKX")

    payload = fetch(shop)

    assert ["order", "address", "order_state", "carrier"] == list(prestashop.document(payload))
    assert [
        "https://shop.example.com/api/orders/42?output_format=JSON",
        "https://shop.example.com/api/addresses/5?output_format=JSON",
        "https://shop.example.com/api/order_states/2?output_format=JSON",
        "https://shop.example.com/api/carriers/3?output_format=JSON",
    ] == [url for url, _ in shop.asked]
    assert {"Basic VUNDTExROU4yQVJTSFdDWExUNzRLVUtTU0szNEJGS1g6"} == {
        headers["Authorization"] for _, headers in shop.asked
    }


def test_a_shop_may_live_in_a_folder() -> None:
    """The Webservice is below the shop's own address."""
    shop = FakeShop({f"/boutique{path}": body for path, body in SAMPLES.answers.items()})

    fetch(shop, options(shop_url="https://shop.example.com/boutique/"))

    assert "https://shop.example.com/boutique/api/orders/42?output_format=JSON" == shop.asked[0][0]


def test_what_an_order_does_not_have_is_not_asked_for() -> None:
    """An order without a carrier and a state is read from two resources."""
    order = {"order": {**FOUND["order"], "id_carrier": "0", "current_state": 0}}

    payload = fetch(shop_with(orders=order))

    assert ["order", "address"] == list(prestashop.document(payload))


@pytest.mark.parametrize("url", ["", "http://shop.example.com", "shop.example.com"])
def test_a_wrong_shop_url_is_named(url: str) -> None:
    """The key travels over https alone, and there is no default."""
    shop = SAMPLES.shop()

    with pytest.raises(InvalidConnection, match=r"^sender\.shop_url: "):
        fetch(shop, options(shop_url=url))

    assert shop.asked == []


def test_a_missing_key_is_named() -> None:
    """Without a key nothing is asked."""
    with pytest.raises(InvalidConnection, match=r"^shop_token: "):
        fetch(FakeShop(SAMPLES.answers, token=""))


@pytest.mark.parametrize(
    ("resource", "answer"),
    [
        ("orders", []),
        ("orders", {}),
        ("orders", {"order": None}),
        ("orders", {"order": {**FOUND["order"], "id": 43}}),
        ("addresses", {"address": {**FOUND["address"], "id": "6"}}),
        ("order_states", {"order_state": []}),
        ("carriers", {"errors": []}),
    ],
)
def test_an_answer_that_is_not_the_resource_is_asked_for_again(resource: str, answer: object) -> None:
    """A maintenance page or another resource is never taken for this one."""
    with pytest.raises(ShopUnavailable):
        fetch(shop_with(**{resource: answer}))


@pytest.mark.parametrize("gone", ["orders", "addresses", "order_states", "carriers"])
def test_a_resource_that_is_not_there_is_parked(gone: str) -> None:
    """404 means another shop's key: a person's matter, never ignored."""
    answers = {path: body for path, body in SAMPLES.answers.items() if f"/{gone}/" not in path}

    with pytest.raises(ShopRejected):
        fetch(FakeShop(answers))


# --- the order ------------------------------------------------------------------------------------


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
    assert "" == shops.choice(parsed(found({"delivery_date": "2026-11-30 10:00:00"})))
    assert "2026-11-30" == shops.choice(parsed(found({"date_livraison": "2026-11-30"})))


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


def test_another_topic_is_ignored_by_the_worker_too() -> None:
    """A message of an event that a later version no longer follows leads to nothing."""
    assert Ignored("topic") == parse(FOUND, "actionPaymentConfirmation")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = [(part, key) for part in FOUND for key in FOUND[part]]


@given(field=st.sampled_from(FIELDS), value=ANYTHING)
@settings(max_examples=300, deadline=None)
def test_no_order_raises_anything_but_the_taxonomy(field: tuple[str, str], value: object) -> None:
    """Whatever stands in a field, the worker can park or ignore it."""
    part, key = field
    document = {**FOUND, part: {**FOUND[part], key: value}}

    with contextlib.suppress(BridgeError):
        parse(document)
    with contextlib.suppress(BridgeError):
        parse({**FOUND, part: value})
