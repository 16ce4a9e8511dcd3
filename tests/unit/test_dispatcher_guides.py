"""The guides for dispatchers say the same in three languages, in the page's own words, without a terminal."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bridge.console.values import Standing
from bridge.console.words import words

DOCS = Path(__file__).parents[2] / "docs"
GUIDES = {"en": "dispatcher.md", "fr": "dispatcher.fr.md", "es": "dispatcher.es.md"}
BUTTONS = ("redrive", "replay", "close", "discard")
each_language = pytest.mark.parametrize("language", GUIDES)


def lines(language: str) -> list[str]:
    """Return a guide's lines."""
    return (DOCS / GUIDES[language]).read_text(encoding="utf-8").splitlines()


def rows(language: str) -> list[list[str]]:
    """Return the cells of every row of a guide's tables."""
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in lines(language) if line[:1] == "|"
    ]


def shape(language: str) -> list[str]:
    """Return what each line is: a heading of some depth, a row of some width, a text, or nothing."""
    kinds = []
    for line in lines(language):
        heading = re.match(r"#+", line)
        kinds.append(
            heading[0] if heading else f"row {line.count('|')}" if line[:1] == "|" else str(bool(line))
        )
    return kinds


@each_language
def test_the_guides_have_one_shape(language: str) -> None:
    """The same headings, paragraphs and rows in the same order."""
    assert shape("en") == shape(language)


@each_language
def test_states_and_buttons_are_those_of_the_page(language: str) -> None:
    """Each state that the page shows has its row, under the word that the page has for it."""
    told = words(language)
    first = [row[0] for row in rows(language)]

    expected = [told.raw(f"standing.{state}.word") for state in Standing]
    assert sorted(expected) == sorted(first[2 : 2 + len(Standing)])
    assert [told.raw(f"do.{button}") for button in BUTTONS] == first[-len(BUTTONS) :]


@each_language
def test_no_terminal(language: str) -> None:
    """No command and no code: whoever reads it has a browser."""
    assert "`" not in "\n".join(lines(language))
