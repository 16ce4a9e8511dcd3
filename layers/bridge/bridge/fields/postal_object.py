"""An address that stands in an object, under whatever names the sender has for its parts. Pure.

The names are those of :mod:`bridge.fields.address_names`, compared without capitals, blanks and signs; of
several that are known, the first that holds something counts. What looks like a part and has no known name is
given back, so that nobody is sent to half an address in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bridge.addresses.address import house_number
from bridge.addresses.countries import alpha2
from bridge.fields.address_names import (
    ADDRESS_WORDS,
    LOOKS_LIKE,
    NEUTRAL_PREFIXES,
    NOT_LOOKS_LIKE,
    ONLY_IN_AN_ADDRESS,
    OTHER_PREFIXES,
    OWN_PREFIXES,
    PART_NAMES,
    PLACE_NAMES,
    UNIT_NAMES,
)
from bridge.fields.names import by_folded_name, is_empty, words_of_name
from bridge.fields.values import as_number, number_text

_DEEPEST = 3  # of an address in an address
_MOST_TEXTS = 20  # of a list that stands for one part
_LONGEST_TEXT = 500
_LONGEST_BARE_UNIT = 4  # "12B", which says nothing without the word "door"
_RANK = {part: {name: rank for rank, name in enumerate(names)} for part, names in PART_NAMES.items()}
_PARTS = {name: part for part, names in PART_NAMES.items() for name in names}
_GENERIC_NUMBERS = frozenset({"number", "num", "numero", "nummer", "nr", "house"})
# Of a country, a state or a town that is an object.
_CODE_NAMES = ("code", "iso2", "isocode", "iso", "alpha2", "countrycode", "alpha3", "iso3", "id", "shortname")
_INNER_NAMES = ("name", "country", "label", "title", "region", "text", "value", "longname", "code")


@dataclass(slots=True)
class AddressObject:
    """What an object says of an address: ``parts`` by our own names, ``unread`` the keys that look like more.

    ``whole`` is an address in one text, where no postcode and no town stands beside it.
    """

    parts: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, float] = field(default_factory=dict)  # latitude, longitude
    whole: str = ""
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Found:
    part: str
    name: str  # folded, without a prefix
    key: str
    value: object

    @property
    def rank(self) -> int:
        return _RANK[self.part][self.name] if self.part in _RANK else 0


def read_address_object(
    given: Mapping[str, object], *, is_form: bool = False, named: Callable[[str], bool] = lambda _: False
) -> AddressObject:
    """Read the parts of an address from an object.

    ``is_form``: the object is a whole form, in which names such as "number" may mean anything. ``named``
    tells of a key whether the connection reads it by itself.
    """
    found, known = _read(given, is_form=is_form, depth=0)
    if not is_form:
        found.unread = tuple(
            key
            for keys in by_folded_name(given).values()
            for key in keys
            if key not in known and not named(key) and _looks_like(key, given[key])
        )
    return found


def _read(given: Mapping[str, object], *, is_form: bool, depth: int) -> tuple[AddressObject, set[str]]:
    own, plain, known = _sorted(given, is_form=is_form)
    if _has_street(own) and _has_street(plain):
        plain = []  # another address: its parts never mix with those of the first
    ranked = [one for group in (own, plain) for one in sorted(group, key=lambda one: one.rank)]
    found = AddressObject()
    street: list[str] = []
    for one in ranked:
        if one.part == "line1" and not isinstance(one.value, Mapping):
            street = street or _lines(one.value)
        else:
            _take(found, one, depth)
    for name, (key, inner) in _inner(given).items():
        known.add(key)
        if name in PLACE_NAMES and depth < _DEEPEST:
            _take_numbers(found, _read(inner, is_form=False, depth=depth + 1)[0])
    _take_street(found, street)
    _join_units(found, ranked)
    _join_number(found, ranked)
    if not found.parts.get("city") and found.parts.get("district"):
        found.parts["city"] = found.parts.pop("district")
    return found, known


# --- which names there are ------------------------------------------------------------------------


def _sorted(given: Mapping[str, object], *, is_form: bool) -> tuple[list[_Found], list[_Found], set[str]]:
    """Return what stands under names of the goods' own address, under plain names, and all known keys."""
    own: list[_Found] = []
    plain: list[_Found] = []
    known: set[str] = set()
    for folded, keys in by_folded_name(given).items():
        name, prefix = _without_prefix(folded)
        part = _PARTS.get(name) or ("unit" if name in UNIT_NAMES else "")
        if prefix in OTHER_PREFIXES:
            known.update(keys)
        elif part and not (is_form and name in ONLY_IN_AN_ADDRESS and not prefix):
            known.update(keys)
            key = next((key for key in keys if not is_empty(given[key])), None)
            if key is not None:
                (own if prefix in OWN_PREFIXES else plain).append(_Found(part, name, key, given[key]))
    return own, plain, known


