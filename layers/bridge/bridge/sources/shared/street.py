"""A house number that stands in a field of its own, put where people of the country write it. Pure.

WooCommerce's plugins for the Netherlands and Belgium (PostNL, MyParcel: ``_shipping_house_number``) and for
Brazil (``shipping.number``) ask for it apart; CoopCycle's geocoder wants it in the line.
"""

from __future__ import annotations

import re

from bridge.schedule.vocabulary import word_set

# Number first: CLDR has no such table; libaddressinput and the postal unions of these countries do.
_NUMBER_FIRST = word_set("FR GB IE US CA AU NZ LU MC RE GP MQ GF ZA IN PH")
_LONGEST_NUMBER = 20


def with_number(street: str, number: str, suffix: str, country: str) -> str:
    """Return the line with the number, unless it names it already; ``country`` is its code of two letters."""
    number, suffix = number.strip()[:_LONGEST_NUMBER], suffix.strip()[:_LONGEST_NUMBER]
    if not street.strip() or not re.search(r"\d", number):
        return street
    if re.search(rf"(?<!\d){re.escape(number)}(?!\d)", street):
        return street
    if suffix and not number.casefold().endswith(suffix.casefold()):
        joint = "-" if number[-1].isdigit() and suffix[0].isdigit() else "" if len(suffix) == 1 else " "
        number = f"{number}{joint}{suffix}"
    if country in _NUMBER_FIRST:
        return f"{number} {street}"
    return f"{street}, {number}" if country in ("BR", "PT", "ES", "IT") else f"{street} {number}"
