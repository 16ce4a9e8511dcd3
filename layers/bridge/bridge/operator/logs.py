"""What the functions logged, entry by entry, out of the log groups of a deployment in CloudWatch Logs.

Nothing in an entry is personal: the functions log ids, codes and sentences alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bridge.operator.deployment import stack_name
from bridge.operator.orders import find_records

if TYPE_CHECKING:
    from bridge.operator.deployment import Deployment

LATE_BY = timedelta(seconds=30)  # what a follower looks back each time: entries of several groups come late
_GROUP, _FUNCTION = "LogGroup", "Function"  # ReceiveWebhookLogGroup is that of ReceiveWebhookFunction
_OF_THE_API = "ApiLogGroup"  # an access log, no function's
_PLAIN = re.compile(r"[A-Za-z0-9_-]+")  # what may stand in a filter pattern without being escaped
_LAMBDAS_OWN = ("START RequestId", "END RequestId", "REPORT RequestId", "INIT_START", "RESTORE_")


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One thing that a function logged; what it does not name is empty.

    ``function`` is the template's name of the function; ``reason`` is a code, ``detail`` a sentence.
    """

    at: datetime
    function: str
    level: str  # DEBUG | INFO | WARNING | ERROR
    message: str
    connection_id: str = ""
    order_id: str = ""
    topic: str = ""
    webhook_id: str = ""
    outcome: str = ""
    reason: str = ""
    detail: str = ""
    delivery: str = ""
    exception: str = ""  # its name alone


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries are asked for; what is empty leaves none out."""

    since: datetime
    connection_id: str = ""
    order_ids: frozenset[str] = field(default_factory=frozenset)

    def includes(self, entry: LogEntry) -> bool:
        """Tell whether an entry is about it."""
        if self.connection_id and entry.connection_id != self.connection_id:
            return False
        return not self.order_ids or entry.order_id in self.order_ids

    @property
    def pattern(self) -> str:
        """What CloudWatch is to leave out already, in its syntax for JSON; empty where it cannot be said.

        Source: "Filter pattern syntax for metric filters …", CloudWatch Logs user guide.
        """
        asked = {
            "connection_id": [self.connection_id] if self.connection_id else [],
            "order_id": self.order_ids,
        }
        if not all(_PLAIN.fullmatch(value) for values in asked.values() for value in values):
            return ""
        terms = [
            " || ".join(f'($.{name} = "{value}")' for value in sorted(values))
            for name, values in asked.items()
            if values
        ]
        return "{ " + " && ".join(f"({term})" for term in terms) + " }" if terms else ""


# --- one entry ------------------------------------------------------------------------------------


def read_entry(text: str, at: datetime, function: str) -> LogEntry | None:
    """Return what a line of a function's log says; ``None`` for Lambda's own lines and for metrics.

    What is not JSON (a process that died, a task that timed out) is an error with the line as its message.
    """
    line = text.strip()
    if not line or line.startswith(_LAMBDAS_OWN):
        return None
    try:
        fields = json.loads(line)
    except ValueError:
        return LogEntry(at, function, "ERROR", line)
    if not isinstance(fields, dict) or "_aws" in fields:
        return None
    if str(fields.get("type", "")).startswith("platform."):
        return _platform(fields, at, function)
    if fields.get("code"):  # of what was rejected, whose reason is a sentence
        fields = {**fields, "reason": fields["code"], "detail": fields.get("reason")}
    named = {name: str(fields.get(name) or "") for name in _NAMED}
    message = str(fields.get("message") or fields.get("errorMessage") or "")
    name = str(fields.get("exception_name") or fields.get("errorType") or "")
    return LogEntry(at, function, str(fields.get("level") or "ERROR"), message, exception=name, **named)


_NAMED = ("connection_id", "order_id", "topic", "webhook_id", "outcome", "reason", "detail", "delivery")


def _platform(fields: Mapping[str, Any], at: datetime, function: str) -> LogEntry | None:
    """Return what Lambda says of an invocation that did not end well."""
    record = fields.get("record")
    status = record.get("status", "success") if isinstance(record, dict) else "success"
    if fields["type"] != "platform.report" or status == "success":
        return None
    return LogEntry(at, function, "ERROR", f"the invocation ended with {status}")


# --- a deployment's entries -----------------------------------------------------------------------


def wanted(
    deployment: Deployment, since: datetime, *, connection_id: str | None = None, order: str | None = None
) -> Wanted:
    """Return the question for a connection's or an order's entries; the order by its id or its name."""
    if not order:
        return Wanted(since, connection_id or "")
    ids = [connection_id] if connection_id else deployment.connection_ids()
    found = {record.order_id for each in ids for record in find_records(deployment, each, order)}
    return Wanted(since, connection_id or "", frozenset(found or {order}))


def entries(deployment: Deployment, question: Wanted) -> list[LogEntry]:
    """Return what was logged since then, in its order."""
    return [entry for _, entry in _read(deployment, log_groups(deployment), question)]


def follow(deployment: Deployment, question: Wanted, pause: Callable[[], None]) -> Iterator[LogEntry]:
    """Yield what was logged since then, and what is logged from now on; ``pause`` waits before each look."""
    groups = log_groups(deployment)
    told: dict[str, datetime] = {}  # ids of entries that may be seen again, and when they were logged
    since = question.since
    while True:
        for event_id, entry in _read(deployment, groups, replace(question, since=since)):
            if event_id not in told:
                told[event_id] = entry.at
                yield entry
        since = max(question.since, max(told.values(), default=question.since) - LATE_BY)
        told = {event_id: at for event_id, at in told.items() if at >= since}
        pause()


def log_groups(deployment: Deployment) -> dict[str, str]:
    """Return the log groups of the functions: the template's name of each function -> its group."""
    if deployment.is_local:
        return _of_functions(deployment.log_groups)
    pages = deployment.client("cloudformation").get_paginator("list_stack_resources")
    return _of_functions(
        (each["LogicalResourceId"], each["PhysicalResourceId"])
        for page in pages.paginate(StackName=stack_name(deployment.environment))
        for each in page["StackResourceSummaries"]
        if each["ResourceType"] == "AWS::Logs::LogGroup" and each.get("PhysicalResourceId")
    )


def _of_functions(groups: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {
        logical_id.removesuffix(_GROUP) + _FUNCTION: name
        for logical_id, name in groups
        if logical_id != _OF_THE_API
    }


def _read(
    deployment: Deployment, groups: Mapping[str, str], question: Wanted
) -> Sequence[tuple[str, LogEntry]]:
    """Return the entries, each with CloudWatch's id of it, in their order."""
    client = deployment.client("logs")
    pattern = {"filterPattern": question.pattern} if question.pattern else {}
    found = []
    for function, group in groups.items():
        pages = client.get_paginator("filter_log_events").paginate(
            logGroupName=group, startTime=int(question.since.timestamp() * 1000), **pattern
        )
        for event in (event for page in pages for event in page["events"]):
            at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
            entry = read_entry(event["message"], at, function)
            if entry is not None and question.includes(entry):
                found.append((event["eventId"], entry))
    return sorted(found, key=lambda each: each[1].at)
