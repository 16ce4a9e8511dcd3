"""DeliveriesTable: one item per order, the memory that makes a second delivery impossible.

Every write is conditional on the version that was read, so of two invocations that hold the same
order one goes on and the other gets :class:`bridge.errors.AlreadyInProgress`.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, TypedDict, cast

from botocore.exceptions import ClientError

from bridge.aws import first_format
from bridge.aws.attribute_values import from_attribute, to_attribute
from bridge.aws.order_index import index_keys
from bridge.aws.plain import decode, encode
from bridge.dispatching.record import DeliveryRecord, OrderIsKnown
from bridge.errors import AlreadyInProgress

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef


class _Condition(TypedDict, total=False):
    ReturnValuesOnConditionCheckFailure: Literal["ALL_OLD"]
    ConditionExpression: str
    ExpressionAttributeValues: dict[str, AttributeValueTypeDef]


ITEM_BYTES = 400 * 1000  # of DynamoDB's 400 KB (409,600 bytes)
PACKED = ("message", "sent", "held")  # long texts, which an item holds compressed
HELD_AS_SENT = "held_as_sent"  # an attribute instead of a body that would stand there twice
_A_BATCH = 100  # keys in one BatchGetItem
# the guard: longer than any sender repeats a webhook, or a shop reopens an order
KEPT_FOR = timedelta(days=400)


class DeliveriesTable:
    """The table behind a low-level DynamoDB client."""

    def __init__(self, dynamodb: DynamoDBClient, table_name: str) -> None:
        self._dynamodb = dynamodb
        self._table_name = table_name

    def load(self, connection_id: str, order_id: str) -> DeliveryRecord | None:
        """Return the order's record, read consistently; ``None`` if there is none."""
        answer = self._dynamodb.get_item(
            TableName=self._table_name,
            Key={"connection_id": {"S": connection_id}, "order_id": {"S": order_id}},
            ConsistentRead=True,
        )
        item = answer.get("Item")
        return _from_item(item) if item else None

    def save(self, record: DeliveryRecord) -> DeliveryRecord:
        """Store the record if its version still is the one that was read; return it with the next version.

        Raises:
            OrderIsKnown: the record is new (version 0), and there was one already.
            AlreadyInProgress: another invocation has written the order's record in between.

        """
        stored, values = _fitting(replace(record, version=record.version + 1))
        try:
            self._dynamodb.put_item(
                TableName=self._table_name,
                Item=_to_item(values),
                **_unchanged(record.version),
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                there = cast("Mapping[str, Mapping[str, AttributeValueTypeDef]]", error.response).get("Item")
                if there:
                    raise OrderIsKnown(_from_item(there)) from error
                raise AlreadyInProgress("another invocation has changed the order's record") from error
            raise
        return stored

    def load_many(self, keys: Sequence[tuple[str, str]]) -> list[DeliveryRecord]:
        """Return the records of orders, by connection and order id, in that order, without what is gone."""
        found: dict[tuple[str, str], DeliveryRecord] = {}
        unread = list(dict.fromkeys(keys))
        while unread:
            now, unread = unread[:_A_BATCH], unread[_A_BATCH:]
            answer = self._dynamodb.batch_get_item(
                RequestItems={
                    self._table_name: {
                        "Keys": [
                            {"connection_id": {"S": connection_id}, "order_id": {"S": order_id}}
                            for connection_id, order_id in now
                        ]
                    }
                }
            )
            for item in answer["Responses"].get(self._table_name, []):
                record = _from_item(item)
                found[record.connection_id, record.order_id] = record
            left = answer.get("UnprocessedKeys", {}).get(self._table_name)
            unread += [
                (key["connection_id"]["S"], key["order_id"]["S"]) for key in (left or {"Keys": []})["Keys"]
            ]
        return [found[key] for key in keys if key in found]

    def of_connection(self, connection_id: str) -> Iterator[DeliveryRecord]:
        """Yield every record of a connection, page by page: not for what has to be quick."""
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table_name,
            KeyConditionExpression="connection_id = :connection_id",
            ExpressionAttributeValues={":connection_id": {"S": connection_id}},
        )
        for page in pages:
            for item in page["Items"]:
                yield _from_item(item)

    def not_indexed(self) -> Iterator[DeliveryRecord]:
        """Yield every record that was stored before there were indexes, page by page (a whole scan)."""
        pages = self._dynamodb.get_paginator("scan").paginate(
            TableName=self._table_name, FilterExpression="attribute_not_exists(came_at)"
        )
        for page in pages:
            for item in page["Items"]:
                yield _from_item(item)

    def not_changed_since(self, moment: datetime, part: int, parts: int) -> Iterator[DeliveryRecord]:
        """Yield the records of one part of the table that nothing happened to since (a scan)."""
        pages = self._dynamodb.get_paginator("scan").paginate(
            TableName=self._table_name,
            Segment=part,
            TotalSegments=parts,
            FilterExpression="changed_at < :moment",  # as isoformat() of UTC has written it
            ExpressionAttributeValues={":moment": {"S": moment.astimezone(UTC).isoformat()}},
        )
        for page in pages:
            for item in page["Items"]:
                yield _from_item(item)


