"""An address that stands in one text, taken apart as far as that is certain. Pure.

Nothing is lost: written in one line again, the parts give a geocoder the same address. Apart they are needed
for the filter by postcode, and to see that a town is named at all. The forms are those of the test cases of
OpenCage's address-formatting (https://github.com/OpenCageData/address-formatting , testcases/countries).
"""

from __future__ import annotations

import re

from bridge.model import PostalAddress
from bridge.planning.street import is_unit, names_street

_LONGEST_TEXT = 500
_SEPARATORS = re.compile(r"[,;\n\r]+")
# Before the town, as in most of Europe and in Latin America: 75011, F-75011, LV-1010, 110231 (Colombia),
# 7500000 (Chile); 100 00 (Czechia, Sweden), 00-950 (Poland), 1000-001 (Portugal), 01226-010 (Brazil), 1016 AB
# (the Netherlands, Curaçao), C1043AAZ (Argentina).
_BEFORE_TOWN = (
    r"[A-Z]\d{4}[A-Z]{3}|\d{4} ?[A-Z]{2}(?![^\W\d_])|(?:[A-Z]{1,3}-)?\d{4,7}(?![\d-])|\d{3} \d{2}|\d{2}-\d{3}"
    r"|\d{4}-\d{3}|\d{5}-\d{3}"
)
# Behind the town, as in the United Kingdom, Canada and Ireland, and in Australia and the United States with
# the state ("VIC 3065", "OR 97201").
_STATE = r"[A-Z]{2} \d{5}(?:-\d{4})?|(?:ACT|NSW|NT|QLD|SA|TAS|VIC|WA) \d{4}"
_BEHIND_TOWN = (
    r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d|[AC-FHKNPRTV-Y]\d[\dW] ?[\dAC-FHKNPRTV-Y]{4}"
    r"|[A-Z]\d{4}[A-Z]{3}|" + _STATE
)
# A town may end in a number: "Praha 1", "Dublin 2", "LYON CEDEX 03", "Lyon 3e".
_TOWN = r"[^\W\d](?:[^\d]*[^\W\d.])?\.?(?: \d{1,2}(?:er|e|ème)?)?"
_POSTCODE_TOWN = re.compile(rf"({_BEFORE_TOWN}) +({_TOWN})")
_TOWN_POSTCODE = re.compile(rf"({_TOWN}) +({_BEHIND_TOWN})")
_POSTCODE = re.compile(rf"{_BEFORE_TOWN}|{_BEHIND_TOWN}")
_ALL_IN_ONE = re.compile(rf"(.*[^\W\d].*) +({_BEFORE_TOWN}) +({_TOWN})")
_ALL_BUT_TOWN = re.compile(rf"(.*[^\W\d].*) +({_BEHIND_TOWN})")
# Less certain, and so believed behind a street alone: "Auckland 1010", "Mumbai - 400001", "Athens 105 58";
# "Dublin 2"; the first half of a British postcode, "E10"; "101 Reykjavík".
_TOWN_NUMBER = re.compile(r"([^\W\d][^\d,]*?[^\W\d.])(?: -)? +(\d{4,6}|\d{3} \d{2})")
_TOWN_DISTRICT = re.compile(r"[^\W\d][^\d]* \d{1,2}(?:er|e|ème)?")
_OUTWARD = re.compile(r"[A-Z]{1,2}\d[A-Z\d]?")
_TOWN_OUTWARD = re.compile(r"([^\W\d][^\d]*[^\W\d]) +([A-Z]{1,2}\d[A-Z\d]?)")
_CODE = re.compile(r"[A-Z]{2,3}")  # of a state
_THREE_DIGITS = re.compile(r"(\d{3}) +([^\W\d][^\d]+)")
_SAINT = re.compile(r"^st\.? ", re.IGNORECASE)
_NO_TOWN = frozenset(
    (
        "haus",
        "house",
        "casa",
        "villa",
        "edificio",
        "box",
        "bp",
        "postfach",
        "apartado",
        "numero",
        "nummer",
        "number",
    )
)


