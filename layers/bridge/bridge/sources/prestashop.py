"""PrestaShop's orders, told of by a small module of the shop's own: PrestaShop itself sends no webhooks.

The README shows the module: from the hooks ``actionValidateOrder`` and ``actionOrderStatusPostUpdate`` it
posts ``{"id": "…", "event": "…", "id_order": 42}``, signed. The rest is asked of the shop's Webservice, whose
fields are documented (https://devdocs.prestashop-project.org/9/webservice/resources/). Its times have
no zone, so the connection names the shop's. No clock, no AWS, nothing beyond the standard library.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bridge.document import LARGEST_ID, Fields, load_object, whole_id
from bridge.errors import InvalidConnection, MalformedWebhook, ShopUnavailable, UnmappableOrder
from bridge.model import Ignored, Order, OrderItem, PostalAddress, Written
from bridge.reasons import Reason
from bridge.schedule.vocabulary import word_set
from bridge.sources.shared import writings as texts
from bridge.sources.shared.base import Options, Payload, Push, Shop, Signed, Traits, Trial, push_id
from bridge.sources.shared.collection import read_way
from bridge.sources.shared.notifications import NotifyingSource
from bridge.sources.shared.people import full_name, phones_of
from bridge.sources.shared.signing import hmac_sha256_base64, verify_hmac_sha256_base64
from bridge.sources.shared.thin_webhooks import base_url, read_answer, token_of

_SIGNATURE_HEADER = "x-webhook-signature"

_DIGITS = re.compile(r"[1-9]\d{0,17}", re.ASCII)
_LARGEST_QUANTITY = 10_000
# Canceled, Refunded and Payment error of a fresh shop; nothing else tells them from a state that waits for
# money: PrestaShop/PrestaShop, install-dev/data/xml/order_state.xml .
_CANCELLED_STATES = "6, 7, 8"
# The carrier that every shop is installed with is the shop itself: "0" stands for the shop's own name.
_THE_SHOP_ITSELF = "0"
# Fields of every order; its "delivery_date" and "invoice_date" are when those papers were made.
_STANDARD = word_set(
    "id id_address_delivery id_address_invoice id_cart id_currency id_lang id_customer id_carrier "
    "current_state module invoice_number invoice_date delivery_number delivery_date valid date_add "
    "date_upd payment reference secure_key associations gift gift_message shipping_number note"
)


class PrestaShop(NotifyingSource):
    """PrestaShop's orders, told of by a small module of the shop's own."""

    TOPIC_FIELD = "event"
    TOPICS = ("actionValidateOrder", "actionOrderStatusPostUpdate")

    SETTINGS: ClassVar[Mapping[str, str]] = {
        "shop_url": 'address of the shop, such as "https://shop.example", with its folder if it has one',
        "timezone": "the shop's time zone, such as \"Europe/Paris\"; PrestaShop's times do not name it",
        **texts.LABEL_SETTINGS,
        "cancelled_states": 'ids of the order states that mean cancelled, by default "6, 7, 8"',
    }

    TRAITS = Traits(
        title="PrestaShop",
        signature="HMAC-SHA256 of the body, base64, by the module in examples/prestashop",
        replay="push id, order id",
        create="actionValidateOrder, actionOrderStatusPostUpdate",
        update="actionOrderStatusPostUpdate",
        cancel="state Canceled, Refunded or Payment error; a carrier that is the shop itself (click and "
        "collect)",
        window="fields that modules add to the order, the carrier's name: labels in any language, "
        "date_label and time_label",
        tested_with="fields of the documentation; the module was run in no shop",
    )

    def verify(self, push: Push, secrets: Sequence[str], options: Options) -> None:
        """Check ``X-Webhook-Signature``: base64 of the HMAC-SHA256 of the body, keyed with the secret's text.

        Raises:
            InvalidSignature: see :func:`~bridge.sources.shared.signing.verify_hmac_sha256_base64`.

        """
        verify_hmac_sha256_base64(push.body, push.headers.get(_SIGNATURE_HEADER), secrets)

    def webhook_id(self, event: Fields, push: Push) -> str:
        """Return ``id``, which the module makes anew for each push."""
        return push_id(event.optional_text("id"))

    def order_id(self, event: Fields) -> str:
        """Return ``id_order``."""
        value = event.values.get("id_order")
        if value is None:
            raise MalformedWebhook("order_id_missing")
        return whole_id(value)

    def ask(self, order_id: str, options: Options, shop: Shop) -> bytes:
        """Ask the shop's Webservice for the order, its delivery address, its state and its carrier.

        The key goes as the user name of Basic authentication:
        https://devdocs.prestashop-project.org/9/webservice/tutorials/testing-access/ . A 404 means another
        shop's key or a key without permission for the resource, and is a person's matter.

        Raises:
            ShopUnavailable: no usable answer, or not this order.
            ShopRejected: a wrong key, or one that may not read all four resources.
            InvalidConnection: no key, or a wrong ``sender.shop_url``.

        """
        url = base_url(options, "shop_url")
        credentials = base64.b64encode(f"{token_of(shop)}:".encode()).decode("ascii")
        headers = {"Authorization": f"Basic {credentials}"}

        def resource(name: str, key: str, resource_id: str) -> dict[str, object]:
            raw = shop.get(f"{url}/api/{name}/{resource_id}?output_format=JSON", headers)
            answer = read_answer(raw).get(key)
            if not isinstance(answer, dict) or _id(Fields(answer), "id") != resource_id:
                raise ShopUnavailable(f"the shop's API answered with no {key} of that id")
            return answer

        order = resource("orders", "order", order_id)
        found: dict[str, object] = {"order": order}
        for key, field, name in (
            ("address", "id_address_delivery", "addresses"),
            ("order_state", "current_state", "order_states"),
            ("carrier", "id_carrier", "carriers"),
        ):
            resource_id = _id(Fields(order), field)
            if resource_id:
                found[key] = resource(name, key, resource_id)
        return json.dumps(found).encode()

    def parse(self, payload: Payload, options: Options) -> Order | Ignored:
        """Read the whole order, or say why it needs no delivery.

        Ignored without retracting a delivery: ``topic``, ``incomplete`` (no state yet, another push follows),
        ``already_fulfilled`` (a state that means shipped). Retracting: ``cancelled``, ``nothing_to_ship`` (no
        carrier, as with virtual products, or no lines), ``local_pickup`` (the carrier is the shop itself).

        Raises:
            UnmappableOrder: a field we need has the wrong type.
            InvalidConnection: ``sender.timezone`` or ``sender.cancelled_states`` is wrong.
            MalformedWebhook: not a fetched order.

        """
        if payload.topic not in self.TOPICS:
            return Ignored(Reason.TOPIC)
        found = Fields(load_object(payload.body))
        order = found.child("order")
        order_id = _id(order, "id") if order is not None else ""
        if order is None or not order_id:
            raise MalformedWebhook("order_id_malformed")
        zone = _zone(options)
        updated_at = _moment(order, "date_upd", zone)
        items: tuple[OrderItem, ...] = ()
        reason = _finished(found, order, options)
        if reason is None:
            items = _items(order)
            reason = _undeliverable(found, order, items)
        if reason is not None:
            return Ignored.because(
                reason,
                order_id=order_id,
                order_name=_name(order, order_id),
                updated_at=updated_at,
            )
        return _order(found, order, order_id, items, zone, options.settings)

    def pushed(self, trial: Trial) -> Signed:
        """Sign as the module in examples/prestashop does."""
        return Signed(
            trial.body,
            {
                "Content-Type": "application/json",
                "X-Webhook-Signature": hmac_sha256_base64(trial.body, trial.secret.encode()),
            },
        )


def _id(fields: Fields, key: str) -> str:
    """Return an id, which PrestaShop's JSON gives as a text or a number; "" for 0 and for anything else."""
    value = fields.values.get(key)
    text = str(value) if isinstance(value, int) and abs(value) <= LARGEST_ID else value
    return text if isinstance(text, str) and _DIGITS.fullmatch(text) else ""