def _unchanged(version: int) -> _Condition:
    """Return the condition that the item still is the one that was read; version 0 means there was none."""
    if version == 0:
        return {
            "ConditionExpression": "attribute_not_exists(order_id)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
    return {
        "ConditionExpression": "version = :version",
        "ExpressionAttributeValues": {":version": {"N": str(version)}},
    }


def _fitting(record: DeliveryRecord) -> tuple[DeliveryRecord, dict[str, Any]]:
    """Return the record, and its item's plain values, without what an item has no room for.

    The least needed goes first, and the record says what it was. Without the webhook's text an order cannot
    be replayed from its record; without the bodies its next change is sent whole.
    """
    record = replace(record, left_out=())
    stored = _stored(record)
    for names in (("message",), ("held", "in_question"), ("sent",)):
        if _size(stored) <= ITEM_BYTES:
            break
        empty: dict[str, Any] = {name: () if name == "in_question" else "" for name in names}
        record = replace(record, left_out=(*record.left_out, names[0]), **empty)
        stored = _stored(record)
    return record, stored


def _stored(record: DeliveryRecord) -> dict[str, Any]:
    """Return what is stored: DynamoDB bills each begun kilobyte of each write, and keeps it for a year.

    Left out are fields that have their class's default, and the body that CoopCycle was seen to take where it
    is the one that it was sent; long texts are compressed.
    """
    values: dict[str, Any] = encode(record)
    if record.held and record.held == record.sent:
        del values["held"]
        values[HELD_AS_SENT] = True
    for name in PACKED:
        if name in values:
            values[name] = zlib.compress(values[name].encode(), level=1)
    return {**values, "ttl": int((record.changed_at + KEPT_FOR).timestamp()), **index_keys(record)}


def _size(values: Mapping[str, Any]) -> int:
    """Return no less than DynamoDB counts: names and values in UTF-8, some bytes for each number and list."""
    lengths = {name: len(value) for name, value in values.items() if isinstance(value, bytes)}
    texts = json.dumps({**values, **lengths}, ensure_ascii=False)
    return len(texts.encode("utf-8", "surrogatepass")) + sum(lengths.values())


def _to_item(values: Mapping[str, Any]) -> dict[str, AttributeValueTypeDef]:
    return {name: to_attribute(value) for name, value in values.items()}


def _from_item(item: Mapping[str, AttributeValueTypeDef]) -> DeliveryRecord:
    attributes = {name: _unpacked(from_attribute(value)) for name, value in item.items()}
    if first_format.is_of(attributes):
        attributes = first_format.read(attributes)
    if attributes.get(HELD_AS_SENT):
        attributes["held"] = attributes["sent"]
    if "came_at" not in attributes:
        attributes["came_at"] = first_format.came_at(attributes)
    return decode(DeliveryRecord, attributes)


def _unpacked(value: Any) -> Any:
    return zlib.decompress(value).decode() if isinstance(value, bytes) else value
