"""What the documentation and the code say of CoopCycle carries its evidence, and the evidence is there.

`tests/sandbox/recordings/README.md` tells how an exchange is referred to; a file of coopcycle-web in which a
claim is tested, or can be read, is referred to by `upstream` and its path.
"""

from __future__ import annotations

import io
import json
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from tests.sandbox.contract import recordings

ROOT = Path(__file__).parents[2]
CODE = ("layers", "laptop", "functions", "tests")
WHERE = ("README.md", "docs/**/*.md", "laptop/**/*.md", *(f"{top}/**/*.py" for top in CODE))
CLAIM = re.compile(r"\b[Rr]ecorded: (?=[a-z_*\"])")
UPSTREAM = re.compile(r"\([Uu]pstream: ([^)]+)\)")
REFERS = re.compile(r"[Rr]ecorded:|[Uu]pstream:")
TOKEN = re.compile(r'"([^"]+)"|(\b[a-z_]+\b\*?)')
END = re.compile(r'"[^"]*"|(\.(?=\s|"""|$)|\n\n|""")')
LEAST = 80


def texts() -> Iterator[tuple[str, str]]:
    """Yield each document, and the strings and comments of each file of code, that refer to evidence."""
    for pattern in WHERE:
        for path in ROOT.glob(pattern):
            if path != Path(__file__):
                text = path.read_text(encoding="utf-8")
                if REFERS.search(text) is None:
                    continue
                yield str(path.relative_to(ROOT)), said(text) if path.suffix == ".py" else text


def said(code: str) -> str:
    """Return what a file of code says to people; comments that follow each other are one text."""
    pieces = []
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.COMMENT:
            pieces.append(token.string.lstrip("#: ") + " ")
        elif token.type == tokenize.STRING:
            pieces.append("\n\n" + token.string + "\n\n")
        elif token.type not in {tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}:
            pieces.append("\n\n")
    return re.sub(r"(?<!\n)\n[ \t]*(?!\n)", " ", "".join(pieces))


def claims(text: str) -> Iterator[str]:
    """Yield what follows each "recorded:", up to the end of its sentence."""
    joined = re.sub(r"(?<!\n)\n[ \t]*(?![\n|-])", " ", text)
    for found in CLAIM.finditer(joined):
        rest = joined[found.end() : found.end() + 600]
        ends = [end.start(1) for end in END.finditer(rest) if end[1]]
        yield upto_parenthesis(rest[: ends[0]] if ends else rest)


def upto_parenthesis(text: str) -> str:
    """Cut a text where a parenthesis closes that was opened before it."""
    depth, quoted = 0, False
    for index, character in enumerate(text):
        quoted ^= character == '"'
        depth += 0 if quoted else {"(": 1, ")": -1}.get(character, 0)
        if depth < 0:
            return text[:index]
    return text


def problems(claim: str) -> list[str]:
    """Say what of a claim leads nowhere: its file, or an exchange that it names."""
    file, wrong = "", []
    for which, word in TOKEN.findall(claim):
        if word in {*recordings.names(), recordings.OUTGOING}:
            file = word
        elif not file:
            return [f"{which or word!r} is no recording"]
        elif which and which not in called(file):
            wrong.append(f"no exchange of {file} is called {which!r}")
    return wrong if file else ["names no recording"]


class Called(tuple[str, ...]):
    """The names of exchanges; one with "…" in it stands for those that fit."""

    __slots__ = ()

    def __contains__(self, which: object) -> bool:
        wanted = re.compile(".*".join(re.escape(part) for part in str(which).split("…")))
        return any(wanted.fullmatch(name) for name in self)


@cache
def called(file: str) -> Called:
    """Return how the exchanges of a recording are called."""
    if file == recordings.OUTGOING:
        return Called(json.loads((recordings.FOLDER / f"{file}.json").read_text(encoding="utf-8")))
    return Called(each.called for each in recordings.read(file))


TEXTS = list(texts())
CLAIMS = [(where, claim) for where, text in TEXTS for claim in claims(text)]


@pytest.mark.parametrize(("where", "claim"), CLAIMS, ids=[where for where, _ in CLAIMS])
def test_what_is_called_recorded_is_recorded(where: str, claim: str) -> None:
    """Each file and each exchange that a claim names is there."""
    assert problems(claim) == [], f"{where}: recorded: {claim}"


def test_there_is_evidence_at_all() -> None:
    """The search finds claims, in documents and in code."""
    assert len(CLAIMS) >= LEAST
    for folder in ("docs/", "layers/", "laptop/"):
        assert any(where.startswith(folder) for where, _ in CLAIMS)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ('It merges (recorded: change, "metadata").', []),
        ('It merges (recorded: change,\n    "metadata"; and cancel, "again").', []),
        ('Recorded: listing, "GET …?page=2". What follows has "quotes".', []),
        ("Recorded: webhooks.", []),
        ('(recorded: phones, create_addresses ("empty phone")) and "more"', []),
        ('It splits (recorded: change, "metadata split").', ["metadata split"]),
        ('(recorded: changes, "metadata")', ["changes"]),
        ('(recorded: "metadata")', ["metadata"]),
        ('(recorded: change, "metadata"; cancel, "metadata")', ["cancel"]),
        ("Recorded: create_*.", ["create_"]),
    ],
)
def test_a_reference_that_leads_nowhere_is_found(text: str, wrong: list[str]) -> None:
    found = [problem for claim in claims(text) for problem in problems(claim)]
    assert len(found) == len(wrong)
    assert all(word in problem for word, problem in zip(wrong, found, strict=True))


def test_upstream_references_are_paths_of_coopcycle_web() -> None:
    """Its features, sources or configuration; no address that may move."""
    found = [each for _, text in TEXTS for each in UPSTREAM.findall(text)]
    assert all(re.fullmatch(r"(features|src|config|docker|docs)/[\w./-]+", each) for each in found), found
