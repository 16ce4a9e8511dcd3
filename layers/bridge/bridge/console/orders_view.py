"""The list of orders: which are shown, how many there are, and what changed since the last look."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from markupsafe import Markup

from bridge.console.live import LiveCoopCycle
from bridge.console.order_rows import Wish
from bridge.console.page import Page, colour, link, symbol
from bridge.console.values import Listing, Row, Standing

OPEN = (Standing.PARKED, Standing.WAITING, Standing.CREATED, Standing.ON_THE_WAY)
SHOWN = 25
SUMMARY_KEY = "~"  # no order's: it has no connection
MOST = 200
_FILTERS = (
    ("parked", (Standing.PARKED,)),
    ("waiting", (Standing.WAITING,)),
    ("created", (Standing.CREATED,)),
    ("cancelled", (Standing.TOO_LATE, Standing.CANCELLED, Standing.DISCARDED)),
    ("ignored", (Standing.IGNORED,)),
)
_BAR = (
    Standing.CREATED,
    Standing.WAITING,
    Standing.PARKED,
    Standing.TOO_LATE,
    Standing.CANCELLED,
    Standing.DISCARDED,
    Standing.IGNORED,
)


@dataclass(frozen=True, slots=True)
class Count:
    """One filter, with how many orders it holds."""

    key: str
    n: int
    address: str
    is_current: bool
    symbol: str = ""
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the bar above the list, in per cent."""

    x: float
    width: float
    colour: str


def wish_of(query: Mapping[str, str], now: datetime, zone: ZoneInfo) -> tuple[Wish, str]:
    """Return what a query asks for, and its period: "today" or "week"."""
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    period = "week" if query.get("when") == "week" else "today"
    since = midnight - timedelta(days=6) if period == "week" else midnight
    known = {key for key, _ in _FILTERS}
    limit = query.get("n", "")
    return Wish(
        since=since,
        connection_id=query.get("connection", ""),
        text=query.get("q", "")[:100],
        standing=query.get("state", "") if query.get("state") in known else "",
        limit=min(max(int(limit), SHOWN), MOST) if limit.isascii() and limit.isdigit() else SHOWN,
    ), period


def address(path: str, wish: Wish, period: str, **changes: object) -> str:
    """Return the address of a list like this one, with something changed."""
    query: dict[str, object] = {
        "connection": wish.connection_id,
        "q": wish.text,
        "state": wish.standing,
        "when": "" if period == "today" else period,
        "n": "" if wish.limit == SHOWN else wish.limit,
    }
    return link(path, **(query | changes))


def with_live(rows: Sequence[Row], live: LiveCoopCycle, *, ask: bool) -> list[Row]:
    """Return rows as CoopCycle shows their deliveries; without ``ask``, as far as that is known."""
    wanted = [
        (row.connection_id, row.delivery_iri)
        for row in rows
        if row.standing is Standing.CREATED and row.delivery_iri
    ]
    answers = live.look(wanted) if ask else {key: live.known(*key) for key in wanted}
    shown = []
    for row in rows:
        answer = answers.get((row.connection_id, row.delivery_iri))
        is_open = row.standing is Standing.CREATED and answer is not None
        shown.append(replace(row, standing=answer.standing) if is_open and answer else row)
    return shown


def counts(listing: Listing, wish: Wish, period: str) -> list[Count]:
    """Return the filters; one that holds nothing is left out unless it is chosen."""
    found = [
        Count(
            "all",
            listing.total,
            address("/console", wish, period, state=""),
            not wish.standing,
        )
    ]
    for key, standings in _FILTERS:
        n = sum(listing.counts.get(each, 0) for each in standings)
        if n or key == wish.standing:
            is_current = key == wish.standing
            where = address("/console", wish, period, state=key)
            found.append(Count(key, n, where, is_current, symbol(standings[0]), colour(standings[0])))
    return found


def bar(listing: Listing) -> list[Part]:
    """Return the bar: how the orders share in what became of them."""
    parts, x = [], 0.0
    for standing in _BAR:
        width = 100 * listing.counts.get(standing, 0) / max(listing.total, 1)
        if width:
            parts.append(Part(round(x, 2), round(max(width - 0.25, 0.4), 2), colour(standing)))
            x += width
    return parts


