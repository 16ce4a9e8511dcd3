"""What a delivery costs: the rules of the store's price list, tried in order.

CoopCycle's rules are written in Symfony's expression language. The forms known here are `distance`,
`weight` and `diff_hours(pickup)` or `diff_hours(dropoff)` compared with a number, and
`packages.containsAtLeastOne("NAME")`, joined by `and`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from bridge_laptop.sandbox.http.errors import BadRequest
from bridge_laptop.sandbox.instance.model import Delivery, Task
from bridge_laptop.sandbox.seed import PricingRule, Seed

_COMPARISON = re.compile(r"^(distance|weight|diff_hours\((?:pickup|dropoff)\)) (<|<=|>|>=|==) (\d+)$")
_CONTAINS = re.compile(r'^packages\.containsAtLeastOne\("([^"]+)"\)$')
_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
    "==": lambda left, right: left == right,
}


def matches(expression: str, delivery: Delivery, now: datetime) -> bool:
    """Say whether an expression is true of a delivery.

    Raises:
        ValueError: the expression is of a form not known here.

    """
    return all(_holds(part.strip(), delivery, now) for part in expression.split(" and "))


def _holds(part: str, delivery: Delivery, now: datetime) -> bool:
    if contains := _CONTAINS.match(part):
        return contains[1] in delivery.packages()
    found = _COMPARISON.match(part)
    if not found:
        raise ValueError(f"a pricing expression of an unknown form: {part!r}")
    return _OPERATORS[found[2]](_value(found[1], delivery, now), int(found[3]))


def _value(name: str, delivery: Delivery, now: datetime) -> float:
    if name == "distance":
        return delivery.distance
    if name == "weight":
        return delivery.weight or 0
    return _hours_until(delivery.pickup if "pickup" in name else delivery.dropoff, now)


def _hours_until(task: Task | None, now: datetime) -> float:
    if task is None or task.before is None:
        return 0
    return (task.before - now).total_seconds() / 3600


def rules_of(delivery: Delivery, seed: Seed) -> tuple[PricingRule, ...]:
    """Return the price list of a delivery's store."""
    return seed.pricing.get(delivery.store.pricing or "", ())


def matching_rule(delivery: Delivery, seed: Seed, now: datetime) -> PricingRule | None:
    """Return the first rule of the store's price list that matches."""
    return next((rule for rule in rules_of(delivery, seed) if matches(rule.expression, delivery, now)), None)


def tax_in(amount: int, seed: Seed) -> int:
    """Return the tax contained in an amount, rounded to the nearest cent."""
    return int(amount - amount / (1 + seed.instance.tax_rate) + 0.5)


def price_of(delivery: Delivery, seed: Seed, now: datetime) -> int | None:
    """Return the price of a delivery in cents, tax included; none when no rule matches.

    Raises:
        BadRequest: the store has no price list.

    """
    if delivery.store.pricing is None:
        raise BadRequest("Le commerce n'a pas de tarification")
    rule = matching_rule(delivery, seed, now)
    return rule.price if rule else None
