"""A sender's pairs of names and values, in which a choice of time and words for the courier may stand.

Nothing is judged here but which names hold words for the courier; :mod:`bridge.schedule.find_chosen_time`
finds the time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bridge.document import Fields
from bridge.model import Writings, Written
from bridge.schedule.vocabulary import read_name, word_set, words_of
from bridge.text import shown_key

LABEL_SETTINGS: Mapping[str, str] = {
    "date_label": "label under which buyers choose the delivery day, where it is none that the bridge knows; "
    'or "-" where they choose none',
    "time_label": "label under which they choose the time",
    "note_label": "label under which they write to the courier",
}
_MOST = 400

# Words of names under which buyers write to the courier: "Delivery Instructions", "Consignes de livraison".
_NOTE_WORDS = word_set(
    "instruction instructions note notes message comment comments commentaire commentaires remarque "
    "remarques consigne consignes hinweis hinweise anweisung anweisungen nota notas instrucciones "
    "indicaciones comentario comentarios istruzioni instrucoes instructies opmerking opmerkingen "
    "besked bemaerkning bemaerkninger kommentar meddelande viesti ohjeet huomautus uwagi instrukcje "
    "indicacions digicode interphone doorcode"
)
_NOTE_ENDS = (
    "hinweis",
    "hinweise",
    "anweisungen",
    "notiz",
    "instructies",
    "instruksjoner",
    "anvisninger",
    "ohjeet",
)
_TO_THE_COURIER = word_set(
    "courier driver rider coursier livreur kurier fahrer mensajero repartidor corriere"
)
_GIFT = word_set("gift cadeau geschenk geschenke regalo presente gave present lahja prezent")
_NO_NOTE = word_set("seller vendor internal admin staff private invoice payment customer_ip")


@dataclass(frozen=True, slots=True)
class Pair:
    """One name with its value as sent, and where it stood in the sender's body."""

    name: str
    value: object
    path: str


def written(pairs: Iterable[Pair], place: str = "order", holder: int = 0) -> tuple[Written, ...]:
    """Return the pairs of one place of a body."""
    return tuple(Written(pair.name, pair.value, pair.path, place, holder) for pair in pairs if pair.name)


def of_lines(lines: Sequence[Fields], pairs_of: Callable[[Fields], Iterable[Pair]]) -> tuple[Written, ...]:
    """Return the pairs of each line of goods, which its number from 1 tells apart."""
    return tuple(
        entry for number, line in enumerate(lines, 1) for entry in written(pairs_of(line), "line", number)
    )


def members(holder: Fields, *, without: Iterable[str] = ()) -> list[Pair]:
    """Return the members of an object as pairs."""
    left_out = frozenset(without)
    return [
        Pair(str(key), value, holder.path_of(str(key)))
        for key, value in list(holder.values.items())[:_MOST]
        if key not in left_out
    ]


def named(holders: Sequence[Fields], name: str, value: str) -> list[Pair]:
    """Return the pairs of a list of objects that each have a name and a value."""
    return [
        Pair(label, one.values.get(value), f"{one.path} {shown_key(label)}")
        for one in holders[:_MOST]
        if (label := one.optional_text(name))
    ]


def titles(texts: Iterable[tuple[str, str]]) -> tuple[Written, ...]:
    """Return the titles of ways of shipping, each with its path."""
    return tuple(Written("title", text, path, "method") for text, path in texts if text)


def tags(texts: Iterable[str], path: str) -> tuple[Written, ...]:
    """Return the tags of an order."""
    return tuple(Written("tag", text, path, "tag") for text in list(texts)[:_MOST])


def writings(entries: Iterable[Written], settings: Mapping[str, str], *, kind: str = "label") -> Writings:
    """Put it all together; ``kind`` ends the names of the settings, "date_label" or "date_meta"."""
    return Writings(
        entries=tuple(entries),
        date_name=settings.get(f"date_{kind}", ""),
        time_name=settings.get(f"time_{kind}", ""),
        date_setting=f"sender.date_{kind}",
        time_setting=f"sender.time_{kind}",
        clocks_in_utc=kind == "meta",
    )


def notes(entries: Iterable[Written], label: str) -> list[str]:
    """Return what buyers wrote to the courier: under the connection's label, and under names that say so."""
    own = words_of(label)
    found: dict[str, None] = {}
    for entry in entries:
        if entry.place in ("method", "tag") or not isinstance(entry.value, str) or not entry.value.strip():
            continue
        words = words_of(entry.name)
        if (own and words == own) or _is_note(entry.name, words):
            gift = bool(_GIFT & set(words)) and words != own
            found.setdefault(f"{entry.name.strip()}: {entry.value.strip()}" if gift else entry.value.strip())
    return list(found)


def _is_note(name: str, words: tuple[str, ...]) -> bool:
    said = set(words)
    if _NO_NOTE & said or name.startswith("_wc") or not (_NOTE_WORDS & said or name_ends(words)):
        return False
    return (
        read_name(name).delivery
        or bool((_TO_THE_COURIER | _GIFT) & said)
        or bool({"digicode", "interphone"} & said)
    )


def name_ends(words: tuple[str, ...]) -> bool:
    """Tell whether a word of a name ends as the words for instructions do: "Lieferhinweise"."""
    return any(word.endswith(_NOTE_ENDS) for word in words)