def _undeliverable(found: Fields, order: Fields, items: tuple[OrderItem, ...]) -> Reason | None:
    if not items:
        return Reason.NOTHING_TO_SHIP
    carrier = found.optional_child("carrier")
    name = carrier.optional_text("name")
    methods = [("", name)] if name else []
    collected = name == _THE_SHOP_ITSELF or read_way(_written(found, order), methods=methods).collected
    # "Pick up in-store" is what the same carrier tells of its delay; PrestaShop keeps it in each language.
    collected = collected or read_way([], methods=[("", text) for text in _texts(carrier, "delay")]).collected
    return Reason.LOCAL_PICKUP if collected else None


def _texts(fields: Fields, key: str) -> list[str]:
    """Return a text of each language: the Webservice gives a list of them, or one text where there is one."""
    if text := fields.optional_text(key):
        return [text]
    return [text for one in fields.optional_children(key) if (text := one.optional_text("value"))]


def _written(found: Fields, order: Fields) -> tuple[Written, ...]:
    own = [
        pair
        for pair in texts.members(order, without=_STANDARD)
        if pair.value not in ("0000-00-00 00:00:00", "0000-00-00")
    ]
    name = found.optional_child("carrier").optional_text("name")
    return (*texts.written(own), *texts.titles([(name, "carrier.name")]))


