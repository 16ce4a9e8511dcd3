"""What happens to an order next: what the bridge does by itself, and what a person has to do.

Pure: the present is passed in. Steps are values; who shows them finds the words, and the commands.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bridge.dispatching.record import DeliveryRecord, Pending, State

if TYPE_CHECKING:
    from bridge.operator.deployment import Timings
    from bridge.operator.parked import Parked

_STILL_TRYING = ("retried", "unknown")  # outcomes after which the message is on the queue again


@dataclass(frozen=True, slots=True)
class Redrive:
    """Messages of the order are parked: mend the reasons, then put them on the queue again."""

    connection_id: str
    order_id: str
    count: int
    reasons: tuple[str, ...]  # codes


@dataclass(frozen=True, slots=True)
class DeliveryStays:
    """The delivery on CoopCycle stays as it is until a parked change is mended."""


@dataclass(frozen=True, slots=True)
class FindOut:
    """What became of a POST is unknown; from ``asks_at`` on the bridge asks CoopCycle for the delivery."""

    posted_at: datetime
    asks_at: datetime


@dataclass(frozen=True, slots=True)
class TryAgain:
    """The bridge tries again by itself, ``within`` of the last try, and parks the message in the end.

    ``reason`` is the code of the last failure; empty when there was none. ``tried_at`` is when that was,
    ``status`` the HTTP status that was answered, ``next_try_at`` when the message comes again; ``None`` where
    that is not known.
    """

    reason: str
    tried_at: datetime | None
    within: timedelta
    gives_up_after: timedelta
    status: int | None = None
    next_try_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewAttempt:
    """What was parked of a rejected order was discarded: the shop's next webhook is an attempt, or a replay.

    ``has_webhook`` tells whether the record holds one to replay; else its body must be given.
    """

    connection_id: str
    order_id: str
    has_webhook: bool


@dataclass(frozen=True, slots=True)
class CallCourier:
    """The shop has cancelled what CoopCycle does not cancel any more, because a courier has it."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """There is nothing to do in this state."""

    state: State


@dataclass(frozen=True, slots=True)
class LookAgain:
    """An outcome was unknown, so the bridge looks at the order once more, or is late in doing so."""

    at: datetime
    is_due: bool


NextStep = (
    Redrive | DeliveryStays | FindOut | TryAgain | NewAttempt | CallCourier | Nothing | LookAgain
)  # what may happen next


def next_steps(
    record: DeliveryRecord, parked: Sequence[Parked], timings: Timings, *, now: datetime
) -> list[NextStep]:
    """Return what the bridge will do by itself and what a person has to do."""
    steps: list[NextStep] = []
    if parked:
        steps.append(redrive_of(parked))
        if record.exists:
            steps.append(DeliveryStays())
    else:
        steps += _of_state(record, timings)
    if record.recheck_at is not None:
        steps.append(LookAgain(record.recheck_at, record.recheck_at <= now))
    return steps


def redrive_of(parked: Sequence[Parked]) -> Redrive:
    """Return the step that puts parked messages of one order on the queue again."""
    reasons = tuple(sorted({each.reason for each in parked}))
    return Redrive(parked[0].connection_id, parked[0].order_id, len(parked), reasons)


def _of_state(record: DeliveryRecord, timings: Timings) -> Iterator[NextStep]:
    last = record.history[-1] if record.history else None
    if record.pending is Pending.POST and record.attempts:
        posted_at = record.attempts[-1].posted_at
        yield FindOut(posted_at, posted_at + timings.settle)
    trying = record.state is State.CREATING or (last is not None and last.outcome in _STILL_TRYING)
    if trying or record.waiting_for:
        yield TryAgain(
            record.waiting_for or (last.reason if last else ""),
            last.at if last else None,
            timings.longest_wait,
            timings.gives_up_after,
            record.waiting_status,
            record.next_try_at,
        )
    elif record.state is State.REJECTED:
        yield NewAttempt(record.connection_id, record.order_id, bool(record.message))
    elif record.state is State.CANCEL_REFUSED:
        yield CallCourier()
    else:
        yield Nothing(record.state)
