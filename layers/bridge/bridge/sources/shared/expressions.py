"""A connection's ``[fields]``: JMESPath expressions into a body, and what they find there.

The expressions are the operator's, the body is anybody's: what an expression finds may be of any type, and
a function in it ("join") may be handed what it cannot take. https://jmespath.org/specification.html
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.parser import ParsedResult

from bridge.errors import InvalidConnection, UnmappableOrder
from bridge.sources.shared.reading import parse_rfc3339

LONGEST_EXPRESSION = 1000


@lru_cache(maxsize=256)
def _compiled(expression: str) -> ParsedResult:
    return jmespath.compile(expression)


def problem_of(expression: str) -> str | None:
    """Say what is wrong with an expression."""
    if len(expression) > LONGEST_EXPRESSION:
        return f"is longer than {LONGEST_EXPRESSION} characters"
    try:
        _compiled(expression)
    except (JMESPathError, RecursionError) as error:
        return f"is no JMESPath expression ({type(error).__name__})"
    return None


class Found:
    """What the expressions of a connection find in one document; keys are our names for fields."""

    def __init__(self, document: Mapping[str, object], expressions: Mapping[str, str]) -> None:
        self._document = document
        self._expressions = expressions

    def path_of(self, key: str) -> str:
        """Return the expression of a field, for messages; the key itself where there is none."""
        return self._expressions.get(key) or f"fields.{key}"

    def refuse(self, key: str, message: str) -> UnmappableOrder:
        """Make the error that names the field; the caller raises it."""
        return UnmappableOrder(self.path_of(key), message)

    def value(self, key: str) -> object:
        """Return whatever an expression finds, ``None`` where it finds nothing or there is no expression.

        Raises:
            InvalidConnection: the expression is none.
            UnmappableOrder: a function of the expression got a value that it cannot take.

        """
        expression = self._expressions.get(key, "")
        if not expression:
            return None
        if problem := problem_of(expression):
            raise InvalidConnection([f"fields.{key}: {problem}"])
        try:
            found: object = _compiled(expression).search(self._document)
        except (JMESPathError, TypeError, ValueError, OverflowError, RecursionError) as error:
            raise self.refuse(key, "could not be read: the body is not as the expression expects") from error
        return found

    def text(self, key: str) -> str:
        """Return a text, a number as text, or "" for nothing.

        Raises:
            UnmappableOrder: it is something else.

        """
        value = self.value(key)
        if value is None:
            return ""
        if (text := _as_text(value)) is None:
            raise self.refuse(key, "should be a text")
        return text

    def texts(self, key: str) -> tuple[str, ...]:
        """Return the texts of a list, or the one text; empty ones are left out."""
        value = self.value(key)
        found = [_as_text(one) for one in (value if isinstance(value, list) else [value])]
        return tuple(text for text in found if text)

    def flag(self, key: str) -> bool:
        """Tell whether what is found is true: not false, null, empty, nor the texts "false", "no" and "0"."""
        value = self.value(key)
        if isinstance(value, str):
            return value.strip().lower() not in ("", "false", "no", "0")
        return value is True or (value not in (None, False) and value not in ([], {}))

    def number(self, key: str) -> float | None:
        """Return a finite number, also one in a text; ``None`` for anything else."""
        text = _as_text(self.value(key))
        try:
            number = float(text) if text else math.nan
        except (ValueError, OverflowError):
            return None
        return number if math.isfinite(number) else None

    def moment(self, key: str) -> datetime | None:
        """Return a date and time with offset, or Unix seconds; ``None`` for nothing.

        Raises:
            UnmappableOrder: it is something else.

        """
        value = self.value(key)
        if value is None or value == "":
            return None
        try:
            if isinstance(value, str):
                return parse_rfc3339(value.strip())
            if (
                isinstance(value, int | float)
                and not isinstance(value, bool)
                and 946684800 <= value < 7258118400
            ):
                return datetime.fromtimestamp(value, UTC)
        except ValueError:
            pass
        raise self.refuse(key, "should be a date and time with an offset (RFC 3339), or Unix seconds")


def _as_text(value: object) -> str | None:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return None
