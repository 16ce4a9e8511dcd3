"""The day in pictures: orders by the hour, waiting and parked through the day, how quick it went."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from markupsafe import Markup

from bridge.console.charts import Plot, Series, bars, lines
from bridge.console.page import Page
from bridge.console.values import Happened, Row, Standing

StoryOfDay = tuple[Row, tuple[Happened, ...], datetime | None]
_KINDS = (  # key of the words, standings, symbol, colour
    ("with_coopcycle", (Standing.CREATED,), "created", "way"),
    ("waiting", (Standing.WAITING,), "waiting", "wait"),
    ("parked", (Standing.PARKED, Standing.TOO_LATE), "parked", "stop"),
    ("settled", (Standing.CANCELLED, Standing.DISCARDED, Standing.IGNORED), "cancelled", "off"),
)
_STILL_WAITS = ("retried", "unknown", "redriven", "replayed")


@dataclass(frozen=True, slots=True)
class Key:
    """One entry of a picture's key."""

    symbol: str
    colour: str
    word: Markup
    n: int


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: its finding, what it shows, two drawings, and the numbers."""

    title: Markup
    about: Markup
    plots: Sequence[Plot]
    heads: Sequence[Markup]
    table: Sequence[Sequence[object]]
    key: Sequence[Key] = ()


def pictures(page: Page, stories: Sequence[StoryOfDay], zone: ZoneInfo, frame: Mapping[str, object]) -> str:
    """Return the page of pictures of the day."""
    midnight = page.now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    today = [story for story in stories if story[0].came_at >= midnight]
    return page.render(
        "pictures.html",
        tab="pictures",
        is_tab=True,
        pictures=list(_pictures(page, stories, today, midnight)) if today else [],
        zone=zone.key,
        date=page.moments.day(page.now, zone),
        clock=f"{page.now.astimezone(zone):%H:%M}",
        **frame,
    )


def _pictures(
    page: Page, stories: Sequence[StoryOfDay], today: Sequence[StoryOfDay], midnight: datetime
) -> Iterator[Picture]:
    first = min(_hour(row.came_at, midnight) for row, *_ in today)
    hours = (int(first), max(int(first) + 2, math.ceil(_hour(page.now, midnight) + 0.01)))
    yield _by_hour(page, [row for row, *_ in today], hours, midnight)
    yield _through_the_day(page, stories, hours, midnight)
    quick = _quickness(page, today, hours, midnight)
    if quick is not None:
        yield quick


def _hour(moment: datetime, midnight: datetime) -> float:
    return max(0.0, (moment - midnight).total_seconds() / 3600)


def _by_hour(page: Page, rows: Sequence[Row], hours: tuple[int, int], midnight: datetime) -> Picture:
    by_hour: dict[int, Counter[str]] = {hour: Counter() for hour in range(*hours)}
    kind_of = {standing: key for key, standings, *_ in _KINDS for standing in standings}
    for row in rows:
        by_hour[int(_hour(row.came_at, midnight))][kind_of[row.standing]] += 1
    busiest = max(by_hour, key=lambda hour: by_hour[hour].total())
    stacks = [(hour, [(tone, n[key]) for key, _, _, tone in _KINDS]) for hour, n in by_hour.items()]
    total = sum(by_hour.values(), Counter())
    return Picture(
        title=page.words("pictures.peak", n=by_hour[busiest].total(), **{"from": busiest, "to": busiest + 1}),
        about=page.words("pictures.by_hour"),
        plots=bars(hours, stacks),
        heads=[page.words(f"pictures.{key}") for key in ("hour", "orders", *(k for k, *_ in _KINDS))],
        table=[
            (f"{hour}–{hour + 1}\xa0h", n.total(), *(n[key] for key, *_ in _KINDS))
            for hour, n in by_hour.items()
        ],
        key=[
            Key(sign, tone, page.words(f"pictures.{key}"), total[key])
            for key, _, sign, tone in _KINDS
            if total[key]
        ],
    )


def spans(happened: Sequence[Happened], kind: str, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield from when to when an order waited ("waiting"), or was parked ("parked")."""
    outcomes = _STILL_WAITS if kind == "waiting" else ("parked",)
    began: datetime | None = None
    for each in happened:
        if each.outcome in outcomes:
            began = began or each.at
        elif began is not None:
            yield began, each.at
            began = None
    if began is not None:
        yield began, now


