"""What commands print for programs: stable names, times in ISO 8601 (UTC), ``null`` for what is not there.

docs/commands.md is made from these types.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated, NotRequired, TypedDict, cast

import click

from bridge.aws.order_index import OrderRow as IndexedOrder
from bridge.errors import InvalidConnection
from bridge.model import TimeWindow
from bridge.operator.connections import StoredConnection
from bridge.operator.doctor import Finding
from bridge.operator.logs import LogEntry
from bridge.operator.next_steps import NextStep
from bridge.operator.orders import LiveDelivery, OrderReport
from bridge.operator.parked import Parked
from bridge.receiving.messages import WebhookMessage
from bridge_laptop.cli.json_text import json_text
from bridge_laptop.cli.text import sentence

Time = Annotated[str, "time"]  # ISO 8601, with its offset


class Window(TypedDict):
    """From ``after`` to ``before``."""

    after: Time
    before: Time


class HistoryEntry(TypedDict):
    """One thing that happened to an order."""

    at: Time
    topic: str
    outcome: str
    reason: str


class Step(TypedDict):
    """What happens next, or has to be done; ``details`` are the step's own values."""

    step: str
    text: str
    details: dict[str, object]


class ParkedFields(TypedDict):
    """A parked message, as `parked list` prints it."""

    message_id: str
    connection: str
    order: str
    order_id: str
    topic: str
    webhook_id: str
    received_at: Time | None
    reason: str
    because: str
    property_paths: list[str]
    parked_at: Time
    kept_until: Time
    body_bytes: int
    to_do: str


class ParkedShown(ParkedFields):
    """A parked message, as `parked show` prints it; `body` with --body, and personal."""

    body: NotRequired[str]


class OrderRow(TypedDict):
    """An order, as `orders list` prints it."""

    connection: str
    order: str
    order_id: str
    state: str
    reason: str
    came_at: Time | None
    changed_at: Time
    delivery: str
    needs: str | None
    pickup: Window | None
    dropoff: Window | None
    next_try_at: Time | None


class Live(TypedDict):
    """What CoopCycle holds of an order now."""

    statuses: list[str]
    assigned: bool
    pickup: Window | None
    dropoff: Window | None


class OrderFields(OrderRow):
    """An order, as `orders show` prints it; `sent` with --sent, and personal, `live` with --live."""

    tracking: str
    attempts: int
    outcome_was_unknown: bool
    recheck_at: Time | None
    history: list[HistoryEntry]
    parked: list[ParkedFields]
    next: list[Step]
    sent: NotRequired[dict[str, object] | None]
    live: NotRequired[Live | None]


class ConnectionRow(TypedDict):
    """A connection in force, as `connections list` prints it."""

    connection: str
    source: str | None
    coopcycle_url: str | None
    problems: list[str]
    secrets: list[str]
    missing: list[str]
    rotating: bool
    last_modified: Time


class FindingRow(TypedDict):
    """What `doctor`, `test` or `connections check` found; `cure` is null where all is well."""

    about: str
    health: str
    says: str
    cure: str | None


class LogRow(TypedDict):
    """One thing that a function logged; ``""`` where it does not say."""

    at: Time
    function: str
    level: str
    message: str
    connection: str
    order_id: str
    topic: str
    webhook_id: str
    outcome: str
    reason: str
    detail: str
    delivery: str
    exception: str


# command -> what its list holds
LISTS: Mapping[str, type] = {
    "orders list": OrderRow,
    "orders show": OrderFields,
    "parked list": ParkedFields,
    "parked show": ParkedShown,
    "connections list": ConnectionRow,
    "connections check": FindingRow,
    "doctor": FindingRow,
    "logs": LogRow,
    "test": FindingRow,
}
LINES: Mapping[str, type] = {"logs --follow": LogRow, "tail": LogRow}  # an object a line, as it happens

PARTS: Sequence[type] = (Window, HistoryEntry, Step, Live)  # what stands in them


def print_json(document: object) -> None:
    """Print a document for programs."""
    click.echo(json_text(document, indent=2))


def print_line(document: object) -> None:
    """Print one of several documents for programs that read them as they come."""
    click.echo(json_text(document))


def instant(moment: datetime) -> str:
    """Write a time for programs."""
    return moment.astimezone(UTC).isoformat()


def _window(window: TimeWindow | None) -> Window | None:
    return Window(after=instant(window.after), before=instant(window.before)) if window else None


