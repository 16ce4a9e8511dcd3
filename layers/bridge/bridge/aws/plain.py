"""Frozen dataclasses as plain values (texts, numbers, lists, maps) and back, by their own annotations.

For what DynamoDB stores: each field is spelled once, in its class. A member that is missing has the field's
default, and one that the class does not know is left out, so that two versions can share a table.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from functools import cache, partial
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

T = TypeVar("T")


def encode(value: Any) -> Any:
    """Return a dataclass as a map, a moment as ISO 8601, a tuple as a list, a member of an enum as text.

    A field that has its default is left out.
    """
    match value:
        case StrEnum():
            return value.value
        case str() | int() | None:
            return value
        case datetime():
            return value.isoformat()
        case tuple():
            return [encode(each) for each in value]
    told = {}
    for name, default in _defaults(type(value)):  # type: ignore[arg-type]  # classes are hashable
        part = getattr(value, name)
        if part != default:
            told[name] = encode(part)
    return told


def decode(kind: type[T], values: Mapping[str, Any]) -> T:
    """Return the dataclass that :func:`encode` made the map of."""
    readers = _readers(kind)  # type: ignore[arg-type]  # classes are hashable
    return kind(**{name: readers[name](value) for name, value in values.items() if name in readers})


@cache
def _defaults(kind: Any) -> tuple[tuple[str, Any], ...]:
    """Return a dataclass's fields with their defaults, or ``MISSING``."""
    return tuple((each.name, each.default) for each in dataclasses.fields(kind))


@cache
def _readers(kind: Any) -> dict[str, Callable[[Any], Any]]:
    return {name: _reader(hint) for name, hint in get_type_hints(kind).items()}


def _reader(hint: Any) -> Callable[[Any], Any]:
    """Return what reads the values of an annotation, which is looked at once and not for each of them."""
    if get_origin(hint) is types.UnionType:  # only ever "… | None"
        there = _reader(next(each for each in get_args(hint) if each is not types.NoneType))
        return lambda value: None if value is None else there(value)
    if get_origin(hint) is tuple:
        each = _reader(get_args(hint)[0])
        return lambda values: tuple(map(each, values))
    if hint is datetime:
        return datetime.fromisoformat
    if dataclasses.is_dataclass(hint):
        return partial(decode, hint)  # type: ignore[arg-type]  # a class, as the hints of classes are
    reader: Callable[[Any], Any] = hint
    return reader
