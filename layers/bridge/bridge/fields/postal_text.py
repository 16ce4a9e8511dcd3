"""An address that stands in one text, taken apart as far as that is certain. Pure.

Nothing is lost: written in one line again, the parts give a geocoder the same address. Apart they are needed
for the filter by postcode, and to see that a town is named at all.
"""

from __future__ import annotations

import re

from bridge.model import PostalAddress

_LONGEST_TEXT = 500
_SEPARATORS = re.compile(r"[,;\n\r]+")
# As in most of Europe (75011, F-75011), Czechia and Sweden (100 00), Poland (00-950), Portugal (1000-001),
# the Netherlands (1016 AB).
_BEFORE_TOWN = r"\d{4} ?[A-Z]{2}|(?:[A-Z]{1,2}-)?\d{4,5}|\d{3} \d{2}|\d{2}-\d{3}|\d{4}-\d{3}"
# As in the United Kingdom and in Canada; in the United States with the state, behind a comma ("OR 97201").
_BEHIND_TOWN = r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d"
_STATE = r"[A-Z]{2} \d{5}(?:-\d{4})?"
_POSTCODE_TOWN = re.compile(rf"({_BEFORE_TOWN}) +([^\W\d][^\d]*)")
_TOWN_POSTCODE = re.compile(rf"([^\W\d][^\d]*?) +({_BEHIND_TOWN})")
_POSTCODE = re.compile(rf"{_BEFORE_TOWN}|{_BEHIND_TOWN}|{_STATE}")
_ALL_IN_ONE = re.compile(rf"(.*[^\W\d].*) +({_BEFORE_TOWN}) +([^\W\d][^\d]*)")


def split_address(text: str) -> PostalAddress:
    """Take "48 rue de Rivoli, 75004 Paris, France" apart.

    The town is the part with the postcode, else the last one if it holds no digit. A text in which neither
    is found stands in ``line1`` as a whole.
    """
    parts = [" ".join(part.split()) for part in _SEPARATORS.split(text[:_LONGEST_TEXT])]
    parts = [part for part in parts if part]
    for index in range(len(parts) - 1, 0, -1):
        postcode, city = _town(parts[index])
        before = parts[:index]
        if postcode and not city and index > 1 and not any(map(str.isdigit, parts[index - 1])):
            before, city = parts[: index - 1], parts[index - 1]  # "…, London, SW1A 1AA"
        if postcode:
            return PostalAddress(
                line1=", ".join(before), postcode=postcode, city=city, country=", ".join(parts[index + 1 :])
            )
    if len(parts) > 1 and not any(map(str.isdigit, parts[-1])):
        return PostalAddress(line1=", ".join(parts[:-1]), city=parts[-1])
    if len(parts) == 1 and (match := _ALL_IN_ONE.fullmatch(parts[0])):
        return PostalAddress(line1=match[1], postcode=match[2], city=match[3])
    return PostalAddress(line1=", ".join(parts))


def _town(part: str) -> tuple[str, str]:
    """Return postcode and town of a part that holds a postcode; two empty texts otherwise."""
    if match := _POSTCODE_TOWN.fullmatch(part):
        return match[1], match[2]
    if match := _TOWN_POSTCODE.fullmatch(part):
        return match[2], match[1]
    return (part, "") if _POSTCODE.fullmatch(part) else ("", "")
