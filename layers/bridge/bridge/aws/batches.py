"""A batch of SQS messages and the partial batch response: what failed comes again, the rest is done.

Without Powertools' batch utility: its import brings asyncio, and the classes of every kind of event, into
each cold start, an eighth of the dispatcher's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from bridge.telemetry import logger

BatchResponse = dict[str, list[dict[str, str]]]


@dataclass(frozen=True, slots=True)
class QueueRecord:
    """One record of Lambda's SQS event ("Using Lambda with Amazon SQS": the event's members)."""

    message_id: str
    receipt_handle: str
    body: str
    group_id: str  # of a FIFO queue; else empty
    sent_timestamp: str  # milliseconds since the epoch
    receive_count: int  # this time included

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> QueueRecord:
        """Read one element of the event's ``Records``."""
        attributes = record["attributes"]
        return cls(
            record["messageId"],
            record["receiptHandle"],
            record["body"],
            attributes.get("MessageGroupId", ""),
            attributes["SentTimestamp"],
            int(attributes["ApproximateReceiveCount"]),
        )


def process_groups(
    event: Mapping[str, Any],
    handle: Callable[[QueueRecord], None],
    after_failure: Callable[[list[QueueRecord]], None],
) -> BatchResponse:
    """Handle a FIFO queue's messages: orders side by side, the messages of one order in their order.

    After the first failure the rest of its group is not tried. ``handle`` logs what it raises;
    ``after_failure`` gets the failed message followed by those that were not tried.
    """
    groups: dict[str, list[QueueRecord]] = {}
    for record in map(QueueRecord.of, event["Records"]):
        groups.setdefault(record.group_id, []).append(record)

    def process(records: list[QueueRecord]) -> list[QueueRecord]:
        for number, record in enumerate(records):
            try:
                handle(record)
            except Exception:  # noqa: BLE001  # whatever it is, the other groups go on
                after_failure(records[number:])
                return records[number:]
        return []

    if len(groups) == 1:
        return _response(process(next(iter(groups.values()))))
    with ThreadPoolExecutor(max_workers=max(1, len(groups))) as threads:
        return _response([record for part in threads.map(process, groups.values()) for record in part])


def process_each(event: Mapping[str, Any], handle: Callable[[QueueRecord], None]) -> BatchResponse:
    """Handle a standard queue's messages one by one; each failure is logged and comes again by itself."""
    failed = []
    for record in map(QueueRecord.of, event["Records"]):
        try:
            handle(record)
        except Exception:  # noqa: BLE001  # whatever it is, the others go on
            logger.exception("message failed")
            failed.append(record)
    return _response(failed)


def _response(failed: list[QueueRecord]) -> BatchResponse:
    return {"batchItemFailures": [{"itemIdentifier": record.message_id} for record in failed]}
