"""What became of an order and what happens next, in plain words: from its record and what is parked of it.

Pure: the present is passed in. Nothing here is personal; the body that was sent is another matter.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bridge.dispatching.record import DeliveryRecord, State
from bridge.model import TimeWindow
from bridge_laptop.parked import Parked

_NEXT = {
    State.CREATED: "nothing; a newer webhook of the order changes or cancels the delivery",
    State.CANCELLED: "nothing",
    State.CANCEL_REFUSED: "call the courier: CoopCycle refuses to cancel what is assigned",
    State.IGNORED: "nothing, unless the shop changes the order",
}
_STILL_TRYING = ("retried", "unknown")  # outcomes after which the message is on the queue again


@dataclass(frozen=True, slots=True)
class Timings:
    """What decides when the bridge goes on by itself."""

    settle: timedelta  # how long a call of unknown outcome may be at work
    longest_wait: timedelta  # between two tries of a message
    gives_up_after: timedelta  # then it is parked


def show_time(moment: datetime, zone: ZoneInfo) -> str:
    """Write a time for people."""
    return f"{moment.astimezone(zone):%a %d %b %Y %H:%M:%S} {zone.key}"


def show_window(window: TimeWindow, zone: ZoneInfo) -> str:
    """Write a window for people."""
    after, before = window.after.astimezone(zone), window.before.astimezone(zone)
    end = f"{before:%H:%M}" if after.date() == before.date() else f"{before:%a %d %b %H:%M}"
    return f"{after:%a %d %b %Y %H:%M} – {end} {zone.key}"


def show_length(length: timedelta) -> str:
    """Write a length of time: "90 s", "15 minutes", "24 hours"."""
    seconds = length.total_seconds()
    if seconds < 120:
        return f"{seconds:g} s"
    return f"{seconds / 60:g} minutes" if seconds < 7200 else f"{seconds / 3600:g} hours"


def facts(record: DeliveryRecord, zone: ZoneInfo) -> dict[str, object]:
    """Return what the record says, by the words under which it is shown; times are texts for people."""
    windows = record.windows
    return {
        "connection": record.connection_id,
        "order": record.order_name or record.order_id,
        "order_id": record.order_id,
        "state": record.state.value,
        "reason": record.reason,
        "delivery": record.delivery_iri,
        "tracking": record.tracking_url,
        "pickup": show_window(windows.pickup, zone) if windows else "",
        "dropoff": show_window(windows.dropoff, zone) if windows else "",
        "attempts": len(record.attempts),
        "outcome_was_unknown": record.in_doubt,
        "changed_at": show_time(record.changed_at, zone),
        "recheck_at": show_time(record.recheck_at, zone) if record.recheck_at else "",
    }


def redrive_command(connection_id: str, order_id: str, options: str) -> str:
    """Return the command that puts what is parked of an order on the queue again."""
    return f"`bridge parked redrive --connection {connection_id} --order {shlex.quote(order_id)} {options}`"


def what_next(
    record: DeliveryRecord,
    parked: Sequence[Parked],
    timings: Timings,
    *,
    now: datetime,
    zone: ZoneInfo,
    options: str,
) -> list[str]:
    """Return what the bridge will do by itself and what a person has to do, as sentences.

    ``options`` name the deployment in the commands that are proposed ("--environment prod").
    """
    sentences = list(_about_parked(record, parked, options))
    if not parked:
        sentences += _about_state(record, timings, zone, options)
    elif record.exists:
        sentences.append("the delivery on CoopCycle stays as it is until then")
    if record.recheck_at is not None:
        when = show_time(record.recheck_at, zone)
        due = f"at {when}" if record.recheck_at > now else f"as soon as the queue comes to it (due {when})"
        sentences.append(f"because an outcome was unknown, the bridge looks at the order once more {due}")
    return sentences


def _about_parked(record: DeliveryRecord, parked: Sequence[Parked], options: str) -> Iterator[str]:
    if parked:
        reasons = ", ".join(sorted({each.reason for each in parked}))
        count = "a message waits" if len(parked) == 1 else f"{len(parked)} messages wait"
        yield (
            f"{count} for a person ({reasons}); mend that, then "
            f"{redrive_command(record.connection_id, record.order_id, options)}"
        )


def _about_state(record: DeliveryRecord, timings: Timings, zone: ZoneInfo, options: str) -> Iterator[str]:
    last = record.history[-1].outcome if record.history else ""
    if record.state is State.CREATING and record.in_flight and record.attempts:
        posted_at = record.attempts[-1].posted_at
        yield (
            f"what became of the POST of {show_time(posted_at, zone)} is unknown; from "
            f"{show_time(posted_at + timings.settle, zone)} on the bridge asks CoopCycle for the delivery, "
            "and posts again if there is none"
        )
    if record.state is State.CREATING or last in _STILL_TRYING:
        yield (
            f"the bridge tries again by itself, at most {show_length(timings.longest_wait)} after the last "
            f"try; {show_length(timings.gives_up_after)} after the webhook was queued it is parked"
        )
    elif record.state is State.REJECTED:
        body = "" if record.message else " --body FILE"
        again = f"`bridge replay {record.connection_id} {shlex.quote(record.order_id)}{body} {options}`"
        yield (
            "nothing of it is parked any more: it is on the queue again, or was discarded; "
            f"the shop's next webhook is a new attempt, and so is {again}"
        )
    else:
        yield _NEXT[record.state]
