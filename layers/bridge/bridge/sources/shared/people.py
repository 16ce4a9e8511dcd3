"""Names and phones out of the several places where a shop may keep them, the recipient's own first. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from bridge.document import Fields

_MOST_PHONES = 12


def full_name(holder: Fields, first: str, last: str, *, whole: str = "") -> str:
    """Return a name that stands as a whole or in two parts; "" where there is none."""
    parts = (holder.optional_text(first), holder.optional_text(last))
    return (holder.optional_text(whole) if whole else "") or " ".join(part for part in parts if part)


def phones_of(places: Iterable[tuple[Fields, str]]) -> dict[str, str]:
    """Return the phones as typed with their paths, in the order of the places, each once."""
    phones: dict[str, str] = {}
    for holder, key in places:
        phone = holder.optional_text(key)
        if phone and len(phones) < _MOST_PHONES:
            phones.setdefault(phone, holder.path_of(key))
    return phones
