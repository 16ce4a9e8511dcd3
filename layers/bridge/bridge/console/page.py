"""From values to HTML: the templates, in one language, for one reader."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib.resources import files
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bridge.console.moments import Moments
from bridge.console.values import Row, Standing, Waiting
from bridge.console.words import NAMES, Words, words
from bridge.languages import LANGUAGES

# Standing -> class, which gives the colour; the symbol is called as the standing, but for these.
COLOURS = {
    Standing.PARKED: "stop",
    Standing.WAITING: "wait",
    Standing.CREATED: "new",
    Standing.ON_THE_WAY: "way",
    Standing.DELIVERED: "ok",
    Standing.FAILED: "stop",
    Standing.TOO_LATE: "stop",
    Standing.CANCELLED: "off",
    Standing.DISCARDED: "off",
    Standing.IGNORED: "off",
}
_SYMBOLS = {Standing.FAILED: "toolate", Standing.DISCARDED: "cancelled"}


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("bridge.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


@cache
def static_file(name: str) -> bytes | None:
    """Return a static file; ``None`` when there is none of that name."""
    known = {each.name: each for each in (files("bridge.console") / "static").iterdir()}
    return known[name].read_bytes() if name in known else None


@cache
def static_address(name: str) -> str:
    """Return the address of a static file, which changes with its content."""
    digest = hashlib.sha256(static_file(name) or b"").hexdigest()[:12]
    return f"/console/static/{name}?v={digest}"


@dataclass(frozen=True, slots=True)
class Page:
    """One answer's reader: language, time, what they may do, and who they are."""

    language: str
    now: datetime
    can_act: bool
    user: str  # as they signed in; empty on this machine
    is_local: bool
    health: Mapping[str, object] = field(default_factory=dict)

    @property
    def words(self) -> Words:
        """The language's words."""
        return words(self.language)

    @property
    def moments(self) -> Moments:
        """The present, in the language."""
        return Moments(self.words, self.now)

    def render(self, template: str, **values: object) -> str:
        """Return a template's HTML."""
        return (
            _environment()
            .get_template(template)
            .render(
                page=self,
                t=self.words,
                when=self.moments,
                link=link,
                symbol=symbol,
                colour=colour,
                tone=tone,
                static=static_address,
                languages=[(code, NAMES[code]) for code in LANGUAGES],
                **values,
            )
        )

    # --- sentences about an order ----------------------------------------------------------------------

    def reason(self, code: str) -> Markup:
        """Return the short name of a reason for parking."""
        return self.words(f"reason.{self.known_reason(code)}.name")

    def known_reason(self, code: str) -> str:
        """Return the code if there are words for it; else the one that says so."""
        return code if self.words.has(f"reason.{code}") else "unsaid"

    def state(self, row: Row) -> Markup:
        """Return a row's state in full."""
        if row.standing is Standing.PARKED:
            return self.words("standing.parked.row", reason=self.reason(row.reason))
        if row.standing is Standing.IGNORED:
            return self.words("standing.ignored.row", reason=self.ignored(row.reason))
        if row.standing is Standing.CANCELLED and row.reason == "withdrawn":
            return self.words("standing.cancelled.withdrawn")
        if row.standing is Standing.DISCARDED:
            key = "closed" if row.reason == "closed" else "row"
            return self.words(f"standing.discarded.{key}", by=self.who(row.by))
        return self.words(f"standing.{row.standing}.row")

    def detail(self, row: Row) -> Markup:
        """Return what else is to be said of a row's state."""
        if row.waiting is not None:
            return self.waiting(row.waiting, row)
        if row.standing is Standing.CREATED:
            return self.words("detail.no_courier")
        if row.standing is Standing.IGNORED:
            return self.words("detail.not_needed")
        if row.standing is Standing.TOO_LATE:
            return self.words("detail.call")
        if row.standing is Standing.PARKED and self.window_has_passed(row):
            return self.words("order.window_passed")
        return Markup()

    def waiting(self, waiting: Waiting, row: Row) -> Markup:
        """Return why an order waits, and until when."""
        said = [self.waiting_for(waiting.code)]
        if waiting.status is not None:
            said = [self.words("detail.answers_status", status=waiting.status)]
        if waiting.next_try_at is not None and waiting.next_try_at > self.now:
            said.append(self.words("detail.next_try", at=self.moments.at(waiting.next_try_at, row.zone)))
        return Markup(", ").join(said)

    def waiting_for(self, code: str) -> Markup:
        """Return why an order waits, by the code."""
        return self.words(f"waiting.{code if self.words.has(f'waiting.{code}') else 'unsaid'}")

    def ignored(self, code: str) -> Markup:
        """Return why an order was ignored."""
        return self.words(f"ignored.{code if self.words.has(f'ignored.{code}') else 'unsaid'}")

    def window_has_passed(self, row: Row) -> bool:
        """Tell whether it is too late for what was wished."""
        return row.window is not None and row.window.before < self.now

    def who(self, name: str) -> Markup:
        """Return who did something."""
        return Markup("{}").format(name) if name else self.words("story.here")


def symbol(standing: Standing) -> str:
    """Return the id of a standing's symbol."""
    return _SYMBOLS.get(standing, standing.value)


def colour(standing: Standing) -> str:
    """Return the class of a standing's colour."""
    return COLOURS[standing]


def tone(row: Row) -> str:
    """Return the class of a row's colour: what needs somebody looks so, whatever it is."""
    return "stop" if row.needs_a_person else COLOURS[row.standing]


def link(path: str, **query: object) -> str:
    """Return an address of the page; what is empty is left out."""
    encoded = urlencode({name: value for name, value in query.items() if value not in ("", None)})
    return f"{path}?{encoded}" if encoded else path
