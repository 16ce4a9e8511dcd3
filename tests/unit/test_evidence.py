"""What the documentation and the code say of CoopCycle carries its evidence, and the evidence is there.

`[recorded: FILE, WHICH]` names an exchange of `tests/sandbox/recordings`, as its README tells.
`[upstream: PATH]` names a file of coopcycle-web in which the claim is tested or can be read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.sandbox.contract import recordings

ROOT = Path(__file__).parents[2]
CODE = ("layers", "laptop", "functions", "tests")
WHERE = ("README.md", "docs/**/*.md", *(f"{top}/**/*.py" for top in CODE))
RECORDED = re.compile(r"\[recorded: ([a-z_]+), ([^\]]+)\]")
UPSTREAM = re.compile(r"\[upstream: ([^\]]+)\]")
LEAST = 40


def texts() -> Iterator[tuple[Path, str]]:
    """Yield each file with its lines joined, so that a reference may stand on two of them."""
    for pattern in WHERE:
        for path in ROOT.glob(pattern):
            if path != Path(__file__) and "site-packages" not in path.parts:
                yield path, re.sub(r"\s*\n\s*(?:#:?\s+)?", " ", path.read_text(encoding="utf-8"))


def references() -> list[tuple[str, str, str]]:
    """Return each reference: the file it stands in, the recording, and which exchange."""
    return [
        (str(path.relative_to(ROOT)), found[1], found[2])
        for path, text in texts()
        for found in RECORDED.finditer(text)
    ]


def is_there(file: str, which: str) -> bool:
    """Say whether a recording holds an exchange that is called so."""
    if file == recordings.OUTGOING:
        return which in json.loads((recordings.FOLDER / f"{file}.json").read_text(encoding="utf-8"))
    if file not in recordings.names():
        return False
    parts = [re.escape(part) for part in which.split("…")]
    wanted = re.compile(".*".join(parts))
    return any(wanted.fullmatch(each.called) for each in recordings.read(file))


@pytest.mark.parametrize(("where", "file", "which"), sorted(set(references())))
def test_a_reference_leads_to_an_exchange(where: str, file: str, which: str) -> None:
    assert is_there(file, which), f"{where}: no exchange of {file} is called {which!r}"


def test_there_is_evidence_at_all() -> None:
    """The search finds references, also those that stand on two lines."""
    assert len(references()) >= LEAST


@pytest.mark.parametrize(
    ("file", "which"),
    [("change", "no such note"), ("nowhere", "metadata"), ("listing", "GET /nowhere"), ("change", "meta")],
)
def test_a_reference_that_leads_nowhere_is_found(file: str, which: str) -> None:
    assert not is_there(file, which)


def test_upstream_references_are_paths_of_coopcycle_web() -> None:
    """Its features, sources or configuration; no address that may move."""
    found = [each for _, text in texts() for each in UPSTREAM.findall(text)]
    assert all(re.fullmatch(r"(features|src|config|docker|docs)/[\w./-]+", each) for each in found), found