def _finished(found: Fields, order: Fields, options: Options) -> Reason | None:
    state_id = _id(order, "current_state")
    if not state_id:
        return Reason.INCOMPLETE
    if state_id in _cancelled_states(options):
        return Reason.CANCELLED
    if _is_true(found.optional_child("order_state"), "shipped"):
        return Reason.ALREADY_FULFILLED
    return None if _id(order, "id_carrier") else Reason.NOTHING_TO_SHIP


def _cancelled_states(options: Options) -> frozenset[str]:
    text = options.settings.get("cancelled_states", "").strip() or _CANCELLED_STATES
    ids = frozenset(part.strip() for part in text.split(","))
    if not all(_DIGITS.fullmatch(one) for one in ids):
        raise InvalidConnection(['sender.cancelled_states: must be ids of order states, such as "6, 7, 8"'])
    return ids


def _is_true(fields: Fields, key: str) -> bool:
    return fields.values.get(key) in ("1", 1)  # True is 1 to Python, too


def _name(order: Fields, order_id: str) -> str:
    return order.optional_text("reference") or f"#{order_id}"


def _order(
    found: Fields,
    order: Fields,
    order_id: str,
    items: tuple[OrderItem, ...],
    zone: ZoneInfo,
    settings: Mapping[str, str],
) -> Order:
    address = found.child("address")
    if address is None:
        raise UnmappableOrder("order.id_address_delivery", "is missing")
    carrier = found.optional_child("carrier").optional_text("name")
    written = _written(found, order)
    notes = (address.optional_text("other"), *texts.notes(written, settings.get("note_label", "")))
    updated_at = _moment(order, "date_upd", zone)
    if address.text("date_upd"):  # an address is edited in its place, and the order's own time stays
        updated_at = max(updated_at, _moment(address, "date_upd", zone))
    return Order(
        order_id=order_id,
        name=_name(order, order_id),
        updated_at=updated_at,
        created_at=_moment(order, "date_add", zone) if order.text("date_add") else updated_at,
        address=PostalAddress(
            line1=address.text("address1"),
            line2=address.optional_text("address2"),
            postcode=address.text("postcode"),
            city=address.text("city"),
        ),
        recipient_name=full_name(address, "firstname", "lastname"),
        company=address.optional_text("company"),
        phones=tuple(phones_of([(address, "phone_mobile"), (address, "phone")])),
        note="\n".join(dict.fromkeys(note for note in notes if note)),
        items=items,
        shipping_methods=(carrier,) if carrier else (),
        paid=_is_true(found.optional_child("order_state"), "paid"),
        writings=texts.writings(written, settings),
        paths={
            "address.line1": "address.address1",
            "address.line2": "address.address2",
            "address.postcode": "address.postcode",
            "address.city": "address.city",
        },
    )


def _items(order: Fields) -> tuple[OrderItem, ...]:
    return tuple(
        OrderItem(
            title=row.optional_text("product_name"),
            quantity=quantity,
            sku=row.optional_text("product_reference"),
        )
        for row in order.optional_child("associations").children("order_rows")
        if (quantity := _quantity(row)) > 0
    )


def _quantity(row: Fields) -> int:
    value = row.values.get("product_quantity")
    if value in (0, "0"):
        return 0
    text = _id(row, "product_quantity")  # a whole number above 0, as a text or a number
    if not text or int(text) > _LARGEST_QUANTITY:
        raise row.refuse("product_quantity", f"should be a whole number up to {_LARGEST_QUANTITY}")
    return int(text)


# --- times ----------------------------------------------------------------------------------------


def _zone(options: Options) -> ZoneInfo:
    name = options.settings.get("timezone", "").strip()
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:  # OSError: a folder, such as "Europe", or ""
        raise InvalidConnection(
            ['sender.timezone: must be the shop\'s time zone, such as "Europe/Paris"']
        ) from exc


def _moment(fields: Fields, key: str, zone: ZoneInfo) -> datetime:
    """Return a time of the shop's clock; where it stands twice in autumn, the first is meant."""
    try:
        moment = datetime.strptime(fields.text(key), "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone)
    except ValueError as exc:
        raise fields.refuse(key, 'should be a time such as "2026-11-23 10:12:08"') from exc
    if not 2000 <= moment.year <= 2200:
        raise fields.refuse(key, "should be a time of our days")
    return moment.astimezone(UTC)
