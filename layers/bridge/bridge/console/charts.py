"""The geometry of the pictures: bars by the hour, lines through the day; once wide, once for a phone.

Pure; what is drawn stands in attributes, colours are classes of the stylesheet.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

_GAP = 1.5  # between the parts of a bar


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across with its number."""

    y: float
    word: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A word at a place."""

    x: float
    word: str
    y: float = 0


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of a bar."""

    x: float
    y: float
    width: float
    height: float
    colour: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line, with the area under it where that is wanted."""

    colour: str
    path: str
    is_dashed: bool = False
    area: str = ""
    label: str = ""
    label_y: float = 0


@dataclass(frozen=True, slots=True)
class Plot:
    """One drawing; ``shape`` is "long" or "tall"."""

    shape: str
    width: int
    height: int
    left: float
    right: float
    ticks: Sequence[Tick]
    marks: Sequence[Mark]
    bars: Sequence[Bar] = ()
    numbers: Sequence[Mark] = ()
    lines: Sequence[Line] = ()


@dataclass(frozen=True, slots=True)
class Series:
    """A line's points (x in hours of the day, y), its look and the word at its end."""

    colour: str
    points: Sequence[tuple[float, float]]
    is_dashed: bool = False
    has_area: bool = False
    label: str = ""


@dataclass(frozen=True, slots=True)
class _Frame:
    shape: str
    width: int
    height: int
    left: float = 44
    margin_right: float = 12
    hours: tuple[int, int] = (0, 24)
    top: float = 0
    highest: float = 1
    steps: Sequence[float] = field(default_factory=tuple)

    @property
    def right(self) -> float:
        return self.width - self.margin_right

    @property
    def bottom(self) -> float:
        return self.height - 27.5

    def x(self, hour: float) -> float:
        first, last = self.hours
        return round(self.left + (hour - first) / (last - first) * (self.right - self.left), 1)

    def y(self, value: float) -> float:
        return round(self.bottom - value / self.highest * (self.bottom - 24), 1)


def _frames(hours: tuple[int, int], highest: float, margin_right: float, *, whole: bool) -> list[_Frame]:
    step = _step(highest, whole=whole)
    top = step * max(1, math.ceil(highest / step))
    steps = [step * n for n in range(round(top / step) + 1)]
    return [
        _Frame("long", 1000, 260, margin_right=margin_right, hours=hours, highest=top, steps=steps),
        _Frame("tall", 400, 260, margin_right=margin_right, hours=hours, highest=top, steps=steps),
    ]


def _step(highest: float, *, whole: bool) -> float:
    """Return a round step with which five lines at most reach the highest value."""
    raw = max(highest, 1e-9) / 5
    size = 10.0 ** math.floor(math.log10(raw))
    found = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= raw * 0.999)
    return max(1.0, found) if whole else found


def bars(hours: tuple[int, int], stacks: Sequence[tuple[int, Sequence[tuple[str, int]]]]) -> list[Plot]:
    """Return a bar for each hour, of parts (colour, count) from the ground up; a count is a whole number."""
    highest = max((sum(n for _, n in parts) for _, parts in stacks), default=1)
    plots = []
    for frame in _frames(hours, max(highest, 5), 4, whole=True):
        width = (frame.x(hours[0] + 1) - frame.left) * 0.62
        drawn, numbers = [], []
        for hour, parts in stacks:
            x = frame.x(hour + 0.5) - width / 2
            height = 0.0
            for colour, count in parts:
                if not count:
                    continue
                low, height = height, height + count
                size = frame.y(low) - frame.y(height)
                drawn.append(
                    Bar(
                        round(x, 1),
                        round(frame.y(height), 1),
                        round(width, 1),
                        round(max(size - _GAP, 1), 1),
                        colour,
                    )
                )
            if height:
                numbers.append(Mark(frame.x(hour + 0.5), f"{height:g}", round(frame.y(height) - 6, 1)))
        plots.append(_plot(frame, bars=drawn, numbers=numbers, unit="", half=True))
    return plots


def lines(hours: tuple[int, int], series: Sequence[Series], *, unit: str = "") -> list[Plot]:
    """Return lines through the hours of a day; ``unit`` stands behind the numbers at the side."""
    highest = max((y for each in series for _, y in each.points), default=0)
    plots = []
    for frame in _frames(hours, max(highest, 0.1 if unit else 4), 110, whole=not unit):
        drawn = []
        taken: list[float] = []
        for each in series:
            if not each.points:
                continue
            points = [(frame.x(x), frame.y(y)) for x, y in each.points]
            if len(points) == 1:  # a dash, so that one hour is seen
                (x, y) = points[0]
                points = [(x - 12, y), (x + 12, y)]
            path = "M" + "L".join(f"{x} {y}" for x, y in points)
            area = f"{path}V{frame.bottom}H{points[0][0]}Z" if each.has_area else ""
            label_y = points[-1][1] + 4
            while any(abs(label_y - other) < 16 for other in taken):
                label_y -= 16
            taken.append(label_y)
            drawn.append(Line(each.colour, path, each.is_dashed, area, each.label, round(label_y, 1)))
        plots.append(_plot(frame, lines=drawn, unit=unit))
    return plots


def _plot(
    frame: _Frame,
    *,
    bars: Sequence[Bar] = (),
    numbers: Sequence[Mark] = (),
    lines: Sequence[Line] = (),
    unit: str,
    half: bool = False,
) -> Plot:
    first, last = frame.hours
    count = last - first
    every = max(1, math.ceil(count / (12 if frame.shape == "long" else 6)))
    return Plot(
        shape=frame.shape,
        width=frame.width,
        height=frame.height,
        left=frame.left,
        right=frame.right,
        ticks=[Tick(frame.y(value), f"{value:g}{unit}") for value in frame.steps],
        marks=[
            Mark(frame.x(hour + (0.5 if half else 0)), f"{hour}\xa0h")
            for hour in range(first, last + (0 if half else 1), every)
        ],
        bars=bars,
        numbers=numbers,
        lines=lines,
    )