def parked_fields(each: Parked) -> ParkedFields:
    """Return what is told of a parked message; nothing of it is personal."""
    webhook = each.message if isinstance(each.message, WebhookMessage) else None
    return ParkedFields(
        message_id=each.message_id,
        connection=each.connection_id,
        order=each.order_name,
        order_id=each.order_id,
        topic=each.topic,
        webhook_id=webhook.webhook_id if webhook else "",
        received_at=instant(webhook.received_at) if webhook else None,
        reason=each.reason,
        because=each.sentence or each.why.meaning,
        property_paths=list(each.property_paths),
        parked_at=instant(each.parked_at),
        kept_until=instant(each.kept_until),
        body_bytes=len(webhook.body) if webhook else 0,
        to_do=each.why.cure,
    )


def order_row(row: IndexedOrder) -> OrderRow:
    """Return what a list tells of an order."""
    return OrderRow(
        connection=row.connection_id,
        order=row.order_name,
        order_id=row.order_id,
        state=row.state.value,
        reason=row.parked_code or row.reason,
        came_at=instant(row.came_at),
        changed_at=instant(row.changed_at),
        delivery=row.delivery_iri,
        needs=row.attention.value if row.attention else None,
        pickup=_window(row.windows.pickup if row.windows else None),
        dropoff=_window(row.windows.dropoff if row.windows else None),
        next_try_at=instant(row.next_try_at) if row.next_try_at else None,
    )


def order_fields(report: OrderReport, options: str) -> OrderFields:
    """Return what is known of an order; ``options`` name the deployment in commands that are proposed."""
    record = report.record
    windows = record.windows if record else None
    return OrderFields(
        connection=report.connection_id,
        order=report.order_name,
        order_id=report.order_id,
        state=record.state.value if record else "no record",
        reason=record.reason if record else "",
        came_at=instant(record.came_at) if record and record.came_at else None,
        changed_at=instant(report.changed_at),
        delivery=record.delivery_iri if record else "",
        needs=record.attention.value if record and record.attention else None,
        next_try_at=instant(record.next_try_at) if record and record.next_try_at else None,
        tracking=record.tracking_url if record else "",
        pickup=_window(windows.pickup if windows else None),
        dropoff=_window(windows.dropoff if windows else None),
        attempts=len(record.attempts) if record else 0,
        outcome_was_unknown=record.in_doubt if record else False,
        recheck_at=instant(record.recheck_at) if record and record.recheck_at else None,
        history=[
            HistoryEntry(at=instant(event.at), topic=event.topic, outcome=event.outcome, reason=event.reason)
            for event in (record.history if record else ())
        ],
        parked=[parked_fields(each) for each in report.parked],
        next=[_step(step, options) for step in report.next_steps],
    )


def live_fields(live: LiveDelivery | None) -> Live | None:
    """Return what CoopCycle holds; ``None`` where there never was a delivery."""
    if live is None:
        return None
    return Live(
        statuses=list(live.statuses),
        assigned=live.is_assigned,
        pickup=_window(live.pickup),
        dropoff=_window(live.dropoff),
    )


def connection_row(stored: StoredConnection) -> ConnectionRow:
    """Return what a list tells of a connection; of a secret its name alone."""
    source, url, problems = None, None, []
    try:
        connection = stored.parse()
        source, url = connection.source, connection.coopcycle_url
    except InvalidConnection as error:
        problems = list(error.problems)
    return ConnectionRow(
        connection=stored.connection_id,
        source=source,
        coopcycle_url=url,
        problems=problems,
        secrets=list(stored.secret_names),
        missing=list(stored.missing),
        rotating=stored.is_rotating,
        last_modified=instant(stored.last_modified),
    )


def _step(step: NextStep, options: str) -> Step:
    details = {name: _plain(value) for name, value in asdict(step).items()}
    return Step(step=_snake(type(step).__name__), text=sentence(step, instant, options), details=details)


def _plain(value: object) -> object:
    """Return a step's value as JSON has it: times in ISO 8601, lengths of time in seconds."""
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    return list(cast("Sequence[object]", value)) if isinstance(value, tuple) else value


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def finding_row(finding: Finding) -> FindingRow:
    """Return what `doctor` found."""
    return FindingRow(
        about=finding.about, health=finding.health.value, says=finding.says, cure=finding.cure or None
    )


def log_row(entry: LogEntry) -> LogRow:
    """Return what a function logged."""
    return LogRow(
        at=instant(entry.at),
        function=entry.function,
        level=entry.level,
        message=entry.message,
        connection=entry.connection_id,
        order_id=entry.order_id,
        topic=entry.topic,
        webhook_id=entry.webhook_id,
        outcome=entry.outcome,
        reason=entry.reason,
        detail=entry.detail,
        delivery=entry.delivery,
        exception=entry.exception,
    )
