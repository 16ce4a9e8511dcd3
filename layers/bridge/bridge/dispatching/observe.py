"""What CoopCycle shows of a delivery, against what the record believes of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bridge.coopcycle.changes import seen_differences
from bridge.dispatching import lifecycle
from bridge.dispatching.outcomes import Finding, Outcome
from bridge.dispatching.record import Event, State
from bridge.dispatching.work import Work
from bridge.model import Receipt

_OVER = frozenset({"DONE", "FAILED"})


def observe(work: Work, receipt: Receipt) -> None:
    """Take into the record what the order's delivery looks like; each finding that is new into its history.

    The record is not stored: what is done next stores it.
    """
    record, now = work.record, work.now()
    found = tuple(_findings(work, receipt))
    for finding in found:
        if finding not in record.seen:
            record = record.noting(Event(now, work.message.topic, Outcome.SEEN, finding))
    record = replace(record, seen=found)
    if not receipt.is_live and record.state is State.CREATED:
        record = lifecycle.withdrawn(record, now)
        work.found(Finding.WITHDRAWN)
    elif not receipt.is_live and record.state is State.CANCEL_REFUSED:  # what the shop had asked for
        record = lifecycle.cancelled_in_the_end(record, now)
    elif receipt.is_live and record.state is State.WITHDRAWN:
        record = lifecycle.restored(record, now)
    work.record = record


def _findings(work: Work, receipt: Receipt) -> Iterator[Finding]:
    if not receipt.is_live:
        yield Finding.WITHDRAWN
        return
    live = [task.status for task in receipt.tasks if task.status != "CANCELLED"]
    if live and all(status in _OVER for status in live):
        yield Finding.FINISHED
    elif receipt.assigned:
        yield Finding.ASSIGNED
    differences = seen_differences(work.record.possible, receipt)
    if differences.moved:
        yield Finding.MOVED
    if differences.reworded:
        yield Finding.REWORDED