def _steps(
    stories: Sequence[StoryOfDay], kind: str, midnight: datetime, now: datetime
) -> list[tuple[datetime, int]]:
    """Return how many orders waited, at each moment when that changed."""
    changes: Counter[datetime] = Counter()
    for _, happened, _ in stories:
        for began, ended in spans(happened, kind, now):
            if ended > midnight:
                changes[max(began, midnight)] += 1
                changes[ended] -= 1
    changes[now] += 0
    level, steps = 0, []
    for moment in sorted(changes):
        level += changes[moment] if moment < now else 0
        steps.append((moment, level))
    return steps


def _through_the_day(
    page: Page, stories: Sequence[StoryOfDay], hours: tuple[int, int], midnight: datetime
) -> Picture:
    waiting = _steps(stories, "waiting", midnight, page.now)
    parked = _steps(stories, "parked", midnight, page.now)
    worst = max(waiting, key=lambda step: step[1])
    title = page.words("pictures.never_waited")
    if worst[1]:
        title = page.words("pictures.waited", n=worst[1], at=f"{worst[0].astimezone(midnight.tzinfo):%H:%M}")
    series = [
        Series(tone, _stairs(steps, hours, midnight), dashed, area, f"{steps[-1][1]} {page.words(word)}")
        for tone, steps, dashed, area, word in (
            ("wait", waiting, False, True, "pictures.waiting"),
            ("stop", parked, True, False, "pictures.parked"),
        )
    ]
    moments = sorted({*(moment for moment, _ in waiting), *(moment for moment, _ in parked)})
    return Picture(
        title=title,
        about=page.words("pictures.over_time"),
        plots=lines(hours, series),
        heads=[page.words(f"pictures.{key}") for key in ("time", "waiting", "parked")],
        table=[
            (f"{moment.astimezone(midnight.tzinfo):%H:%M}", _level(waiting, moment), _level(parked, moment))
            for moment in moments[-50:]
        ],
    )


def _level(steps: Sequence[tuple[datetime, int]], moment: datetime) -> int:
    return next((level for at, level in reversed(steps) if at <= moment), 0)


def _stairs(
    steps: Sequence[tuple[datetime, int]], hours: tuple[int, int], midnight: datetime
) -> list[tuple[float, float]]:
    points: list[tuple[float, float]] = [(hours[0], 0)]
    for moment, level in steps:
        x = min(max(_hour(moment, midnight), hours[0]), hours[1])
        points += [(x, points[-1][1]), (x, level)]
    return points


def _quickness(
    page: Page, today: Sequence[StoryOfDay], hours: tuple[int, int], midnight: datetime
) -> Picture | None:
    by_hour: dict[int, list[float]] = {}
    for _, happened, received in today:
        created = next((each.at for each in happened if each.outcome == "created"), None)
        if created is not None and received is not None and timedelta(0) <= created - received:
            by_hour.setdefault(int(_hour(received, midnight)), []).append(
                (created - received).total_seconds()
            )
    if not by_hour:
        return None
    every = [each for lengths in by_hour.values() for each in lengths]
    table = [(hour, _share(by_hour[hour], 0.5), _share(by_hour[hour], 0.95)) for hour in sorted(by_hour)]
    half, most = _share(every, 0.5), _share(every, 0.95)
    series = [
        Series("ok", [(h + 0.5, half) for h, half, _ in table], label=str(page.words("pictures.half"))),
        Series(
            "way",
            [(h + 0.5, most) for h, _, most in table],
            is_dashed=True,
            label=str(page.words("pictures.most")),
        ),
    ]
    return Picture(
        title=page.words("pictures.quick", half=_seconds(half), most=_seconds(most)),
        about=page.words("pictures.how_quick"),
        plots=lines(hours, series, unit="\xa0s"),
        heads=[page.words(f"pictures.{key}") for key in ("from", "half", "most")],
        table=[
            (
                f"{hour}:00",
                page.words("pictures.seconds", n=_seconds(half)),
                page.words("pictures.seconds", n=_seconds(most)),
            )
            for hour, half, most in table
        ],
    )


def _share(lengths: Sequence[float], share: float) -> float:
    """Return the length within which this share of them lies."""
    return sorted(lengths)[max(0, math.ceil(share * len(lengths)) - 1)]


def _seconds(length: float) -> str:
    return f"{length:.1f}" if length < 10 else f"{length:.0f}"
