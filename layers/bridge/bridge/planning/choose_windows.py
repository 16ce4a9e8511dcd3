"""When an order is collected and delivered.

The time is the customer's choice where there is one, else the schedule's or CoopCycle's next time slot:

- A chosen time is kept as it is, also outside the opening hours: the shop sold it. The collection lies before
  it (:func:`bridge.schedule.windows.collected_for`). A day alone takes the first windows of the schedule on
  that day, a time alone the first day from the order on at which the shop opens and it can still be met.
- A chosen day that the schedule rules out (``closed_on``, or a day alone on which the shop does not open) is
  refused: a person has to talk to the customer, the sooner the better.
- A time that is over, or too near to be collected for, becomes the next possible one; the courier is told.
- A choice that ended weeks ago, or lies more than a year ahead, is refused as one that nobody can mean.
- With ``window = "coopcycle"`` the windows are the time slots that the store offers on CoopCycle: the first
  that the parcel is ready for, or the one that the customer's time falls into. A chosen time that falls into
  none is kept as it is, as is one beyond the slots that CoopCycle offers so far.
- Windows fixed earlier stay while they agree with the customer's choice. It is compared with them, so nothing
  about it has to be remembered: a change of the choice is one that they do not agree with.
- Every window ends at a time that the instance's clock shows once: CoopCycle keeps the wall clock alone, so
  of the hour that is doubled in autumn "02:30 to 02:30" would be left (recorded: create_windows).

Who chose is part of the result. Knows no AWS.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Protocol
from zoneinfo import ZoneInfo

from bridge.errors import InvalidConnection, UnmappableOrder
from bridge.model import Order, TimeWindow, TimeWish
from bridge.schedule import windows as schedules
from bridge.schedule.chosen_time import Choice, Hours, read_choice
from bridge.schedule.opening_hours import HORIZON_DAYS, Schedule
from bridge.schedule.windows import Windows
from bridge.text import clean

_LATE = timedelta(days=15)  # a parked message lives 14 days; what is older than it was not held up by us
_EARLY = timedelta(days=366)
_AGREE = "agree on another day with the customer"


class TimeSlots(Protocol):
    """What is asked of one instance, as :class:`bridge.coopcycle.client.CoopCycleClient` does it."""

    def time_slot_choices(self) -> Sequence[TimeWindow]:
        """Return the windows that the store offers now, the earliest first."""


class ChosenBy(StrEnum):
    """Who chose the windows."""

    SCHEDULE = "schedule"  # the next ones that it has
    TIME_SLOT = "time_slot"  # the next one that CoopCycle offers
    CUSTOMER = "customer"
    EARLIER = "earlier"  # fixed before for this order


@dataclass(frozen=True, slots=True)
class ChosenWindows:
    """The windows of an order, who chose them, and what the courier has to know of it."""

    windows: Windows
    chosen_by: ChosenBy
    remarks: tuple[str, ...] = ()


def choose_windows(
    order: Order,
    schedule: Schedule,
    instance: TimeSlots,
    *,
    now: datetime,
    timezone: ZoneInfo,
    country: str,
    kept: Windows | None,
) -> ChosenWindows:
    """Choose when an order is collected and delivered; ``kept`` are the windows fixed earlier for it.

    ``timezone`` is the instance's: its wall clock is what CoopCycle keeps of a window.

    Raises:
        RetryableError: the instance could not be asked for its time slots.
        UnmappableOrder: the customer's choice cannot be read or cannot be meant; names it.
        InvalidConnection: the schedule is wrong or never open, or CoopCycle offers no time slot.

    """
    planner = _Planner(order, schedule, instance, now=now, timezone=timezone, kept=kept)
    wish = order.wish
    choice = (
        read_choice(wish, schedule.reading(timezone, country), ordered_at=order.created_at)
        if wish is not None
        else None
    )
    chosen = planner.without_a_choice() if choice is None else planner.for_choice(choice)
    windows = schedules.shown_once(chosen.windows, timezone)
    return ChosenWindows(windows, chosen.chosen_by, tuple(clean(remark) for remark in chosen.remarks))


class _Planner:
    """Finds the windows of one order."""

    def __init__(
        self,
        order: Order,
        schedule: Schedule,
        instance: TimeSlots,
        *,
        now: datetime,
        timezone: ZoneInfo,
        kept: Windows | None,
    ) -> None:
        self._path = (order.wish or TimeWish()).path or "the customer's choice of time"
        self._ordered_at = order.created_at
        self._schedule = schedule
        self._instance = instance
        self._now = now
        self._timezone = timezone
        self._kept = kept

    @cached_property
    def _ready(self) -> datetime:
        """When the parcel can be collected at the earliest."""
        return schedules.ready_at(self._schedule, ordered_at=self._ordered_at, now=self._now)

    @cached_property
    def _slots(self) -> Sequence[TimeWindow]:
        """What CoopCycle offers; asked once, and only where it is wanted."""
        return self._instance.time_slot_choices() if self._schedule.window == "coopcycle" else ()

    def without_a_choice(self) -> ChosenWindows:
        """Return the windows of an order that names no time."""
        if self._kept is not None:
            return ChosenWindows(self._kept, ChosenBy.EARLIER)
        return self._next()

    def for_choice(self, choice: Choice) -> ChosenWindows:
        """Return the windows for what the customer chose: a window, a day, hours, or both."""
        if choice.window is not None:
            return self._at(choice.window)
        if choice.hours is not None:
            day = choice.day if choice.day is not None else self._first_day_for(choice.hours)
            return self._at(self._window_on(day, choice.hours), begins_alone=choice.hours.ends is None)
        if choice.day is None:
            raise ValueError("a choice has a window, a day or hours")
        return self._on(choice.day)

    # --- without a choice -------------------------------------------------------------------------

    def _next(self, *remarks: str) -> ChosenWindows:
        """Return the next windows for an order that names no time, or one that cannot be met any more.

        Raises:
            InvalidConnection: there are none.

        """
        if self._schedule.window != "coopcycle":
            found = schedules.next_windows(self._schedule, now=self._now, timezone=self._timezone)
            return ChosenWindows(found, ChosenBy.SCHEDULE, remarks)
        ready = schedules.ready_at(self._schedule, ordered_at=self._now, now=self._now)
        for slot in self._slots:
            windows = self._collected_for(slot, ready)
            if slot.after >= ready and windows is not None:
                return ChosenWindows(windows, ChosenBy.TIME_SLOT, remarks)
        raise InvalidConnection(
            [
                "schedule.window: CoopCycle offers this store no time slot the parcel is ready for; look "
                'at the hours, days and prior notice of its time slot there, or write window = "schedule"'
            ]
        )

    # --- a chosen time ----------------------------------------------------------------------------

    def _window_on(self, day: date, hours: Hours) -> TimeWindow:
        """Return the window of these hours on a day."""
        return schedules.window_on(day, hours, minutes=self._schedule.window_minutes, timezone=self._timezone)

    def _first_day_for(self, hours: Hours) -> date:
        """Return the first day, from the order on, at which the shop opens and these hours can be met.

        Raises:
            InvalidConnection: there is none.

        """
        ready = schedules.ready_at(self._schedule, ordered_at=self._ordered_at, now=self._ordered_at)
        first = self._local_date(self._ordered_at)
        for offset in range(HORIZON_DAYS + 1):
            day = first + timedelta(days=offset)
            if not schedules.is_open_on(self._schedule, day):
                continue
            if self._collected_for(self._window_on(day, hours), ready) is not None:
                return day
        raise InvalidConnection(
            [f"schedule.opening_hours: no day within {HORIZON_DAYS} days is open for a chosen time"]
        )

    def _at(self, wished: TimeWindow, *, begins_alone: bool = False) -> ChosenWindows:
        """Return the windows for a chosen time, or the next ones if it cannot be met any more."""
        wished = schedules.ending_once(wished, self._timezone)
        if self._kept is not None and self._agrees(self._kept.dropoff, wished, begins_alone=begins_alone):
            return ChosenWindows(self._kept, ChosenBy.CUSTOMER)
        self._require_plausible(wished.after, wished.before)
        for slot in self._slots:
            if self._agrees(slot, wished, begins_alone=begins_alone):
                windows = self._collected_for(slot, self._ready)
                if windows is not None:
                    return ChosenWindows(windows, ChosenBy.CUSTOMER)
        met = self._collected_for(wished, self._ready)
        if met is None:
            return self._moved(wished.before, self._shown(wished))
        if self._local_date(wished.after) in self._schedule.closed_on:
            raise self._refuse(f"is on a day that schedule.closed_on closes; {_AGREE}")
        return ChosenWindows(met, ChosenBy.CUSTOMER)

    def _on(self, day: date) -> ChosenWindows:
        """Return the first windows of a chosen day, or the next ones if it is over."""
        if self._kept is not None and self._local_date(self._kept.dropoff.after) == day:
            return ChosenWindows(self._kept, ChosenBy.CUSTOMER)
        midnight = schedules.moment(day, 0, self._timezone)
        end = schedules.moment(day + timedelta(days=1), 0, self._timezone)
        self._require_plausible(midnight, end)
        met = self._on_slot_of(day) or self._on_schedule_of(day)
        if met is None:
            return self._moved(end, f"{day:%a %d %B %Y}")
        return ChosenWindows(met, ChosenBy.CUSTOMER)

    def _on_slot_of(self, day: date) -> Windows | None:
        for slot in self._slots:
            if self._local_date(slot.after) == day:
                windows = self._collected_for(slot, self._ready)
                if windows is not None:
                    return windows
        return None

    def _on_schedule_of(self, day: date) -> Windows | None:
        """Return the schedule's windows of a day; ``None`` when that day is over.

        Raises:
            UnmappableOrder: nothing is delivered on that day.

        """
        today = self._local_date(self._now)
        if day < today:
            return None
        if day in self._schedule.closed_on:
            raise self._refuse(f"is a day that schedule.closed_on closes; {_AGREE}")
        if self._slots and day <= self._local_date(self._slots[-1].after):
            if day == today:
                return None
            raise self._refuse(f"is a day on which CoopCycle offers no time slot; {_AGREE}")
        if not schedules.is_open_on(self._schedule, day):
            raise self._refuse(
                f"names no time, on a day on which the shop is closed (schedule.opening_hours); {_AGREE}"
            )
        return schedules.windows_on(self._schedule, day, ready=self._ready, timezone=self._timezone)

    # --- pieces -----------------------------------------------------------------------------------

    def _agrees(self, window: TimeWindow, wished: TimeWindow, *, begins_alone: bool) -> bool:
        """Tell whether a window is what the customer chose; a time slot may be wider or narrower."""
        if (window.after, window.before) == (wished.after, wished.before):
            return True
        if self._schedule.window != "coopcycle":
            return False
        contains = window.after <= wished.after and wished.before <= window.before
        within = wished.after <= window.after and window.before <= wished.before
        return contains or within or (begins_alone and window.after <= wished.after < window.before)

    def _collected_for(self, dropoff: TimeWindow, ready: datetime) -> Windows | None:
        kept = self._kept
        if kept is not None and kept.pickup.after <= self._now and kept.pickup.before <= dropoff.before:
            return Windows(kept.pickup, dropoff)  # a courier is there, or was
        return schedules.collected_for(self._schedule, dropoff, ready=ready, timezone=self._timezone)

    def _moved(self, wished_until: datetime, shown: str) -> ChosenWindows:
        remark = f"The customer chose {shown}. That could not be met any more: this is the next possibility."
        if self._kept is not None and self._kept.dropoff.before > wished_until:
            return ChosenWindows(self._kept, ChosenBy.EARLIER, (remark,))
        return self._next(remark)

    def _require_plausible(self, begins: datetime, ends: datetime) -> None:
        if ends < self._now - _LATE:
            raise self._refuse("was over weeks ago; if the order is still wanted, give it another time")
        if begins > self._now + _EARLY:
            raise self._refuse("lies more than a year ahead; look at the year")

    def _refuse(self, sentence: str) -> UnmappableOrder:
        return UnmappableOrder(self._path, sentence)

    def _local_date(self, moment: datetime) -> date:
        return moment.astimezone(self._timezone).date()

    def _shown(self, window: TimeWindow) -> str:
        """Write a window by the local clock, in English: Python's names of days are, in a Lambda."""
        after, before = (end.astimezone(self._timezone) for end in (window.after, window.before))
        until = f"{before:%H:%M}" if before - after < timedelta(days=1) else f"{before:%a %d %B %Y, %H:%M}"
        return f"{after:%a %d %B %Y, %H:%M}-{until}"
