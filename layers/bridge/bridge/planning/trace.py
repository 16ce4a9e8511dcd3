"""Where each value of a delivery came from, and which rules fired: what ``bridge map --explain`` prints.

Filled by :mod:`bridge.planning.mapping` while it maps, by the names of our own model
("dropoffs[0].telephone"). Holds paths, keys and sentences; never a value of the order. Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Origin:
    """One thing that a value was made of.

    ``kind`` is ``order`` (``where`` is a path in the sender's body), ``setting`` (a key of the connection) or
    ``default`` (``where`` says whose); ``how`` says what was done with it.
    """

    kind: str
    where: str
    how: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule that was applied: its name, such as a key of the connection, and what it decided."""

    name: str
    decision: str


@dataclass(slots=True)
class Trace:
    """Collects origins by the field of our model, and rules in the order in which they were applied."""

    origins: dict[str, list[Origin]] = field(default_factory=dict)
    rules: list[Rule] = field(default_factory=list)

    def came(self, to: str, origin: Origin) -> None:
        """Write down one thing a field was made of; the same one is kept once."""
        known = self.origins.setdefault(to, [])
        if origin not in known:
            known.append(origin)

    def rule(self, name: str, decision: str) -> None:
        """Write down what a rule decided."""
        self.rules.append(Rule(name, decision))


@dataclass(frozen=True, slots=True)
class FieldTrace:
    """The trace of one field; ``path_of`` tells where the sender has one of the order's fields."""

    trace: Trace
    to: str
    path_of: Callable[[str], str]

    def order(self, source: str, how: str = "") -> None:
        """Write down a field of the order."""
        self.trace.came(self.to, Origin("order", self.path_of(source), how))

    def setting(self, key: str, how: str = "") -> None:
        """Write down a key of the connection."""
        self.trace.came(self.to, Origin("setting", key, how))

    def default(self, whose: str, how: str = "") -> None:
        """Write down that nobody said anything."""
        self.trace.came(self.to, Origin("default", whose, how))

    def rule(self, name: str, decision: str) -> None:
        """Write down what a rule decided."""
        self.trace.rule(name, decision)
