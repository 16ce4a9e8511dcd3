"""Where each value of a delivery came from, and which rules fired: what ``bridge map --explain`` prints.

What makes a value returns it as :class:`Traced`, with what it was made of; :mod:`bridge.planning.mapping`
takes the values out and leaves the rest here, by the names of our own model ("dropoffs[0].telephone"). A
trace holds paths, keys and sentences; never a value of the order. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from bridge.model import Order


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

    def task(self, name: str) -> TaskTrace:
        """Return what keeps the origins of one task's fields."""
        return TaskTrace(self, name)


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Traced(Generic[T]):
    """A value with what it was made of, and the rules that made it."""

    value: T
    origins: tuple[Origin, ...] = ()
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class TaskTrace:
    """Takes the values of one task out of what carries them: ``keep("company", …)`` is the company."""

    trace: Trace
    name: str

    def __call__(self, field: str, traced: Traced[T]) -> T:
        """Write down where a field's value comes from, and return it."""
        for origin in traced.origins:
            self.trace.came(f"{self.name}.{field}", origin)
        self.trace.rules += traced.rules
        return traced.value


def setting(key: str, how: str = "") -> Origin:
    """Return a key of the connection as an origin."""
    return Origin("setting", key, how)


def default(whose: str, how: str = "") -> Origin:
    """Return as an origin that nobody said anything."""
    return Origin("default", whose, how)


@dataclass(frozen=True, slots=True)
class OrderParts:
    """The fields of one stop of an order as origins, by the paths at which the sender has them."""

    order: Order
    stop: int = 0

    def __call__(self, field: str, how: str = "") -> Origin:
        """Return a field of the stop."""
        return Origin("order", self.path_of(field), how)

    def path_of(self, field: str) -> str:
        """Return where the sender has a field."""
        return self.order.path_of(field, stop=self.stop)
