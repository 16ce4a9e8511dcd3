"""An address as a geocoder and as a courier need it: one line for the one, the way in for the other. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from bridge.model import PostalAddress
from bridge.planning.countries import alpha2, writes_state
from bridge.planning.street import Street, house_number, street_of
from bridge.planning.text import clean, clean_lines, fold

__all__ = ["WrittenAddress", "format_address", "house_number", "way_in", "write_address"]

_HINT_LENGTH = 120

# The end of a sentence, but not the dot of "apt. 12", "bât. B", "ét. 3", "esc. A" or "2. Stock".
_SENTENCE_END = re.compile(r"(?<!apt)(?<!ppt)(?<!bat)(?<!esc)(?<!\bet)(?<!\d)[.;!?]+(?:\s+|$)")
# How people say the way in, without accents, in the languages of the instances that CoopCycle lists.
_WAY_IN = re.compile(
    r"\b("
    r"digicode|interphone|sonne[rz]?|sonnette|etage|rdc|rez[- ]de[- ]chaussee|bat|batiment|escalier|esc"
    r"|app?t|appartement|porte|portail|gardienn?e?|concierge|boite aux lettres"
    r"|floor|flat|apartment|buzzer|intercom|doorbell|ring|gate|entrance|reception"
    r"|\d+\. ?(og|stock)|stockwerk|erdgeschoss|klingeln?|hinterhaus|turcode|aufgang"
    r"|piso|portero|escalera|timbre|puerta|planta"
    r"|citofono|scala|piano terra"
    r"|verdieping|deurcode|aanbellen"
    r")\b"
    r"|\bcode\b\W*(?:\w+\W+){0,3}?\w*\d"
)


@dataclass(frozen=True, slots=True)
class WrittenAddress:
    """An address in one line for a geocoder, and what else the courier is shown beside it.

    ``street`` is what the line begins with, ``fields`` and ``beside_fields`` are the parts of the order's
    address that either was made of.
    """

    line: str
    street: str
    beside: str = ""
    fields: tuple[str, ...] = ()
    beside_fields: tuple[str, ...] = ()


def format_address(address: PostalAddress, region: str = "") -> str:
    """Write an address in one line for a geocoder: "48 Rue de Rivoli, 75004 Paris, France"."""
    return write_address(address, region).line


def write_address(address: PostalAddress, region: str = "") -> WrittenAddress:
    """Write an address for a geocoder and for a courier; ``region`` is the country where it names none.

    Buyers often type town or country into the first line as well; what stands there is not said twice.
    District and state are written where no postcode tells one town, or one street, from another of that name.
    """
    code = alpha2(address.country_code) or alpha2(address.country) or region
    street = _street(address, code)
    postcode, city = clean(address.postcode), clean(address.city)
    state = clean(address.state)
    if postcode or fold(state) == fold(city) or not writes_state(code, state):
        state = ""
    district = clean(address.district)
    country = _country(address)
    town = f"{postcode} {city}".strip()
    parts = _without_town(street.line, postcode, city, country)
    near = district if not postcode else ""
    line = ", ".join(part for part in (*parts, near, town, state) if part)
    written = {"postcode": postcode, "city": city, "state": state, "district": near}
    beside = [street.beside, "" if near else district]
    return WrittenAddress(
        line=", ".join(part for part in (line, country) if part),
        street=street.line,
        beside=", ".join(part for part in beside if part),
        fields=(
            *street.fields,
            *(name for name, text in written.items() if text),
            *(("country" if clean(address.country) else "country_code",) if country else ()),
        ),
        beside_fields=tuple(
            name
            for name, text in (("line1", street.beside), ("line2", street.beside), ("district", beside[1]))
            if text and name not in street.fields and clean(getattr(address, name))
        ),
    )


def _street(address: PostalAddress, code: str) -> Street:
    """Find the street; a first line of several lines is that of a sender who has one field for both."""
    first, _, more = clean_lines(address.line1).partition("\n")
    second = ", ".join(line for line in (*more.split("\n"), *clean_lines(address.line2).split("\n")) if line)
    return street_of(first, second, address.house_number, code)


def _country(address: PostalAddress) -> str:
    """Return the country's name, else its code; a code of three letters is written with two."""
    name = clean(address.country)
    code = clean(address.country_code)
    return (alpha2(name) or name) if name else (alpha2(code) or code)


def _without_town(line1: str, postcode: str, city: str, country: str) -> list[str]:
    """Return the parts of the first line without town and country at its end."""
    town = f"{postcode} {city}".strip()
    endings = {fold(text) for text in (town, f"{city} {postcode}", postcode, city, country) if text}
    parts = [part for part in (part.strip() for part in line1.split(",")) if part]
    while len(parts) > 1 and fold(parts[-1]) in endings:
        parts.pop()
    if parts and postcode and city:
        parts[-1] = _without_ending(parts[-1], (f"{town} {country}", town, f"{city} {postcode}"))
    return parts


def _without_ending(street: str, endings: Sequence[str]) -> str:
    """Take "75004 Paris" off "48 Rue de Rivoli 75004 Paris"; "Paris" alone may belong to the street."""
    for ending in endings:
        words, last = street.split(), ending.split()
        if len(words) > len(last) and [fold(word) for word in words[-len(last) :]] == [
            fold(word) for word in last
        ]:
            return " ".join(words[: -len(last)])
    return street


def way_in(note: str) -> list[str]:
    """Return the sentences of a note that say how to get in: door codes, floors, whom to ring for.

    Couriers look for these beside the address. The note itself stays whole in the comments: this is a copy,
    so a sentence taken wrongly costs nothing.
    """
    found: list[str] = []
    for line in clean_lines(note).split("\n"):
        start = 0
        plain = _without_accents(line)
        for end in [*(match.end() for match in _SENTENCE_END.finditer(plain)), len(line)]:
            sentence, start = line[start:end].strip().rstrip(".;").strip(), end
            if sentence and len(sentence) <= _HINT_LENGTH and _WAY_IN.search(_without_accents(sentence)):
                found.append(sentence)
    return found


def _without_accents(text: str) -> str:
    """Return the text in small letters without accents, each character in its old place."""
    return "".join(unicodedata.normalize("NFD", character)[0].lower()[:1] for character in text)
