"""One order: how far it is, what happened, what a dispatcher can do, what was sent."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from markupsafe import Markup

from bridge.console.orders_view import OPEN
from bridge.console.page import Page, link, tone
from bridge.console.values import Field, Happened, Live, Row, Standing, Story

_TOLD = {  # outcome -> symbol, colour
    "created": ("created", "new"),
    "updated": ("created", "new"),
    "cancelled": ("cancelled", "off"),
    "cancel_refused": ("toolate", "stop"),
    "ignored": ("ignored", "off"),
    "retried": ("waiting", "wait"),
    "unknown": ("waiting", "wait"),
    "adopted": ("created", "new"),
    "not_found": ("waiting", "wait"),
    "parked": ("parked", "stop"),
    "discarded": ("cancelled", "off"),
    "closed": ("delivered", "ok"),
    "redriven": ("way", "new"),
    "replayed": ("way", "new"),
}
_BY_A_PERSON = ("redriven", "replayed", "discarded", "closed")


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the story."""

    at: datetime
    symbol: str
    colour: str
    sentence: Markup
    topic: str


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the road."""

    name: str
    colour: str
    symbol: str
    note: Markup


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that can be done, or why it cannot."""

    name: str
    is_possible: bool
    says: str
    asks: bool = False
    is_first: bool = False
    preview: str = ""