def _inner(given: Mapping[str, object]) -> dict[str, tuple[str, Mapping[str, object]]]:
    """Return the objects in an object by their folded names."""
    return {
        folded: (key, value)
        for folded, keys in by_folded_name(given).items()
        for key in keys
        if isinstance(value := given[key], Mapping)
    }


def _without_prefix(folded: str) -> tuple[str, str]:
    """Return a name without "shipping", "delivery", "address" … before it, and the prefix that matters."""
    kind = ""
    name = folded
    while name not in _PARTS and name not in UNIT_NAMES:
        prefix = next(
            (one for one in (*OWN_PREFIXES, *NEUTRAL_PREFIXES, *OTHER_PREFIXES) if name.startswith(one)), ""
        )
        if not prefix or name == prefix:
            return folded, kind if kind in OTHER_PREFIXES else ""
        name = name.removeprefix(prefix)
        if not kind or kind in NEUTRAL_PREFIXES:
            kind = prefix
    return name, kind


def _has_street(found: Sequence[_Found]) -> bool:
    return any(one.part == "line1" for one in found)


def _looks_like(key: str, value: object) -> bool:
    """Tell whether a key that nobody knows may hold a part of the address."""
    if isinstance(value, bool | Mapping) or is_empty(value):
        return False
    words = set(words_of_name(key))
    alike = words & LOOKS_LIKE - (ADDRESS_WORDS if words & {"name", "names"} else frozenset())
    return bool(alike) and not words & NOT_LOOKS_LIKE


# --- what stands there ----------------------------------------------------------------------------


def _take(found: AddressObject, one: _Found, depth: int) -> None:
    """Put a value where it belongs, unless another one stands there."""
    if one.part in ("latitude", "longitude"):
        number = as_number(one.value)
        if number is not None:
            found.numbers.setdefault(one.part, number)
    elif one.part in ("country", "country_code"):
        _take_country(found, one)
    elif one.part == "line1":
        _take_address(found, one.value, depth)
    elif one.part in ("line2", "line3"):
        _add_line(found, _text(one.value))
    elif one.part == "whole":
        found.whole = found.whole or "\n".join(_lines(one.value))
    elif one.part not in ("unit", "house_number", "addition") and (text := _text(one.value)):
        found.parts.setdefault(one.part, text)


def _take_street(found: AddressObject, lines: Sequence[str]) -> None:
    """Put the street: its first line, or all of an address in which no field beside it names the town."""
    has_town = any(found.parts.get(part) for part in ("postcode", "city", "district"))
    if not any(lines):
        if has_town and found.whole:
            found.parts.setdefault("line1", found.whole.splitlines()[0])
        if has_town:
            found.whole = ""
    elif has_town:
        found.whole = ""
        found.parts["line1"] = lines[0]
        lines2, found.parts["line2"] = found.parts.get("line2", ""), ", ".join(lines[1:])
        _add_line(found, lines2)
    else:
        found.whole = found.whole or "\n".join(lines)


