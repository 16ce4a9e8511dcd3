"""Each value of a delivery: what the shop sent, where it stood, what CoopCycle was sent; personal."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import jmespath
from jmespath.exceptions import JMESPathError

from bridge import sources
from bridge.console.values import Field, Place
from bridge.coopcycle.payload import delivery_body
from bridge.errors import BridgeError, RejectedWebhook, ShopUnavailable
from bridge.model import Ignored
from bridge.operator.body_fields import fields_of
from bridge.operator.dry_run import map_webhook
from bridge.operator.errors import OperatorError
from bridge.planning.trace import Trace

if TYPE_CHECKING:
    from bridge.dispatching.record import DeliveryRecord
    from bridge.operator.deployment import Deployment
    from bridge.receiving.messages import WebhookMessage

SHOP_IS_ASKED = "shop_is_asked"  # the webhook only names the order
CONNECTION_IS_WRONG = "connection_is_wrong"
NOT_MAPPED = "not_mapped"
NO_WEBHOOK = "no_webhook"
_SHORT = 300  # characters of one value


class _Unasked:
    """A shop's API that the page does not ask: looking at an order costs the shop nothing."""

    token = ""

    def get(self, url: str, headers: Mapping[str, str]) -> bytes:
        del url, headers
        raise ShopUnavailable("the page asks no shop")


def explain(
    deployment: Deployment, record: DeliveryRecord | None, message: WebhookMessage | None
) -> tuple[list[Field], str]:
    """Return the values of an order's delivery, or why they cannot be told.

    The origins are those that today's settings give; what was sent is what the record holds. Where nothing
    was sent, it is what would be.
    """
    sent = json.loads(record.sent) if record is not None and record.sent else {}
    if message is None:
        return _fields(sent, {}, {}), "" if sent else NO_WEBHOOK
    trace = Trace()
    body, why = _mapped(deployment, message, trace)
    origins = (
        {
            path: trace.origins.get(ours, [])
            for path, ours in [*fields_of(body), *fields_of(sent)]
            if body or sent
        }
        if (body or sent)
        else {}
    )
    return _fields(sent or body, origins, _parsed(message.body)), "" if (sent or body) else why


def _mapped(deployment: Deployment, message: WebhookMessage, trace: Trace) -> tuple[dict[str, Any], str]:
    headers = {"content-type": message.content_type} if message.content_type else {}
    push = sources.Push(message.body, headers, message.received_at)
    try:
        connection, _ = deployment.connection(message.connection_id)
        mapped = map_webhook(connection, push, message.topic, _Unasked(), trace=trace, assumptions=[])
    except ShopUnavailable:
        return {}, SHOP_IS_ASKED
    except (OperatorError, LookupError):
        return {}, CONNECTION_IS_WRONG
    except (BridgeError, RejectedWebhook):
        return {}, NOT_MAPPED
    return ({}, NOT_MAPPED) if isinstance(mapped, Ignored) else (delivery_body(mapped), "")


def _fields(body: Mapping[str, Any], origins: Mapping[str, Sequence[Any]], document: Any) -> list[Field]:
    if not body:
        return []
    return [
        Field(
            path,
            tuple(
                (o.kind, o.where, _value_at(document, o.where) if o.kind == "order" else "")
                for o in origins.get(path, ())
            ),
            _text(_at(body, path)),
        )
        for path, _ in fields_of(body)
    ]


def _at(body: Any, path: str) -> Any:
    for part in path.replace("]", "").replace("[", ".").split("."):
        body = body[int(part)] if isinstance(body, list) else body[part]
    return body


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _value_at(document: Any, path: str) -> str:
    """Return what stands at a path of the shop's JSON, if it is one."""
    try:
        return _text(jmespath.search(path, document)) if document is not None else ""
    except (JMESPathError, TypeError):
        return ""


def _text(value: Any) -> str:
    if value is None or isinstance(value, Mapping):
        return ""
    if isinstance(value, list):
        parts = [_text(each) if not isinstance(each, Mapping) else _named(each) for each in value]
        return ", ".join(part for part in parts if part)[:_SHORT]
    return str(value)[:_SHORT]


def _named(entry: Mapping[str, Any]) -> str:
    """Return a line of an order by its title, as shops call it."""
    title = next((str(entry[key]) for key in ("title", "name", "type") if entry.get(key)), "")
    count = entry.get("quantity")
    return f"{count} × {title}" if title and count else title


def place_of(sent: str) -> Place:
    """Return where a body that was sent goes, by its last dropoff; empty when nothing was."""
    body = json.loads(sent) if sent else {}
    tasks = [task for task in body.get("tasks", []) if task.get("type") == "DROPOFF"]
    address = (tasks[-1] if tasks else body.get("dropoff", {})).get("address") or {}
    if not isinstance(address, Mapping):
        return Place()
    return Place(
        str(address.get("contactName", "")),
        str(address.get("streetAddress", "")),
        str(address.get("telephone", "")),
    )


def place_of_fields(fields: Sequence[Field]) -> Place:
    """Return where an order goes, by its fields."""
    values = {field.name.rpartition(".")[2]: field.sent for field in fields if "address" in field.name}
    return Place(values.get("contactName", ""), values.get("streetAddress", ""), values.get("telephone", ""))


def items_of(deployment: Deployment, message: WebhookMessage | None) -> tuple[str, ...]:
    """Return what an order holds, as far as nobody has to be asked."""
    from bridge.planning.read_order import read_order

    if message is None:
        return ()
    try:
        connection, _ = deployment.connection(message.connection_id)
        order = read_order(connection, message.payload, _Unasked())
    except (BridgeError, OperatorError, LookupError):
        return ()
    if isinstance(order, Ignored):
        return ()
    return tuple(f"{item.quantity} × {item.title}" for item in order.items)
