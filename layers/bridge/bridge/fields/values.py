"""What a sender's document holds under our own names, as texts, numbers and moments. Pure.

Numbers where texts are wanted become texts, the texts of a list are joined; objects never become texts.
Messages name the expression or the sender's field, and never quote a value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bridge.document import finite_number, kind, moment_of
from bridge.errors import UnmappableOrder
from bridge.fields import expressions
from bridge.fields.address_names import OWN_SYNONYMS
from bridge.fields.names import by_folded_name, fold_name, is_empty
from bridge.model import Problem
from bridge.text import shown_key

_LONGEST_TEXT = 5000
_MOST_TEXTS = 100
_NUMBER = re.compile(r"\s*[+-]?\d{1,15}([.,]\d{1,15})?\s*", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d(t|\b)", re.ASCII)
_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"", "false", "no", "off", "0"})


@dataclass(frozen=True, slots=True)
class Values:
    """What a document, or one stop in it, holds under our names.

    A name with an expression is looked for with it. Without one, a field that has our own name is taken, from
    the first of the objects in ``own`` (by their paths) which has it: as we write it, else with capitals,
    blanks and signs ("Order ID"), else under another word for it ("Phone number"). What is in ``only_named``
    is never taken without an expression.
    """

    document: Mapping[str, object]
    expressions: Mapping[str, str] = field(default_factory=dict)
    own: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    only_named: frozenset[str] = frozenset()
    _folded: Mapping[str, Mapping[str, list[str]]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "_folded", {path: by_folded_name(values) for path, values in self.own.items()}
        )

    def __contains__(self, name: str) -> bool:
        return name in self.expressions or self._holder(name) is not None

    def where(self, name: str) -> str:
        """Return where the sender has a field, in its own terms."""
        if name in self.expressions:
            return self.expressions[name]
        path, key = self._holder(name) or ("", name)
        return f"{path}.{shown_key(key)}" if path else shown_key(key)

    def is_named(self, key: str) -> bool:
        """Tell whether an expression mentions a key of the sender's, or a path of keys, as a whole."""
        mention = re.compile(rf"(?<!\w){re.escape(key)}(?!\w)")
        return any(mention.search(expression) for expression in self.expressions.values())

    def problem(self, name: str, sentence: str) -> Problem:
        """Make the problem of a field, which stops the order only if it is ours."""
        if name in self.expressions:
            return Problem(f"fields.{name}", f"{self.expressions[name]} {sentence}")
        return Problem(self.where(name), sentence)

    def refuse(self, name: str, sentence: str) -> UnmappableOrder:
        """Make the error that names a field; the caller raises it."""
        problem = self.problem(name, sentence)
        return UnmappableOrder(problem.field, problem.sentence)

    def raw(self, name: str) -> object:
        """Return what stands there, ``None`` for nothing.

        Raises:
            UnmappableOrder: the expression needs a key that is not in the document.

        """
        if name in self.expressions:
            return expressions.search(self.expressions[name], self.document, field=f"fields.{name}")
        holder = self._holder(name)
        return None if holder is None else self.own[holder[0]].get(holder[1])

    def text(self, name: str, separator: str = ", ") -> str:
        """Return a text, a number as a text, or the texts of a list joined."""
        return separator.join(self.texts(name))

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the texts of a list, or the one there is; without empty ones, of a huge list the first."""
        value = self.raw(name)
        values = value[:_MOST_TEXTS] if isinstance(value, list) else [value]
        texts = [self._as_text(name, one) for one in values]
        return tuple(text for text in texts if text)

    def number(self, name: str) -> float | None:
        """Return a number, also one written as a text; ``None`` for nothing."""
        value = self.raw(name)
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        number = as_number(value)
        if number is None:
            raise self.refuse(name, f"should be a number, but is {kind(value)}")
        return number

    def flag(self, name: str) -> bool:
        """Return true or false: nothing, empty and 0 are false; a text must be a known word, or a moment.

        Another text may well mean "no" in the language of the form, so it is never taken for true.
        """
        value = self.raw(name)
        if not isinstance(value, str):
            return bool(value)
        text = value.strip().casefold()
        if text in _TRUE or text in _FALSE:
            return text in _TRUE
        if _DAY.match(text):  # such as the time of the cancellation
            return True
        raise self.refuse(
            name, "should be true or false; an answer in words is compared, as in answers.wanted == 'no'"
        )

    def moment(self, name: str) -> datetime | None:
        """Return a date and time with an offset, also Unix time; ``None`` for nothing."""
        value = self.raw(name)
        if is_empty(value):
            return None
        moment = moment_of(value[0] if isinstance(value, list) and len(value) == 1 else value)
        if moment is None:
            raise self.refuse(
                name,
                "should be a date and time with an offset (2026-11-23T10:12:08+01:00), or Unix time in "
                f"seconds or milliseconds, but is {'another' if isinstance(value, str) else kind(value)}",
            )
        return moment

    def _holder(self, name: str) -> tuple[str, str] | None:
        """Return which object has a field without an expression, and its key there; a full one goes first."""
        if name in self.only_named:
            return None
        found: tuple[str, str] | None = None
        for path, key in self._candidates(name):
            value = self.own[path].get(key)
            if not is_empty(value):
                return path, key
            if value is not None and found is None:
                found = path, key
        return found

    def _candidates(self, name: str) -> Iterator[tuple[str, str]]:
        yield from ((path, name) for path in self.own)
        for word in (fold_name(name), *OWN_SYNONYMS.get(name, ())):
            for path, names in self._folded.items():
                yield from ((path, key) for key in names.get(word, ()))

    def _as_text(self, name: str, value: object) -> str:
        if value is None:
            return ""
        if isinstance(value, str):
            return value.strip()[:_LONGEST_TEXT]
        if isinstance(value, int | float) and not isinstance(value, bool):
            return number_text(value)
        raise self.refuse(name, f"should be a text, but is {kind(value)}")


def number_text(value: float) -> str:
    """Write a JSON number as people do: 75011 and not 75011.0; of one too long to be anything, nothing."""
    if isinstance(value, float):
        if not math.isfinite(value):
            return ""
        value = int(value) if value.is_integer() and abs(value) < 1e15 else value
    if isinstance(value, int) and value.bit_length() > 128:  # str() refuses thousands of digits
        return ""
    return str(value)


def text_of(value: object) -> str:
    """Return a text, stripped, or a number as a text; "" for anything else."""
    if isinstance(value, str):
        return value[:_LONGEST_TEXT].strip()
    return number_text(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def as_number(value: object) -> float | None:
    """Read a finite number, or a text that holds one ("48,85"); ``None`` when it is anything else."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value.replace(",", "."))
    return finite_number(value)
