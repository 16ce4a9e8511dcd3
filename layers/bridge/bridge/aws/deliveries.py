"""DeliveriesTable: one item per order, the memory that makes a second delivery impossible.

Every write is conditional on the version that was read, so of two invocations that hold the same
order one goes on and the other gets :class:`bridge.errors.AlreadyInProgress`.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypedDict

from botocore.exceptions import ClientError

from bridge.dispatching.record import Attempt, DeliveryRecord, Event, State
from bridge.errors import AlreadyInProgress
from bridge.model import TimeWindow
from bridge.schedule.windows import Windows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef


class _Condition(TypedDict, total=False):
    ConditionExpression: str
    ExpressionAttributeValues: dict[str, AttributeValueTypeDef]


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
                **_unchanged(record.version),
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                raise AlreadyInProgress("another invocation has changed the order's record") from error
            raise
        return stored

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

    def everything(self) -> Iterator[DeliveryRecord]:
        """Yield every record there is, page by page (for the operator, not for the functions)."""
        for page in self._dynamodb.get_paginator("scan").paginate(TableName=self._table_name):
            for item in page["Items"]:
                yield _from_item(item)


def _unchanged(version: int) -> _Condition:
    """Return the condition that the item still is the one that was read; version 0 means there was none."""
    if version == 0:
        return {"ConditionExpression": "attribute_not_exists(order_id)"}
    return {
        "ConditionExpression": "version = :version",
        "ExpressionAttributeValues": {":version": {"N": str(version)}},
    }


def _instant(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _to_instant(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _window(window: TimeWindow) -> list[str]:
    return [window.after.isoformat(), window.before.isoformat()]


def _to_window(pair: list[str]) -> TimeWindow:
    return TimeWindow(*(datetime.fromisoformat(text) for text in pair))


def _to_item(record: DeliveryRecord) -> dict[str, AttributeValueTypeDef]:
    attempts = [[a.posted_at.isoformat(), _window(a.dropoff), a.fingerprint] for a in record.attempts]
    windows = [_window(record.windows.pickup), _window(record.windows.dropoff)] if record.windows else []
    history = [[e.at.isoformat(), e.topic, e.outcome, e.reason] for e in record.history]
    texts = {
        "connection_id": record.connection_id,
        "order_id": record.order_id,
        "order_name": record.order_name,
        "state": record.state.value,
        "order_updated_at": _instant(record.order_updated_at),
        "changed_at": _instant(record.changed_at),
        "attempts": json.dumps(attempts),
        "doubtful_put_at": _instant(record.doubtful_put_at),
        "recheck_at": _instant(record.recheck_at),
        "windows": json.dumps(windows),
        "fingerprint": record.fingerprint,
        "sent": record.sent,
        "message": record.message,
        "delivery_iri": record.delivery_iri,
        "tracking_url": record.tracking_url,
        "reason": record.reason,
        "history": json.dumps(history, ensure_ascii=False),
    }
    item: dict[str, AttributeValueTypeDef] = {name: {"S": text} for name, text in texts.items()}
    return item | {
        "version": {"N": str(record.version)},
        "failures": {"N": str(record.failures)},
        "in_flight": {"BOOL": record.in_flight},
        "updating": {"BOOL": record.updating},
        "cancelling": {"BOOL": record.cancelling},
        "in_doubt": {"BOOL": record.in_doubt},
        "ttl": {"N": str(int((record.changed_at + KEPT_FOR).timestamp()))},
    }


def _from_item(item: dict[str, AttributeValueTypeDef]) -> DeliveryRecord:
    def text(name: str) -> str:
        return item[name]["S"]

    windows = [_to_window(pair) for pair in json.loads(text("windows"))]
    return DeliveryRecord(
        connection_id=text("connection_id"),
        order_id=text("order_id"),
        order_name=text("order_name"),
        state=State(text("state")),
        order_updated_at=datetime.fromisoformat(text("order_updated_at")),
        changed_at=datetime.fromisoformat(text("changed_at")),
        version=int(item["version"]["N"]),
        attempts=tuple(
            Attempt(datetime.fromisoformat(posted_at), _to_window(dropoff), fingerprint)
            for posted_at, dropoff, fingerprint in json.loads(text("attempts"))
        ),
        in_flight=item["in_flight"]["BOOL"],
        updating=item["updating"]["BOOL"],
        cancelling=item["cancelling"]["BOOL"],
        doubtful_put_at=_to_instant(text("doubtful_put_at")),
        in_doubt=item["in_doubt"]["BOOL"],
        failures=int(item["failures"]["N"]),
        recheck_at=_to_instant(text("recheck_at")),
        windows=Windows(*windows) if windows else None,
        fingerprint=text("fingerprint"),
        sent=text("sent"),
        message=text("message"),
        delivery_iri=text("delivery_iri"),
        tracking_url=text("tracking_url"),
        reason=text("reason"),
        history=tuple(
            Event(datetime.fromisoformat(at), topic, outcome, reason)
            for at, topic, outcome, reason in json.loads(text("history"))
        ),
    )