def _take_address(found: AddressObject, value: object, depth: int) -> None:
    """Read an address in an address: a customer's, or a street with its number."""
    if not isinstance(value, Mapping) or depth >= _DEEPEST:
        return
    inner, _ = _read(value, is_form=False, depth=depth + 1)
    name = _text(value.get("name"))
    if not inner.parts.get("line1") and not inner.whole and name:
        inner.parts["line1"] = name
    for part, text in inner.parts.items():
        if part == "line2":
            _add_line(found, text)
        else:
            found.parts.setdefault(part, text)
    found.whole = found.whole or inner.whole
    _take_numbers(found, inner)


def _take_numbers(found: AddressObject, inner: AddressObject) -> None:
    for name, number in inner.numbers.items():
        found.numbers.setdefault(name, number)


def _take_country(found: AddressObject, one: _Found) -> None:
    """Read a country's name and code, from a text of either kind or from an object with both."""
    value = one.value
    inner: dict[str, str] = {}
    if isinstance(value, Mapping):
        inner = {name: _text(value[keys[0]]) for name, keys in by_folded_name(value).items()}
        name = next((inner[key] for key in _INNER_NAMES if inner.get(key) and not alpha2(inner[key])), "")
    else:
        name = _text(value)
    code = next(filter(None, (alpha2(inner.get(key, "")) for key in _CODE_NAMES)), "")
    code = code or alpha2(name)
    if code:
        found.parts.setdefault("country_code", code)
    if one.part == "country" and name and not alpha2(name):
        found.parts.setdefault("country", name)


def _add_line(found: AddressObject, text: str) -> None:
    before = found.parts.get("line2", "")
    if text and text not in before.split(", "):
        found.parts["line2"] = ", ".join(filter(None, (before, text)))


def _join_units(found: AddressObject, ranked: Sequence[_Found]) -> None:
    """Put floor, staircase and door behind the second line; a bare value with the word for it."""
    units = [one for one in ranked if one.part == "unit"]
    order = list(UNIT_NAMES)
    for one in sorted(units, key=lambda one: order.index(one.name)):
        text, word = _text(one.value), UNIT_NAMES[one.name]
        is_bare = 0 < len(text) <= _LONGEST_BARE_UNIT
        _add_line(found, f"{word} {text}" if is_bare else text)


def _join_number(found: AddressObject, ranked: Sequence[_Found]) -> None:
    """Join house number and addition; a "number" beside a street that has one may be any number."""
    addition = next((_text(one.value) for one in ranked if one.part == "addition"), "")
    line1 = found.parts.get("line1", "") or found.whole
    for one in sorted((one for one in ranked if one.part == "house_number"), key=lambda one: one.rank):
        text, is_generic = _text(one.value), one.name in _GENERIC_NUMBERS
        if is_generic and not any(map(str.isdigit, text)):
            _add_line(found, text)  # a house by its name
        elif text and not (is_generic and any(map(str.isdigit, line1)) and text not in line1):
            found.parts.setdefault("house_number", house_number(text, addition))


# --- texts ----------------------------------------------------------------------------------------


def _text(value: object) -> str:
    return ", ".join(_lines(value)[:_MOST_TEXTS])


def _lines(value: object) -> list[str]:
    """Return the lines of a text or of a list of them, a number as a text; one empty line for nothing."""
    if isinstance(value, Mapping):
        names = by_folded_name(value)
        value = next((value[names[name][0]] for name in _INNER_NAMES if name in names), None)
    values = value[:_MOST_TEXTS] if isinstance(value, list) else [value]
    return [line for one in values for line in _lines_of_one(one)] or [""]


def _lines_of_one(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield from filter(None, (" ".join(line.split()) for line in value[:_LONGEST_TEXT].splitlines()))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield number_text(value)
