"""The indexes of DeliveriesTable: the newest orders, one by its name, and those that need something.

Nothing in them is personal, and none costs a read of the orders themselves. What an index shows is up to
some moments behind the table (global secondary indexes are eventually consistent: DynamoDB Developer Guide).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bridge.aws.attribute_values import from_attribute
from bridge.aws.plain import decode
from bridge.dispatching.record import Attention, DeliveryRecord, State
from bridge.schedule.windows import Windows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

BY_ARRIVAL = "by-arrival"  # connection_id, came_at; with what a row shows
BY_NAME = "by-name"  # connection_id, name_key
BY_ATTENTION = "by-attention"  # attention, connection_id; of orders that need something alone
NAME_LENGTH = 200  # characters of a name that count; a sort key has 1,024 bytes
_ROWS_READ = 1000  # at once, while rows are looked for that pass a filter
Key = tuple[str, str]  # connection id, order id


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order as a list shows it: an item of the index by arrival."""

    connection_id: str
    order_id: str
    came_at: datetime
    state: State
    changed_at: datetime
    order_name: str = ""
    reason: str = ""
    attention: Attention | None = None
    parked_code: str = ""  # of what was parked last
    windows: Windows | None = None
    delivery_iri: str = ""
    waiting_for: str = ""
    waiting_status: int | None = None
    next_try_at: datetime | None = None

    @property
    def key(self) -> Key:
        """What the order's record is found by."""
        return self.connection_id, self.order_id


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, the newest first; ``after`` continues behind them, and is empty at the end."""

    rows: tuple[OrderRow, ...]
    after: str = ""


def index_keys(record: DeliveryRecord) -> dict[str, str]:
    """Return what is written beside a record for its indexes; an attribute that is missing is not indexed."""
    came_at = record.came_at or record.changed_at
    keys = {"came_at": came_at.astimezone(UTC).isoformat()}
    name = name_key(record.order_name)
    if name:
        keys["name_key"] = name
    if record.attention:
        keys["attention"] = record.attention.value
    if record.parked:
        keys["parked_code"] = record.parked[-1].code
    return keys


def name_key(name: str) -> str:
    """Return a name as it is looked for: "#1042" and "1042" are the same, and so are "ABC" and "abc"."""
    return name.strip().lstrip("#").strip().casefold()[:NAME_LENGTH]


class OrderIndex:
    """The indexes behind a low-level DynamoDB client."""

    def __init__(self, dynamodb: DynamoDBClient, table_name: str) -> None:
        self._dynamodb = dynamodb
        self._table_name = table_name

    def newest(
        self,
        connection_ids: Sequence[str],
        *,
        since: datetime | None = None,
        state: State | None = None,
        limit: int = 25,
        after: str = "",
    ) -> Page:
        """Return the orders that came last; one query for each connection, unless a state narrows.

        Raises:
            ValueError: ``after`` is none that a page gave.
        """
        behind = _position(after) if after else None
        rows = [
            row
            for connection_id in connection_ids
            for row in self._newest_of(connection_id, since, state, limit + 1, behind)
        ]
        rows.sort(key=_place, reverse=True)
        more = len(rows) > limit
        return Page(tuple(rows[:limit]), "|".join(_place(rows[limit - 1])) if more else "")

    def _newest_of(
        self,
        connection_id: str,
        since: datetime | None,
        state: State | None,
        limit: int,
        behind: tuple[str, str, str] | None,
    ) -> list[OrderRow]:
        """Return rows of one connection; those at the same moment as ``behind`` are told by their ids."""
        bounds = {":connection_id": connection_id, ":from": _moment(since) if since else "0"}
        condition = "connection_id = :connection_id AND came_at BETWEEN :from AND :to"
        bounds[":to"] = behind[0] if behind else "9"
        query: dict[str, Any] = {}
        if state is not None:
            query = {"FilterExpression": "#state = :state", "ExpressionAttributeNames": {"#state": "state"}}
            bounds[":state"] = state.value
        found: list[OrderRow] = []
        for item in self._query(
            BY_ARRIVAL, condition, bounds, Limit=limit if state is None else _ROWS_READ, **query
        ):
            row = decode(OrderRow, {name: from_attribute(value) for name, value in item.items()})
            if behind is None or _place(row) < behind:
                found.append(row)
            if len(found) == limit:
                break
        return found

    def called(self, connection_id: str, beginning: str, *, limit: int = 25) -> list[str]:
        """Return the ids of a connection's orders whose name begins so; the exact name comes first."""
        wanted = name_key(beginning)
        if not wanted:
            return []
        condition = "connection_id = :connection_id AND begins_with(name_key, :name)"
        bounds = {":connection_id": connection_id, ":name": wanted}
        found = []
        for item in self._query(BY_NAME, condition, bounds, Limit=limit, ScanIndexForward=True):
            found.append(item["order_id"]["S"])
            if len(found) == limit:
                break
        return found

    def named(self, connection_id: str, name: str) -> list[str]:
        """Return the ids of a connection's orders that are called so."""
        wanted = name_key(name)
        if not wanted:
            return []
        condition = "connection_id = :connection_id AND name_key = :name"
        bounds = {":connection_id": connection_id, ":name": wanted}
        return [item["order_id"]["S"] for item in self._query(BY_NAME, condition, bounds)]

    def needing(self, attention: Attention, connection_id: str | None = None) -> list[Key]:
        """Return the keys of the orders that need this, of one connection or of all."""
        return [
            (item["connection_id"]["S"], item["order_id"]["S"])
            for item in self._query(BY_ATTENTION, *_needing(attention, connection_id))
        ]

    def count(self, attention: Attention, connection_id: str | None = None) -> int:
        """Return how many orders need this."""
        condition, bounds = _needing(attention, connection_id)
        pages = self._pages(BY_ATTENTION, condition, bounds, Select="COUNT")
        return sum(int(page["Count"]) for page in pages)

    def _query(
        self, index: str, condition: str, bounds: Mapping[str, str], **query: Any
    ) -> Iterator[Mapping[str, AttributeValueTypeDef]]:
        for page in self._pages(index, condition, bounds, **query):
            yield from page["Items"]

    def _pages(
        self, index: str, condition: str, bounds: Mapping[str, str], **query: Any
    ) -> Iterator[Mapping[str, Any]]:
        start: dict[str, Any] = {}
        while True:
            page = self._dynamodb.query(
                TableName=self._table_name,
                IndexName=index,
                KeyConditionExpression=condition,
                ExpressionAttributeValues={name: {"S": value} for name, value in bounds.items()},
                **{"ScanIndexForward": False, **query},
                **start,
            )
            yield page
            if "LastEvaluatedKey" not in page:
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def _needing(attention: Attention, connection_id: str | None) -> tuple[str, dict[str, str]]:
    condition, bounds = "attention = :attention", {":attention": attention.value}
    if connection_id is not None:
        condition += " AND connection_id = :connection_id"
        bounds[":connection_id"] = connection_id
    return condition, bounds


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _place(row: OrderRow) -> tuple[str, str, str]:
    """Return what orders rows: when they came, and of one moment their ids."""
    return _moment(row.came_at), row.connection_id, row.order_id


def _position(after: str) -> tuple[str, str, str]:
    came_at, connection_id, order_id = after.split("|", 2)
    return came_at, connection_id, order_id


PROJECTED = tuple(
    each.name for each in fields(OrderRow) if each.name not in ("connection_id", "order_id", "came_at")
)  # what the template's index by arrival includes