@dataclass(frozen=True, slots=True)
class Compared:
    """One line of the comparison."""

    label: Markup
    origins: Sequence[Origin]
    sent: str
    is_bad: bool


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from."""

    value: str
    where: Markup
    is_path: bool


def order(page: Page, story: Story, live: Live | None, frame: Mapping[str, object]) -> str:
    """Return the page of an order."""
    values = _values(page, story, live, asked=False)
    return page.render("order.html", tab="orders", is_tab=False, **values, **frame)


def progress(page: Page, story: Story, live: Live | None) -> str:
    """Return the part of it that changes."""
    return page.render("_progress.html", **_values(page, story, live, asked=True))


def digest(page: Page, story: Story, live: Live | None) -> str:
    """Return what tells whether that part would look different, but for the passing of time."""
    tasks = live.tasks if live else ()
    known = (
        story.row.standing, story.happened, story.troubles, story.can_replay, tasks, live is not None,
        story.row.waiting, story.row.tracking_url, page.language, page.can_act,
    )  # fmt: skip
    return hashlib.sha256(repr(known).encode()).hexdigest()[:12]


def _values(page: Page, story: Story, live: Live | None, *, asked: bool) -> dict[str, object]:
    row = story.row
    if live is not None and row.standing is Standing.CREATED:
        row = replace(row, standing=live.standing)
    return {
        "story": story,
        "row": row,
        "live": live,
        "asked": asked,
        "road": _road(page, row, story, live),
        "courier": _courier(row),
        "told": list(_told(page, story.happened)),
        "acts": _acts(page, story),
        "compared": [_compared(page, each, story) for each in story.fields],
        "open_standings": OPEN,
        "progress": link(
            "/console/view/progress",
            connection=row.connection_id,
            id=row.order_id,
            digest=digest(page, story, live),
        ),
    }


def _courier(row: Row) -> str:
    """Return what is said of the courier: the rest of a key of the words."""
    if row.standing in (Standing.CANCELLED,):
        return "cancelled"
    if row.standing is Standing.TOO_LATE:
        return "toolate"
    if row.standing in (Standing.ON_THE_WAY, Standing.DELIVERED, Standing.FAILED):
        return row.standing.value
    if row.delivery_iri:
        return "created"
    return "waiting" if row.standing is Standing.WAITING else "none"


def _road(page: Page, row: Row, story: Story, live: Live | None) -> list[Stage]:
    """Return the four stages: those behind, where it stands, and what is to come."""
    shade = tone(row)
    stages = [Stage("received", shade, "delivered", page.moments.at(row.came_at, row.zone))]
    ends = {
        Standing.WAITING: ("waiting", "waiting"),
        Standing.PARKED: ("refused", "parked"),
        Standing.IGNORED: ("ignored", "ignored"),
        Standing.CANCELLED: ("cancelled", "cancelled"),
        Standing.DISCARDED: ("discarded", "cancelled"),
    }
    if row.standing in ends and not (story.exists and row.standing is Standing.PARKED):
        name, sign = ends[row.standing]
        stages.append(Stage(name, shade, sign, page.moments.at(row.changed_at, row.zone)))
        if row.standing not in (Standing.WAITING, Standing.PARKED):
            return stages
        return [*stages, _next(page, row, "collected"), _next(page, row, "delivered")]
    created = next((each.at for each in story.happened if each.outcome == "created"), None)
    stages.append(
        Stage("created", shade, "delivered", page.moments.at(created, row.zone) if created else Markup())
    )
    stages += _stage(page, row, live, "PICKUP", "collected", shade)
    stages += _stage(page, row, live, "DROPOFF", "delivered", shade)
    return stages


def _stage(page: Page, row: Row, live: Live | None, kind: str, name: str, shade: str) -> Iterator[Stage]:
    tasks = [task for task in live.tasks if task.kind == kind] if live else []
    statuses = {task.status for task in tasks}
    if tasks and statuses == {"DONE"}:
        yield Stage(name, shade, "delivered", Markup())
    elif "FAILED" in statuses:
        yield Stage("failed", shade, "toolate", Markup())
    elif "DOING" in statuses:
        yield Stage(name, shade, "way", page.words("order.task_DOING"))
    else:
        yield _next(page, row, name)


def _next(page: Page, row: Row, name: str) -> Stage:
    note = page.words("order.not_yet")
    if name == "delivered" and row.window is not None:
        note = page.words("order.wanted_by", at=page.moments.at(row.window.before, row.zone))
    return Stage(name, "next", "", note)


def _told(page: Page, happened: Sequence[Happened]) -> Iterator[Told]:
    for each in happened:
        symbol, shade = _TOLD.get(each.outcome, ("read", "off"))
        yield Told(each.at, symbol, shade, _sentence(page, each), _topic(each))


def _topic(each: Happened) -> str:
    return "" if each.outcome in _BY_A_PERSON or each.topic in ("recheck", "") else each.topic


def _sentence(page: Page, each: Happened) -> Markup:
    reason: Markup
    if each.outcome in _BY_A_PERSON:
        return page.words(f"story.{each.outcome}", by=page.who(each.reason))
    if each.outcome == "seen" and page.words.has(f"finding.{each.reason}"):
        return page.words(f"finding.{each.reason}")
    if each.outcome == "parked":
        reason = page.reason(each.reason)
    elif each.outcome == "ignored":
        reason = page.ignored(each.reason)
    else:
        reason = page.waiting_for(each.reason)
    known = each.outcome if page.words.has(f"story.{each.outcome}") else "other"
    return page.words(f"story.{known}", reason=reason, outcome=each.outcome)


def _acts(page: Page, story: Story) -> list[Act]:
    if not page.can_act:
        return []
    is_parked = bool(story.troubles)
    redrive = "redrive_exists" if story.exists else "redrive_says"
    replay_not = "replay_parked" if is_parked else "replay_not"
    preview = link("/console/view/replay", connection=story.row.connection_id, id=story.row.order_id)
    acts = [
        Act("redrive", is_parked, redrive if is_parked else "redrive_not", is_first=is_parked),
        Act(
            "replay",
            story.can_replay,
            "replay_says" if story.can_replay else replay_not,
            asks=True,
            preview=preview,
        ),
        Act("discard", is_parked, "discard_says" if is_parked else "discard_not", asks=True),
    ]
    return [*acts, Act("close", is_possible=True, says="close_says", asks=True)] if is_parked else acts


def _compared(page: Page, each: Field, story: Story) -> Compared:
    task, _, rest = each.name.partition(".")
    name = rest.rpartition(".")[2]
    field_word = page.words(f"field.{name}") if page.words.has(f"field.{name}") else Markup("{}").format(name)
    which = "pickup" if task == "pickup" else "dropoff"
    paths = [path for trouble in story.troubles for path in trouble.property_paths]
    return Compared(
        label=page.words(f"field.{which}", field=field_word),
        origins=[_origin(page, *origin) for origin in each.origins],
        sent=_said(page, story.row, name, each.sent),
        is_bad=each.name in paths,
    )


def _origin(page: Page, kind: str, where: str, value: str) -> Origin:
    if kind == "order":
        return Origin(value, Markup("<wbr>").join(_pieces(where)), is_path=True)
    key = "from_setting" if kind == "setting" else "from_default"
    return Origin("", page.words(f"order.{key}"), is_path=False)


def _pieces(path: str) -> list[str]:
    """Break a path where a line may: behind its dots and underscores."""
    return path.replace(".", ".\0").replace("_", "_\0").split("\0")


def _said(page: Page, row: Row, name: str, sent: str) -> str | Markup:
    if name not in ("after", "before"):
        return sent
    try:
        return page.moments.at(datetime.fromisoformat(sent), row.zone)
    except ValueError:
        return sent
