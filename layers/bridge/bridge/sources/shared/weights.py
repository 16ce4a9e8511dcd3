"""Weights of senders that name the unit nowhere in an order: it is a setting of the shop, and so of ours."""

from __future__ import annotations

from decimal import Decimal, DecimalException

from bridge.errors import InvalidConnection
from bridge.sources.shared.base import Options

WEIGHT_UNIT = "weight_unit"
WEIGHT_UNIT_MEANING = "unit of the shop's weights: g, kg, oz or lb; without it no weight is sent"

# The international pound, exact since 1959; an ounce is a sixteenth of it.
_GRAMS = {"g": Decimal(1), "kg": Decimal(1000), "oz": Decimal("28.349523125"), "lb": Decimal("453.59237")}
_LARGEST_GRAMS = 1_000_000  # of one piece: a tonne


def grams_per_unit(options: Options) -> Decimal | None:
    """Return the grams of the unit under ``sender.weight_unit``; ``None`` where it is not set.

    Raises:
        InvalidConnection: it is no unit we know.

    """
    unit = options.settings.get(WEIGHT_UNIT, "").strip().lower()
    if not unit:
        return None
    if unit not in _GRAMS:
        raise InvalidConnection([f"sender.{WEIGHT_UNIT}: must be one of {', '.join(_GRAMS)}"])
    return _GRAMS[unit]


def weight_grams(value: object, grams: Decimal | None) -> int:
    """Return a weight, a number or a text that holds one, in whole grams; 0 when it is anything else."""
    if grams is None or isinstance(value, bool) or not isinstance(value, int | float | str):
        return 0
    try:
        weight = Decimal(str(value).strip()[:40]) * grams
    except (DecimalException, ValueError):  # ValueError: a number of thousands of digits
        return 0
    if not weight.is_finite() or not 0 <= weight <= _LARGEST_GRAMS:
        return 0
    return int(weight.to_integral_value())
