"""The street of an address, wherever the sender keeps it: with its number apart, or in the second line.

Shops ask for the house number in a field of its own (in the Netherlands, Belgium, Germany, Brazil), and
buyers type "14" into the first line and "rue des Lilas" into the second, or the building before the street.
Sent as it stands, such a line is found by a geocoder without an error: as the middle of the town. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from bridge.planning.countries import NUMBER_FIRST
from bridge.planning.text import clean

_NUMBER = r"\d{1,5}(?:\s?[-/]\s?\d{1,5})?(?:\s?(?:[a-z]|bis|ter|quater))?"
_BARE_NUMBER = re.compile(rf"(?:n[o°º.]{{0,2}}\s?|nr\.?\s?|#\s?)?{_NUMBER}\.?", re.ASCII)
_NUMBERED = re.compile(rf"{_NUMBER},?\s+[^\W\d_]{{2}}", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W\d_]{2}")

# What begins a line that says where in a house, without accents: a flat, a floor, a building, an entrance.
_UNIT_WORDS = """
flat apt appt apartment appartement unit suite ste room rm floor fl level lvl block blk building bldg
lot shop batiment bat immeuble imm escalier esc etage porte entree hall rdc rez logement chambre boite
bte wohnung whg stock stockwerk obergeschoss erdgeschoss og eg hinterhaus vorderhaus seitenflugel
aufgang treppe piso planta puerta pta escalera portal bloque depto departamento dpto oficina interior
andar apto apartamento bloco sala bloc scala interno int piano palazzina citofono verdieping hoog
toegang bus appartment lejlighed sal lagenhet lgh vaning uppgang trappa leilighet oppgang asunto rappu
porras etaj apartament mieszkanie pietro klatka byt
"""
_UNITS = frozenset(_UNIT_WORDS.split())
_ORDINAL = r"\d{1,3}\s?(?:er|ere|e|eme|nd|rd|st|th|o|a|\.)?"
_WORDS = re.compile(r"(?<!\w)[^\W\d_]+(?!\w)")
_UNIT = re.compile(rf"(?:{_ORDINAL}\s?)?(?:{'|'.join(sorted(_UNITS, key=len, reverse=True))})\b")

# What names a street, without accents: whole words, and the endings of words in Germanic languages.
_STREET_WORDS_TEXT = """
rue avenue av ave boulevard bd bld blvd chemin impasse imp allee quai place pl cours route rte passage
sentier square street st road rd lane ln drive dr close way crescent cres terrace grove mews parade
highway hwy calle avenida avda paseo plaza plaça carrer carretera camino ronda travesia via viale piazza
corso vicolo largo strada rua travessa praca alameda estrada rodovia ulica ul aleja al plac utca strasse
str weg platz straat laan gracht kade plein singel gade vej gata gate vei vag katu tie ulice namesti
bulevardul bul jalan soi cadde caddesi sokak
"""
_STREET_WORDS = frozenset(_STREET_WORDS_TEXT.split())
_STREET_ENDINGS_TEXT = """
strasse str weg platz allee gasse damm ufer straat laan gracht kade plein singel dijk steeg gade vej gatan
vagen gata veien katu kuja utca
"""
_STREET_ENDINGS = tuple(_STREET_ENDINGS_TEXT.split())


_BOTH = ("line1", "line2")


@dataclass(frozen=True, slots=True)
class Street:
    """The line for a geocoder, and what is left for the courier; ``fields`` are the parts it was made of."""

    line: str
    beside: str = ""
    fields: tuple[str, ...] = ("line1",)


def house_number(number: str, addition: str = "") -> str:
    """Write a house number and its addition: "118A", "118-2", "12 bis"; "" where there is no number."""
    number, addition = clean(number).strip(" ,"), clean(addition).strip(" ,-/")
    if not any(map(str.isalnum, number)) or number == "0":
        return ""
    if not addition or _squeeze(number).endswith(_squeeze(addition)):
        return number
    if addition.isdigit():
        return f"{number}-{addition}"
    return f"{number}{addition}" if len(addition) == 1 else f"{number} {addition}"


def street_of(line1: str, line2: str, number: str, country: str) -> Street:
    """Find the street among the lines of an address; ``number`` is the house number of a field of its own.

    The lines change places only where the first cannot be a street with a number and the second can.
    """
    first, second = clean(line1), clean(line2)
    found = _of_lines(first, second, country)
    number = clean(number)
    if not number or not found.line:
        return found
    line = with_number(found.line, number, country)
    # The plugins that ask for the number often copy it into the second line as well.
    beside = "" if _squeeze(found.beside) == _squeeze(number) else found.beside
    return found if line == found.line else Street(line, beside, (*found.fields, "house_number"))


def _of_lines(first: str, second: str, country: str) -> Street:
    if not first:
        return Street("", second, ()) if is_unit(second) else Street(second, fields=("line2",))
    if not second:
        return Street(first)
    if is_bare_number(first):
        return _behind_number(first, second, country)
    if is_unit(first):
        return _behind_unit(first, second)
    if not any(map(str.isdigit, first)):
        return _behind_name(first, second, country)
    return Street(first, second)


def _behind_number(first: str, second: str, country: str) -> Street:
    """Read "14" and "rue des Lilas"."""
    if is_unit(second) or not _LETTERS.search(second):
        return Street(first, second)
    return Street(with_number(second, first, country), fields=_BOTH)


def _behind_unit(first: str, second: str) -> Street:
    """Read "Flat 3" and "12 Harbour Street"."""
    if is_unit(second) or not _LETTERS.search(second):
        return Street(first, second)
    if any(map(str.isdigit, second)):
        return Street(second, first, ("line2",))
    return Street(f"{first}, {second}", fields=_BOTH)


def _behind_name(first: str, second: str, country: str) -> Street:
    """Read "Prinsenlaan" and "123", "Grand Mosque" and "12 Harbour Road"."""
    if is_bare_number(second):
        return Street(with_number(first, second, country), fields=_BOTH)
    if is_unit(second) or not names_street(second) or not any(map(str.isdigit, second)):
        return Street(first, second)
    if names_street(first):
        return Street(f"{first}, {second}", fields=_BOTH)
    return Street(second, first, ("line2",))


def with_number(street: str, number: str, country: str) -> str:
    """Put a house number to a street, unless the street begins or ends with it: a number is never doubled."""
    parts = [part.strip() for part in street.split(",")]
    bare = re.match(r"\d+", number)
    for index, part in enumerate(parts):
        if _begins_or_ends(part, number):
            return street
        if bare and bare[0] != number and (grown := _grown(part, bare[0], number)):
            return ", ".join([*parts[:index], grown, *parts[index + 1 :]])
    if _NUMBERED.match(parts[0]):
        return street  # with another number: the one that the buyer typed
    first = f"{number} {parts[0]}" if country in NUMBER_FIRST else f"{parts[0]} {number}"
    return ", ".join([first, *parts[1:]])


def _begins_or_ends(part: str, number: str) -> bool:
    """Tell whether a number stands at either end, however it is spaced; "12" does not stand in "112"."""
    spaced = r"[\W_]*".join(re.escape(character) for character in _squeeze(number))
    if not spaced:
        return False
    ends_in_digit = number[-1:].isdigit()
    letter = r"(?:\W?[a-z])?" if ends_in_digit else ""
    begins = re.match(spaced + (r"(?!\d)" if ends_in_digit else r"(?![^\W_])"), part, re.IGNORECASE)
    ends = re.search(rf"(?<!\d){spaced}{letter}$", part, re.IGNORECASE)
    return begins is not None or ends is not None


def _grown(part: str, bare: str, number: str) -> str:
    """Return a part that has the number without its addition, with the addition."""
    if re.search(rf"(?<![\w]){bare}$", part):
        return part[: -len(bare)] + number
    if re.match(rf"{bare}(?=\s+[^\W\d_]{{2}})", part):
        return number + part[len(bare) :]
    return ""


def is_bare_number(line: str) -> bool:
    """Tell whether a line is a house number and nothing else: "14", "14 bis", "n° 3", "12-14"."""
    return _BARE_NUMBER.fullmatch(_plain(line)) is not None


def is_unit(line: str) -> bool:
    """Tell whether a line says nothing but where in a house: "Flat 3", "Bâtiment B, 3e étage"."""
    parts = [part.strip() for part in re.split(r"[,;]| - ", _plain(line)) if part.strip()]
    return bool(parts) and all(_is_unit_part(part) for part in parts)


def _is_unit_part(part: str) -> bool:
    return _UNIT.match(part) is not None and not names_street(part)  # "14 Hall Lane"


def names_street(line: str) -> bool:
    """Tell whether a line has a word for a street, in any of the languages: "rue", "Lindenstraße"."""
    words = _WORDS.findall(_plain(line))
    return any(word in _STREET_WORDS or (len(word) > 4 and word.endswith(_STREET_ENDINGS)) for word in words)


def _plain(text: str) -> str:
    """Return the text in small letters without accents."""
    decomposed = unicodedata.normalize("NFD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character)).strip()


def _squeeze(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))
