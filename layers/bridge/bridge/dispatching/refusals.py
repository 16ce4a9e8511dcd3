"""What is done when CoopCycle refuses one body: for a number that it holds invalid, or with 500 each time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bridge.coopcycle.changes import stops_of
from bridge.coopcycle.payload import without_telephones
from bridge.errors import AddressNotFound, CoopCycleFails, CoopCycleRejected, Violation

_NAMED = 3  # of the longest texts
Body = Mapping[str, Any]


def fails(body: Body) -> CoopCycleFails:
    """Return the error of a body to which CoopCycle has answered 500 too often."""
    stops = stops_of(body)
    texts = [(f"{stop.kind}.{name}", len(text)) for stop in stops for name, text in _texts(stop.fields)]
    longest = sorted(texts, key=lambda each: -each[1])[:_NAMED]
    looked_for = any(_is_looked_for(stop.fields.get("address")) for stop in stops)
    return (AddressNotFound if looked_for else CoopCycleFails)(longest)


def _is_looked_for(address: object) -> bool:
    """Tell whether CoopCycle has to find an address: its own it knows, one with coordinates it takes."""
    return isinstance(address, Mapping) and "latLng" not in address


def _texts(value: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for name, inner in value.items():
        if isinstance(inner, Mapping):
            yield from _texts(inner, f"{path}{name}.")
        elif isinstance(inner, str):
            yield f"{path}{name}", inner


def spared(body: Body, refused: Iterable[str]) -> dict[str, Any]:
    """Return a body without the numbers that CoopCycle has refused before; ``refused`` are their digests."""
    known = set(refused)
    places = [
        Violation(f"items[{index}].task.address.telephone", "")
        for index, number in _telephones(body)
        if _digest(number) in known
    ]
    return without_telephones(body, places) if places else dict(body)


def refused_by(error: CoopCycleRejected, body: Body) -> tuple[str, ...]:
    """Return the digests of the numbers for which alone CoopCycle refuses a body; none when there is more."""
    if not error.names_only_telephones:
        return ()
    left = dict(_telephones(without_telephones(body, error.violations)))
    return tuple(_digest(number) for index, number in _telephones(body) if index not in left)


def _telephones(body: Body) -> Iterator[tuple[int, str]]:
    for index, stop in enumerate(stops_of(body)):
        address = stop.fields.get("address")
        number = address.get("telephone") if isinstance(address, Mapping) else None
        if number:
            yield index, str(number)


def _digest(number: str) -> str:
    return hashlib.sha256(number.encode()).hexdigest()[:16]
