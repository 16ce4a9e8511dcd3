"""DeliveriesTable: one item per order, the memory that makes a second delivery impossible.

Every write is conditional on the version that was read, so of two invocations that hold the same
order one goes on and the other gets :class:`bridge.errors.AlreadyInProgress`.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from bridge.errors import AlreadyInProgress
from bridge.lifecycle import Attempt, DeliveryRecord, State
from bridge.model import TimeWindow
from bridge.schedule import Windows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

KEPT_FOR = timedelta(days=400)  # longer than any sender repeats a webhook, or a shop reopens an order


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
            AlreadyInProgress: another invocation has written the order's record in between.

        """
        stored = replace(record, version=record.version + 1)
        try:
            self._dynamodb.put_item(
                TableName=self._table_name,
                Item=_to_item(stored),
                ConditionExpression="attribute_not_exists(order_id) OR version = :version"
                if record.version == 0
                else "version = :version",
                ExpressionAttributeValues={":version": {"N": str(record.version)}},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                raise AlreadyInProgress("another invocation has changed the order's record") from error
            raise
        return stored

    def of_connection(self, connection_id: str) -> Iterator[DeliveryRecord]:
        """Yield every record of a connection, page by page (for the operator, not for the functions)."""
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table_name,
            KeyConditionExpression="connection_id = :connection_id",
            ExpressionAttributeValues={":connection_id": {"S": connection_id}},
        )
        for page in pages:
            for item in page["Items"]:
                yield _from_item(item)


def _window(window: TimeWindow) -> list[str]:
    return [window.after.isoformat(), window.before.isoformat()]


def _to_window(pair: list[str]) -> TimeWindow:
    return TimeWindow(*(datetime.fromisoformat(text) for text in pair))


def _to_item(record: DeliveryRecord) -> dict[str, AttributeValueTypeDef]:
    attempts = [
        {"posted_at": a.posted_at.isoformat(), "dropoff": _window(a.dropoff), "status": a.status}
        for a in record.attempts
    ]
    item: dict[str, AttributeValueTypeDef] = {
        "connection_id": {"S": record.connection_id},
        "order_id": {"S": record.order_id},
        "order_name": {"S": record.order_name},
        "state": {"S": record.state.value},
        "order_updated_at": {"S": record.order_updated_at.isoformat()},
        "changed_at": {"S": record.changed_at.isoformat()},
        "version": {"N": str(record.version)},
        "attempts": {"S": json.dumps(attempts)},
        "in_flight": {"BOOL": record.in_flight},
        "in_doubt": {"BOOL": record.in_doubt},
        "fingerprint": {"S": record.fingerprint},
        "delivery_iri": {"S": record.delivery_iri},
        "tracking_url": {"S": record.tracking_url},
        "reason": {"S": record.reason},
        "ttl": {"N": str(int((record.changed_at + KEPT_FOR).timestamp()))},
    }
    if record.windows is not None:
        item["pickup_window"] = {"S": json.dumps(_window(record.windows.pickup))}
        item["dropoff_window"] = {"S": json.dumps(_window(record.windows.dropoff))}
    return item


def _from_item(item: dict[str, AttributeValueTypeDef]) -> DeliveryRecord:
    def text(name: str) -> str:
        return item[name]["S"]

    windows = None
    if "pickup_window" in item:
        windows = Windows(
            pickup=_to_window(json.loads(text("pickup_window"))),
            dropoff=_to_window(json.loads(text("dropoff_window"))),
        )
    return DeliveryRecord(
        connection_id=text("connection_id"),
        order_id=text("order_id"),
        order_name=text("order_name"),
        state=State(text("state")),
        order_updated_at=datetime.fromisoformat(text("order_updated_at")),
        changed_at=datetime.fromisoformat(text("changed_at")),
        version=int(item["version"]["N"]),
        attempts=tuple(
            Attempt(datetime.fromisoformat(a["posted_at"]), _to_window(a["dropoff"]), a["status"])
            for a in json.loads(text("attempts"))
        ),
        in_flight=item["in_flight"]["BOOL"],
        in_doubt=item["in_doubt"]["BOOL"],
        windows=windows,
        fingerprint=text("fingerprint"),
        delivery_iri=text("delivery_iri"),
        tracking_url=text("tracking_url"),
        reason=text("reason"),
    )
