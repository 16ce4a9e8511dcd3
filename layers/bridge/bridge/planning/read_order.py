"""From a webhook's payload to the order: what the sender's API adds, its parts, ``[fields]``.

The one way to an order, for whoever wants one: the worker, a dry run, a parked message. Knows no AWS.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bridge import sources
from bridge.connections.model import Connection
from bridge.errors import BridgeError
from bridge.fields.fields import KEY_FIELDS, apply_fields
from bridge.fields.values import Values
from bridge.model import Ignored, Order
from bridge.sources.shared.base import Payload, Shop
from bridge.text import LINE_LENGTH, clean


def read_order(connection: Connection, payload: Payload, shop: Shop) -> Order | Ignored:
    """Return the whole order that a webhook is about; the shop is asked where the webhook only names it.

    Raises:
        UnmappableOrder: a field has the wrong type or is missing; names it.
        MalformedWebhook: bytes that the receiver refuses too.
        ShopUnavailable: the shop gave no usable answer; the message comes again.
        ShopRejected: the shop refuses.

    """
    return parse_order(connection, sources.get(connection.source).fetch(payload, connection.options, shop))


def time_of_state(connection: Connection, payload: Payload) -> datetime | None:
    """Return when the order got into the state that a webhook holds, where its own bytes tell; never raises.

    ``[fields] updated_at`` counts before the shop's own time of it, as in :func:`parse_order`.
    """
    source, options = sources.get(connection.source), connection.options
    told = source.updated_at(payload, options)
    if told is None or "updated_at" not in options.fields or KEY_FIELDS in source.SETTINGS:
        return told
    try:
        return Values(source.document(payload), options.fields).moment("updated_at") or told
    except BridgeError:
        return None


def name_of(connection: Connection, payload: Payload) -> str:
    """Return what people call a webhook's order ("#1042"), as far as nobody has to be asked; never raises.

    Empty when the body does not hold the order. Of a shop's ``[fields]`` the name alone is read: another that
    does not fit may be why the order is parked.
    """
    options = connection.options
    if KEY_FIELDS not in sources.get(connection.source).SETTINGS:
        fields = {name: where for name, where in options.fields.items() if name == "order_name"}
        connection = replace(connection, options=replace(options, fields=fields))
    try:
        order = parse_order(connection, payload)
    except (BridgeError, LookupError):
        return ""
    return order.order_name if isinstance(order, Ignored) else order.name


def parse_order(connection: Connection, fetched: Payload) -> Order | Ignored:
    """Read the order of a payload that is whole, and let ``[fields]`` replace what a shop says.

    What people call it is made fit for one line: terminals and pages show it.

    Raises:
        UnmappableOrder: a field has the wrong type or is missing; names it.
        MalformedWebhook: bytes that the receiver refuses too.

    """
    source, options = sources.get(connection.source), connection.options
    parsed = source.parse(fetched, options)
    if isinstance(parsed, Order) and options.fields and KEY_FIELDS not in source.SETTINGS:
        parsed = apply_fields(parsed, Values(source.document(fetched), options.fields))
    if isinstance(parsed, Ignored):
        return replace(parsed, order_name=clean(parsed.order_name, LINE_LENGTH))
    return replace(parsed, name=clean(parsed.name, LINE_LENGTH))
