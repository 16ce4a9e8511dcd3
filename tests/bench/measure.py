"""Figures: ratios to a floor of the same run, with median and spread."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Figure:
    """One line of the report; ``ours`` and ``floors`` are taken in turn, so that noise meets both."""

    name: str
    unit: str
    ours: Sequence[float]
    floors: Sequence[float] = ()
    floor: str = ""  # what the floor is
    notes: dict[str, float] = field(default_factory=dict)

    @property
    def median(self) -> float:
        """Return the median of ours."""
        return statistics.median(self.ours)

    @property
    def ratio(self) -> float | None:
        """Return the median of the pairs' ratios."""
        if not self.floors:
            return None
        return statistics.median(mine / other for mine, other in zip(self.ours, self.floors, strict=True))

    def as_json(self) -> dict[str, object]:
        """Return what is written down."""
        low, high = spread(self.ours)
        found: dict[str, object] = {
            "unit": self.unit,
            "median": rounded(self.median),
            "low": rounded(low),
            "high": rounded(high),
            "runs": len(self.ours),
        }
        if self.floors and self.ratio is not None:
            found |= {
                "floor": self.floor,
                "floor_median": rounded(statistics.median(self.floors)),
                "ratio": round(self.ratio, 2),
            }
        return found | {name: rounded(value) for name, value in self.notes.items()}


def spread(values: Sequence[float]) -> tuple[float, float]:
    """Return the tenth and the ninetieth part of a hundred."""
    ordered = sorted(values)
    last = len(ordered) - 1
    return ordered[round(0.1 * last)], ordered[round(0.9 * last)]


def rounded(value: float) -> float:
    """Return three significant figures, which is more than a shared machine gives."""
    return float(f"{value:.3g}") if abs(value) < 1000 else float(round(value))