def split_address(text: str) -> PostalAddress:
    """Take "48 rue de Rivoli, 75004 Paris, France" apart.

    The town is the part with the postcode, else the last one if it holds no digit. A text in which neither
    is found stands in ``line1`` as a whole.
    """
    parts = [" ".join(part.split()) for part in _SEPARATORS.split(text[:_LONGEST_TEXT])]
    parts = [part for part in parts if part]
    for read in (_certain, _behind_a_street):
        for index in range(len(parts) - 1, 0, -1):
            found = read(parts, index)
            if found is not None:
                return found
    if len(parts) > 1 and not _has_digit(parts[-1]):
        return PostalAddress(line1=", ".join(parts[:-1]), city=parts[-1])
    if len(parts) == 1:
        return _one_part(parts[0])
    return PostalAddress(line1=", ".join(parts))


def _certain(parts: list[str], index: int) -> PostalAddress | None:
    """Read the part with a postcode that is one by its form."""
    part, before, after = parts[index], parts[:index], ", ".join(parts[index + 1 :])
    if match := _POSTCODE_TOWN.fullmatch(part):
        if _is_street_name(match[2]) and (after or not any(map(_has_digit, before))):
            return None  # "Flat B, 1234 Elm Street, Springfield"
        return _address(before, match[1], match[2], after)
    if match := _TOWN_POSTCODE.fullmatch(part):
        if _CODE.fullmatch(match[1]) and index > 1 and not _has_digit(before[-1]):
            return _address(before[:-1], part, before[-1], after)  # "…, Vancouver, BC V6B 6B1"
        return _address(before, match[2], match[1], after)
    if not _POSTCODE.fullmatch(part):
        return None
    town = before[-1]
    if index > 1 and (not _has_digit(town) or _is_town_with_district(town)):
        return _address(before[:-1], part, town, after)  # "…, London, SW1A 1AA"
    return _address(before, part, "", after)


def _behind_a_street(parts: list[str], index: int) -> PostalAddress | None:
    """Read a part that is a town because the street stands before it, and at most a country behind it."""
    part, before, rest = parts[index], parts[:index], parts[index + 1 :]
    if len(rest) > 1 or any(map(_has_digit, rest)) or not any(map(_is_street, before)):
        return None
    after = ", ".join(rest)
    if _OUTWARD.fullmatch(part) and index > 1 and not _has_digit(before[-1]):
        return _address(before[:-1], part, before[-1], after)
    if (match := _TOWN_OUTWARD.fullmatch(part)) and _is_town(match[1]):
        return _address(before, match[2], match[1], after)
    if (match := _TOWN_NUMBER.fullmatch(part)) and _is_town(match[1]):
        return _address(before, match[2], match[1], after)
    if (match := _THREE_DIGITS.fullmatch(part)) and _is_town(match[2]):
        return _address(before, match[1], match[2], after)
    return _address(before, "", part, after) if _is_town_with_district(part) else None


def _one_part(part: str) -> PostalAddress:
    if match := _ALL_IN_ONE.fullmatch(part):
        return PostalAddress(line1=match[1], postcode=match[2], city=match[3])
    if match := _ALL_BUT_TOWN.fullmatch(part):
        return PostalAddress(line1=match[1], postcode=match[2])
    return PostalAddress(line1=part)


def _address(street: list[str], postcode: str, city: str, country: str) -> PostalAddress:
    return PostalAddress(line1=", ".join(street), postcode=postcode, city=city, country=country)


def _has_digit(part: str) -> bool:
    return any(map(str.isdigit, part))


def _is_street(part: str) -> bool:
    """Tell whether a part is a street with a number by its looks."""
    return _has_digit(part) and not is_unit(part) and (part[0].isdigit() or names_street(part))


def _is_town(name: str) -> bool:
    words = {word.strip(".").casefold() for word in name.split()}
    return len(name) > 2 and not _is_street_name(name) and not is_unit(name) and not words & _NO_TOWN


def _is_street_name(name: str) -> bool:
    """Tell whether a name is a street's; "St. Gallen" and "St Ives" are none."""
    return names_street(_SAINT.sub("", name))


def _is_town_with_district(part: str) -> bool:
    return _TOWN_DISTRICT.fullmatch(part) is not None and _is_town(part)
