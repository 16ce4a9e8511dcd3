"""What is parked, why, what to do; and what would happen if it were redriven."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from bridge.console.page import Page
from bridge.console.values import Group, Row
from bridge.model import TimeWindow
from bridge.operator.dry_run import Rehearsal, rehearse
from bridge.operator.errors import OperatorError, WouldBeParked, WouldWait

if TYPE_CHECKING:
    from bridge.operator.deployment import Deployment
    from bridge.receiving.messages import WebhookMessage

PREVIEWED = 10  # orders; each is a question to CoopCycle, and perhaps one to the shop


@dataclass(frozen=True, slots=True)
class Preview:
    """What would happen to one order; ``said`` is the bridge's own sentence, in English."""

    symbol: str
    colour: str
    sentence: Markup
    said: str = ""
    lines: Sequence[str] = ()  # what would change, personal
    goes: bool = False


def digest(page: Page, groups: Sequence[Group]) -> str:
    """Return what tells whether the page would look different, but for the passing of time."""
    ids = [each.trouble.message_id for group in groups for each in group.orders]
    return hashlib.sha256(repr((ids, page.language, page.can_act)).encode()).hexdigest()[:12]


def parked(page: Page, groups: Sequence[Group], frame: Mapping[str, object]) -> str:
    """Return the page of what is parked."""
    count = sum(len(group.orders) for group in groups)
    return page.render(
        "parked.html", tab="parked", is_tab=True, groups=groups, count=count,
        digest=digest(page, groups), **frame,
    )  # fmt: skip


def preview(
    page: Page,
    deployment: Deployment,
    row: Row,
    message: WebhookMessage | None,
    clock: Callable[[], datetime],
) -> Preview:
    """Return what would happen to an order if its webhook were handled now; nothing is changed."""
    order = Markup("<b>{}</b>").format(row.name)
    if message is None:
        return Preview("parked", "stop", page.words("do.preview_parked", order=order, why=""))
    try:
        connection, secrets = deployment.connection(message.connection_id)
        rehearsal = rehearse(deployment, connection, secrets, message, live=False, clock=clock)
    except WouldBeParked as error:
        sentence = page.words("do.preview_parked", order=order, why=page.reason(error.code))
        return Preview("parked", "stop", sentence, said=str(error))
    except WouldWait as error:
        sentence = page.words("do.preview_waits", order=order, why=page.waiting_for(error.code))
        return Preview("waiting", "wait", sentence, goes=True)
    except OperatorError as error:
        return Preview(
            "parked", "stop", page.words("do.preview_parked", order=order, why=""), said=str(error)
        )
    return _went(page, row, order, rehearsal)


def _went(page: Page, row: Row, order: Markup, rehearsal: Rehearsal) -> Preview:
    last = rehearsal.changes[-1] if rehearsal.changes else None
    if last is None or last.method == "DELETE":
        return Preview("ignored", "off", page.words("do.preview_nothing", order=order), goes=True)
    if last.method == "PUT":
        lines = list(_differences(rehearsal.held, last.body))
        sentence = page.words("do.preview_updated", order=order)
        return Preview("created", "new", sentence, lines=lines, goes=True)
    window = _window(last.body)
    if window is None:
        sentence = page.words("do.preview_created_unsaid", order=order)
    else:
        day, hours = page.moments.day(window.after, row.zone), page.moments.hours(window, row.zone)
        sentence = page.words("do.preview_created", order=order, day=day, hours=hours)
    return Preview("created", "new", sentence, goes=True)


def _window(body: Mapping[str, Any]) -> TimeWindow | None:
    tasks = body.get("tasks")
    task = tasks[-1] if isinstance(tasks, list) and tasks else body.get("dropoff", {})
    try:
        return TimeWindow(datetime.fromisoformat(task["after"]), datetime.fromisoformat(task["before"]))
    except (KeyError, ValueError, TypeError):
        return None


def _differences(held: Mapping[str, Any], wanted: Mapping[str, Any]) -> Sequence[str]:
    """Return each value that would change: "telephone: +33… → +33…"."""
    lines: list[str] = []
    for name, value in wanted.items():
        before = held.get(name) if isinstance(held, Mapping) else None
        if isinstance(value, Mapping):
            lines += _differences(before if isinstance(before, Mapping) else {}, value)
        elif value != before:
            lines.append(f"{name}: {_text(before)} → {_text(value)}")
    return lines


def _text(value: object) -> str:
    return (
        "—" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    )
