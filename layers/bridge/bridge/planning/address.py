"""An address as a geocoder and as a courier need it: one line for the one, the way in for the other. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from bridge.model import PostalAddress
from bridge.planning.text import clean, clean_lines, fold

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


def format_address(address: PostalAddress) -> str:
    """Write an address in one line for a geocoder: "48 Rue de Rivoli, 75004 Paris, France".

    Buyers often type town or country into the first line as well; what stands there is not said twice.
    """
    line1, postcode, city = clean(address.line1), clean(address.postcode), clean(address.city)
    country = clean(address.country) or clean(address.country_code)
    town = f"{postcode} {city}".strip()
    endings = {fold(text) for text in (town, f"{city} {postcode}", postcode, city, country) if text}
    parts = [part for part in (part.strip() for part in line1.split(",")) if part]
    while len(parts) > 1 and fold(parts[-1]) in endings:
        parts.pop()
    if parts and postcode and city:
        parts[-1] = _without_ending(parts[-1], (f"{town} {country}", town, f"{city} {postcode}"))
    return ", ".join(part for part in (*parts, town, country) if part)


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
