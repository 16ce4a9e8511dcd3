"""What every window promises, whatever the order, the schedule and the time zone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.planned_orders import SHOP, NoSlots, wishing

from bridge.errors import UnmappableOrder
from bridge.planning.choose_windows import choose_windows
from bridge.schedule.opening_hours import Schedule

ZONES = ["Europe/Paris", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia", "Australia/Lord_Howe"]
SCHEDULES = [
    SHOP,
    Schedule(),
    Schedule(("Mo-Sa 09:00-19:00",), preparation_minutes=0, pickup_minutes=15, window_minutes=60),
    Schedule(("Mo-Su 18:00-24:00", "Mo-Su 00:00-02:00"), preparation_minutes=600),
]


@settings(max_examples=300, deadline=None)
@given(
    now=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # bounds
    ago=st.integers(0, 3 * 24 * 60),
    ahead=st.integers(-10, 300),
    begins=st.integers(0, 1439),
    length=st.integers(0, 700),
    parts=st.sampled_from(["both", "date", "time"]),
    zone=st.sampled_from(ZONES),
    schedule=st.sampled_from(SCHEDULES),
)
def test_windows_always_keep_their_promises(
    now: datetime,
    ago: int,
    ahead: int,
    begins: int,
    length: int,
    parts: str,
    zone: str,
    schedule: Schedule,
) -> None:
    """Whatever is chosen, wherever and whenever: never in the past, collected in time, as written."""
    timezone = ZoneInfo(zone)
    ordered_at = now - timedelta(minutes=ago)
    day = now.astimezone(timezone).date() + timedelta(days=ahead)
    written = [f"{minute // 60:02}:{minute % 60:02}" for minute in (begins, (begins + length) % 1440)]
    order = replace(
        wishing(day.isoformat() if parts != "time" else "", "-".join(written) if parts != "date" else ""),
        created_at=ordered_at,
    )
    try:
        result = choose_windows(
            order, schedule, NoSlots(), now=now, timezone=timezone, country="FR", kept=None
        )
    except UnmappableOrder:
        return  # a closed day, or one that nobody can mean

    chosen, remarks = result.windows, result.remarks
    pickup, dropoff = chosen.pickup, chosen.dropoff
    assert all(each.after.tzinfo is UTC and each.before.tzinfo is UTC for each in (pickup, dropoff))
    assert pickup.after >= now
    assert pickup.before <= dropoff.before
    assert dropoff.before > now
    assert bool(remarks) or parts == "date" or begins == 0 or _shows(dropoff.after, timezone, written[0])
    again = choose_windows(order, schedule, NoSlots(), now=now, timezone=timezone, country="FR", kept=chosen)
    assert chosen == again.windows


def _shows(moment: datetime, timezone: ZoneInfo, clock: str) -> bool:
    """Tell whether the wall clock shows this time, or jumps over it at this moment."""
    local = moment.astimezone(timezone)
    jumped = local.utcoffset() != (moment - timedelta(minutes=1)).astimezone(timezone).utcoffset()
    return f"{local:%H:%M}" == clock or jumped
