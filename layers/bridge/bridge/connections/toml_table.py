"""One TOML table while it is read: typed values out, every mistake written down with its key.

Knows TOML's types and nothing of what the keys mean.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from difflib import get_close_matches


class TomlTable:
    """Hands out the values of one table and collects sentences "key: what is wrong, what would be right".

    A value of the wrong type is reported and read as its default, so that one pass finds everything.
    """

    def __init__(self, values: Mapping[str, object], path: str, problems: list[str]) -> None:
        self._values = values
        self._prefix = f"{path}." if path else ""
        self._problems = problems
        self._asked: list[str] = []

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def problem(self, key: str, sentence: str) -> None:
        """Write down what is wrong with a key of this table."""
        self._problems.append(f"{self._prefix}{key}: {sentence}")

    def text(self, key: str, default: str = "") -> str:
        """Return a text without surrounding blanks; one that is there must not be empty."""
        value = self._take(key)
        if value is None:
            return default
        if not isinstance(value, str):
            self.problem(key, f'must be a text in quotes, such as {key} = "…"')
            return default
        if not value.strip():
            self.problem(key, "is empty, leave the line out instead")
        return value.strip() or default

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; none by default."""
        value = self._take(key)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            self.problem(key, f'must be a list of texts in quotes, such as {key} = ["…", "…"]')
            return ()
        return tuple(item.strip() for item in value)

    def whole_number(self, key: str, default: int) -> int:
        """Return a whole number."""
        value = self._take(key)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool):
            self.problem(key, f"must be a whole number without quotes, such as {key} = {default}")
            return default
        return value

    def number(self, key: str, *, example: str) -> float | None:
        """Return a number, with or without decimals; none by default."""
        value = self._take(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            self.problem(key, f"must be a number without quotes, such as {key} = {example}")
            return None
        return float(value)

    def flag(self, key: str, *, default: bool = False) -> bool:
        """Return true or false."""
        value = self._take(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.problem(key, f"must be true or false without quotes, such as {key} = true")
            return default
        return value

    def choice(self, key: str, known: Sequence[str]) -> str:
        """Return one of the known texts, by default the first."""
        text = self.text(key, known[0])
        if text not in known:
            right = " or ".join(f'"{each}"' for each in known)
            self.problem(key, f'"{text}" is unknown, write {right}')
            return known[0]
        return text

    def dates(self, key: str) -> tuple[date, ...]:
        """Return a list of dates, each a TOML date or a text like "2026-12-25"; none by default."""
        value = self._take(key)
        if value is None:
            return ()
        found = [_as_date(item) for item in value] if isinstance(value, list) else [None]
        if None in found:
            self.problem(key, f'must be a list of dates, such as {key} = ["2026-12-25"]')
        return tuple(day for day in found if day is not None)

    def names(self, key: str) -> dict[str, str]:
        """Return a table of free keys with texts; empty by default."""
        value = self._take(key)
        if value is None:
            return {}
        if not isinstance(value, dict) or not all(isinstance(v, str) and v.strip() for v in value.values()):
            self.problem(key, f'must pair texts in quotes, such as {key} = {{ "BQT-L" = "XL" }}')
            return {}
        return {str(name): text.strip() for name, text in value.items()}

    def table(self, key: str) -> TomlTable:
        """Return the table below ``key``; an absent one reads as empty."""
        value = self._take(key)
        path = f"{self._prefix}{key}"
        if value is not None and not isinstance(value, dict):
            self.problem(key, f"must be a table, written [{path}] on a line of its own")
        return TomlTable(value if isinstance(value, dict) else {}, path, self._problems)

    def refuse_the_rest(self, *, but: Collection[str] = ()) -> None:
        """Report every key nobody asked for, except those in ``but``, with the nearest known one."""
        for key in self._values:
            if key in self._asked or key in but:
                continue
            near = get_close_matches(key.lower(), self._asked, 1, 0.6)
            known = f"did you mean {near[0]}?" if near else "known here: " + ", ".join(self._asked)
            self.problem(key, f"unknown key, {known}")

    def keys(self) -> tuple[str, ...]:
        """Return the keys that stand in the table."""
        return tuple(self._values)

    def _take(self, key: str) -> object:
        self._asked.append(key)
        return self._values.get(key)


def _as_date(value: object) -> date | None:
    if isinstance(value, datetime):  # a datetime is a date to Python, but a moment is no closing day
        return None
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
