"""Texts of strangers made fit to be shown: no control characters, bounded, comparable. Pure."""

from __future__ import annotations

import fnmatch
import re
import unicodedata
from collections.abc import Iterable, Sequence

KEY_LENGTH = 60  # of a stranger's name for something, where a message quotes it
LINE_LENGTH = 250  # of a title or a name that is shown in one line
COMMENTS_LENGTH = 5000  # of all comments of a task, in characters; CoopCycle took 10,000 (create_texts)
DESCRIPTION_LENGTH = 5000  # of an address, as CoopCycle took it (recorded: create_addresses)
LONGEST_LENGTH = 2000  # what is longer is no name and no street; a column may have less room, see fit()
_LAST_WORD = 40  # a text is cut at a blank, unless that would cost more than this
_MOST = 10  # times what is shown is looked at: of megabytes of blanks nobody waits for the first letter

# Control characters but tab and line feed, the marks that turn the reading direction of all that
# follows, half surrogate pairs (no UTF-8 for them), and the byte order mark.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
_LINE_ENDS = re.compile("\r\n|\r|\u2028|\u2029|\x85")


def clean(text: str, length: int = LONGEST_LENGTH) -> str:
    """Return a text fit for one line: no control characters, single blanks, at most ``length`` long."""
    return " ".join(_UNWANTED.sub(" ", text[: _MOST * length]).split())[:length].rstrip()


def printable(text: str) -> str:
    """Return a text of several lines that steers no terminal: a mark stands where a character would."""
    return _UNWANTED.sub("\ufffd", text)


def escaped(json_text: str) -> str:
    """Return JSON that means the same and steers no terminal."""
    return _UNWANTED.sub(lambda match: f"\\u{ord(match[0]):04x}", json_text)


def shown_key(name: object) -> str:
    """Return a stranger's name for something as messages, paths and histories quote it.

    One line that can be printed, of at most 60 characters; a cut one ends with "…".
    """
    text = str(name)
    if len(text) > KEY_LENGTH:
        text = f"{text[: KEY_LENGTH - 1]}…"
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


def clean_lines(text: str, length: int = COMMENTS_LENGTH) -> str:
    """Return a text of several lines without control characters and empty lines, at most ``length`` long."""
    lines = (clean(line, length) for line in _LINE_ENDS.sub("\n", text[: _MOST * length]).split("\n"))
    return "\n".join(line for line in lines if line)[:length].rstrip()


def fit(text: str, length: int) -> tuple[str, str]:
    """Return what of a text of one line fits into ``length`` characters, and the rest, "" when all does."""
    whole = clean(text)
    if len(whole) <= length:
        return whole, ""
    end = between_words(whole, length)
    return whole[:end].rstrip(), whole[end:].lstrip()


def between_words(text: str, length: int) -> int:
    """Return where to cut a text that is longer: after at most ``length`` characters, where a word ends."""
    blank = max(text.rfind(mark, max(length - _LAST_WORD, 0), length + 1) for mark in " \n")
    return blank if blank > 0 else length


def fit_address(line: str, length: int) -> tuple[str, str]:
    """Return what of an address fits, and the rest: cut is the street, for the town says where it is."""
    if len(line) <= length:
        return line, ""
    parts = line.split(", ")
    town: list[str] = []
    while len(parts) > 1 and len(", ".join([parts[-1], *town])) <= length // 2:
        town.insert(0, parts.pop())
    end = ", ".join(["", *town])
    street, rest = fit(", ".join(parts), length - len(end))
    return street + end, rest


def fold(text: str) -> str:
    """Make "é" typed as one character and as two, capitals and blanks compare equal."""
    return unicodedata.normalize("NFC", " ".join(text.split())).casefold()


def any_match(texts: Iterable[str], patterns: Sequence[str]) -> bool:
    """Tell whether one of the texts fits one of the shell-style patterns, whatever the case."""
    folded = [fold(pattern) for pattern in patterns]
    return any(fnmatch.fnmatchcase(fold(text), pattern) for text in texts for pattern in folded)