def orders(
    page: Page,
    listing: Listing,
    wish: Wish,
    period: str,
    *,
    live: LiveCoopCycle,
    connection_ids: Sequence[str],
    zone: ZoneInfo,
    webhook_url: str,
    nothing_yet: bool,
    frame: Mapping[str, object],
) -> str:
    """Return the page of orders."""
    rows = with_live(listing.rows, live, ask=False)
    shown = replace(listing, rows=tuple(rows))
    newest = max((row.came_at for row in listing.rows), default=wish.since)
    return page.render(
        "orders.html",
        tab="orders",
        is_tab=True,
        nothing_yet=nothing_yet,
        addresses=[f"{webhook_url.rstrip('/')}/{each}" for each in connection_ids],
        listing=shown,
        wish=wish,
        period=period,
        connection_ids=connection_ids,
        fresh=0,
        more=address("/console", wish, period, n=wish.limit + SHOWN),
        follow=address(
            "/console/view/follow", wish, period, newest=newest.isoformat(), language=page.language
        ),
        clock=clock(page, zone),
        zone=zone.key,
        **_counted(page, listing, wish, period),
        **row_helpers(page),
        **frame,
    )


def _counted(page: Page, listing: Listing, wish: Wish, period: str) -> dict[str, object]:
    """Return what is said of all orders together: title, summary, bar and filters, with their digest."""
    found: dict[str, object] = {
        "heading": page.words(
            f"orders.title_{period}" if listing.is_whole else "orders.many", n=listing.total
        ),
        "summary": _summary(page, listing),
        "bars": bar(listing),
        "counts": counts(listing, wish, period),
    }
    digest = hashlib.sha256(repr(found).encode()).hexdigest()[:12]
    return {**found, "summary_key": SUMMARY_KEY, "summary_digest": digest}


def _summary(page: Page, listing: Listing) -> list[object]:
    def n(*standings: Standing) -> int:
        return sum(listing.counts.get(each, 0) for each in standings)

    parts: list[object] = []
    with_coopcycle, waiting = n(Standing.CREATED, Standing.TOO_LATE), n(Standing.WAITING)
    need = listing.need_a_person
    if with_coopcycle:
        parts.append(page.words("orders.with_coopcycle", n=with_coopcycle))
    if waiting:
        parts.append(page.words("orders.wait", n=waiting))
    if need:
        said = page.words("orders.need_you", n=need)
        parts.append(Markup('<a id="needs" href="/console/parked">{}</a>').format(said))
    elif listing.total:
        parts.append(page.words("orders.need_nobody"))
    if not listing.is_whole:
        parts.append(page.words("orders.many_counted"))
    return parts


def follow(
    page: Page,
    listing: Listing,
    wish: Wish,
    period: str,
    *,
    newest: datetime,
    seen: Mapping[str, str],
    rows: Sequence[Row],
    live: LiveCoopCycle,
    zone: ZoneInfo,
) -> str:
    """Return what changed: counts, how many orders are new, and rows that look different now.

    ``seen`` holds the digest of each row that is shown, by its key, and under :data:`SUMMARY_KEY` that of
    the counts; ``rows`` are those orders as they are. What looks the same is left alone: whoever stands on
    it with the keyboard goes on standing there.
    """
    helpers = row_helpers(page)
    current = with_live(rows, live, ask=True)
    digest = helpers["row_digest"]
    counted = _counted(page, listing, wish, period)
    return page.render(
        "follow.html",
        counts_changed=counted["summary_digest"] != seen.get(SUMMARY_KEY),
        fresh=sum(row.came_at > newest and row.key not in seen for row in listing.rows),
        changed=[row for row in current if digest(row) != seen.get(row.key)],  # type: ignore[operator]
        clock=clock(page, zone),
        **counted,
        **helpers,
    )


def row_helpers(page: Page) -> dict[str, object]:
    """Return what the templates need to draw a row."""

    def row_id(row: Row) -> str:
        return hashlib.sha256(row.key.encode()).hexdigest()[:16]

    def row_digest(row: Row) -> str:
        said = (
            page.state(row),
            page.detail(row),
            page.moments.ago(row.came_at, row.zone),
            row.place,
            row.window,
        )
        return hashlib.sha256(repr(said).encode()).hexdigest()[:12]

    return {"row_id": row_id, "row_digest": row_digest, "open_standings": OPEN}


def clock(page: Page, zone: ZoneInfo) -> str:
    """Return the time of day."""
    return f"{page.now.astimezone(zone):%H:%M:%S}"
