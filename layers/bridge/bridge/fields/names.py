"""Names that strangers give to fields, made comparable: "Postal Code", "postal_code", "postalCode". Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from bridge.text import shown_key

LONGEST_NAME = 100  # of a key, in characters; a longer one is nobody's name for a field
MOST_NAMES = 1000  # of an object: what stands behind them is not looked at
_SHOWN_NAMES = 12
_LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "œ": "oe", "ı": "i"})
_WORD_ENDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Za-z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])|[\W_]+")


def fold_name(name: object) -> str:
    """Return a key without capitals, accents, blanks and signs; "" for one that is too long to be a name."""
    if not isinstance(name, str) or len(name) > LONGEST_NAME:
        return ""
    decomposed = unicodedata.normalize("NFKD", name.casefold().translate(_LETTERS))
    return "".join(filter(str.isalnum, decomposed))


def words_of_name(name: str) -> list[str]:
    """Return the words of a key, folded: "houseNum2" is "house", "num", "2"."""
    if len(name) > LONGEST_NAME:
        return []
    return [word for word in map(fold_name, _WORD_ENDS.split(name)) if word]


def by_folded_name(values: Mapping[str, object]) -> dict[str, list[str]]:
    """Return the keys of an object by their folded names, in their order; of a huge one the first alone."""
    found: dict[str, list[str]] = {}
    for index, key in enumerate(values):
        if index >= MOST_NAMES:
            break
        if folded := fold_name(key):
            found.setdefault(folded, []).append(key)
    return found


def shown_names(names: list[str]) -> str:
    """Write keys for a message: a few of them, cut."""
    shown = [shown_key(name) for name in names[:_SHOWN_NAMES]]
    more = f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
    return (", ".join(shown) or "nothing") + more


def is_empty(value: object) -> bool:
    """Tell whether a value is none: nothing, blanks, an empty list or object."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or value in ([], {})
