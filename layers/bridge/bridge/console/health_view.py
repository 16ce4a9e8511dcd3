"""Whether CoopCycle answers: the sentence in the header, and the note above the orders when it does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from markupsafe import Markup

from bridge.console.page import Page
from bridge.console.values import Health


@dataclass(frozen=True, slots=True)
class Header:
    """What the header says of the instances."""

    known: bool
    nobody: bool  # no connection is there
    is_well: bool
    sentence: Markup


@dataclass(frozen=True, slots=True)
class Note:
    """What a person must read first."""

    colour: str
    symbol: str
    title: Markup
    text: Markup
    strong: str = ""


def header(page: Page, health: Mapping[str, Health], *, zones: Mapping[str, ZoneInfo]) -> Header:
    """Return the header's sentence: what is worst."""
    by_url = {each.url: each for each in health.values()}
    refused = next(((name, each) for name, each in health.items() if each.credentials is False), None)
    silent = next((each for each in by_url.values() if not each.answers), None)
    sentence = Markup()
    if silent is not None and silent.down_since is not None:
        zone = next((zones[name] for name, each in health.items() if each.url == silent.url), ZoneInfo("UTC"))
        since = page.moments.at(silent.down_since, zone)
        sentence = page.words("health.silent", host=_strong(silent.host), since=since)
    elif refused is not None:
        host = _strong(refused[1].host)
        sentence = page.words("health.refuses", host=host, connection=_strong(refused[0]))
    elif len(by_url) == 1:
        (only,) = by_url.values()
        seconds = f"{only.seconds:.1f}"
        sentence = page.words("health.answers", host=_strong(only.host), seconds=seconds)
    elif by_url:
        sentence = page.words("health.several", n=len(by_url))
    return Header(bool(by_url), not zones, silent is None and refused is None, sentence)


def notes(
    page: Page, health: Mapping[str, Health], *, waiting: int, zones: Mapping[str, ZoneInfo]
) -> Sequence[Note]:
    """Return what must be read first: an outage, at which nothing is to do, and refused credentials."""
    found = []
    seen: set[str] = set()
    for name, each in health.items():
        if each.credentials is False:
            connection = Markup("{}").format(name)
            title = page.words("health.note_refused.title", connection=connection)
            found.append(Note("stop", "parked", title, page.words("health.note_refused.cure")))
        if not each.answers and each.down_since is not None and each.url not in seen:
            seen.add(each.url)
            since = page.moments.at(each.down_since, zones.get(name, ZoneInfo("UTC")))
            text = (
                page.words("health.note_silent_orders", n=waiting)
                if waiting
                else page.words("health.note_silent_none")
            )
            title = page.words("health.note_silent", host=each.host, since=since)
            found.append(Note("wait", "waiting", title, text, page.words("health.nothing_to_do")))
    return found


def _strong(text: str) -> Markup:
    return Markup("<b>{}</b>").format(text)
