"""What version 0.1 left in the table and on the queues is read as it was meant.

``written_by_72796e8`` holds items and messages that the code of that commit wrote, one of each state.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bridge.aws.deliveries import _from_item, _stored, _to_item
from bridge.dispatching.record import Attempt, DeliveryRecord, Event, Pending, State
from bridge.model import TimeWindow
from bridge.receiving.messages import PrivacyMessage, Recheck, WebhookMessage, read_message
from bridge.schedule.windows import Windows

WRITTEN = Path(__file__).parent / "written_by_72796e8"
ITEMS = json.loads((WRITTEN / "records.json").read_bytes())
MESSAGES = json.loads((WRITTEN / "messages.json").read_bytes())
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
WINDOWS = Windows(TimeWindow(NOW + HOUR, NOW + 2 * HOUR), TimeWindow(NOW + 2 * HOUR, NOW + 4 * HOUR))
STATES = {
    "waiting": (State.CREATING, None),
    "posting": (State.CREATING, Pending.POST),
    "in_doubt": (State.CREATING, Pending.POST),
    "created": (State.CREATED, None),
    "adopted": (State.CREATED, None),
    "putting": (State.CREATED, Pending.PUT),
    "put_in_doubt": (State.CREATED, None),
    "deleting": (State.CREATED, Pending.DELETE),
    "cancelled": (State.CANCELLED, None),
    "cancel_refused": (State.CANCEL_REFUSED, None),
    "rejected": (State.REJECTED, None),
    "ignored": (State.IGNORED, None),
    "redacted": (State.CREATED, None),
}


def read(name: str) -> DeliveryRecord:
    """Return the record of a recorded item."""
    return _from_item(ITEMS[name])


def test_every_recorded_item_is_looked_at() -> None:
    """No item lies there unread."""
    assert STATES.keys() == ITEMS.keys()


@pytest.mark.parametrize("name", sorted(STATES))
def test_state_and_pending_call(name: str) -> None:
    """The flags of old say which call is pending."""
    record = read(name)

    assert STATES[name] == (record.state, record.pending)
    assert ("acme", "7", "#1042", 3) == (
        record.connection_id,
        record.order_id,
        record.order_name,
        record.version,
    )


@pytest.mark.parametrize("name", sorted(STATES))
def test_it_is_the_same_when_written_anew(name: str) -> None:
    """Read and written by this version, read again, it has not changed."""
    record = read(name)

    assert record == _from_item(_to_item(_stored(record)))


def test_what_guards_the_order() -> None:
    """Attempts, windows, times and history keep their values."""
    record = read("in_doubt")

    attempt = record.attempts[0]
    assert (NOW, WINDOWS.dropoff) == (attempt.posted_at, attempt.dropoff)
    assert isinstance(attempt, Attempt)
    assert WINDOWS == record.windows
    assert NOW + timedelta(minutes=5) == record.recheck_at
    assert (True, 1) == (record.in_doubt, record.failures)
    assert Event(NOW, "orders/create", "retried", "coopcycle_unavailable") == record.history[0]
    assert json.loads(record.sent)["dropoff"]["comments"] == "#1042\nnote"


def test_messages() -> None:
    """Messages of all three kinds, also those inside records, are read."""
    webhook = read_message(MESSAGES["webhook"])

    assert isinstance(webhook, WebhookMessage)
    assert ("acme", "w-1", "7", b'{"id": 7}') == (
        webhook.connection_id,
        webhook.webhook_id,
        webhook.order_id,
        webhook.body,
    )
    assert webhook == read_message(read("created").message)
    assert Recheck("acme", "7") == read_message(MESSAGES["recheck"])
    privacy = read_message(MESSAGES["privacy"])
    assert isinstance(privacy, PrivacyMessage)
    assert ("7", "8") == privacy.order_ids
