"""The recordings are the contract: the sandbox answers each recorded request as the real CoopCycle did.

A file is one run from a fresh state, and one test. `contract/kinds.py` says what is compared by its kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from tests.sandbox.contract import recordings
from tests.sandbox.contract.sandbox import replay_file

from bridge_laptop.sandbox.server import SandboxServer

# Where the sandbox differs on purpose: file and line, and why. One that differs no longer has to go.
ON_PURPOSE: dict[tuple[str, int], str] = {}
EXCHANGES = 468


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with SandboxServer() as server:
        yield server.url


@pytest.mark.parametrize("file", recordings.names())
def test_the_sandbox_answers_as_recorded(
    url: str, file: str, record_property: Callable[[str, object], None]
) -> None:
    """Every exchange of the file is asked, in its order, over a socket; none is skipped."""
    asked, wrong = 0, []
    for exchange, differences in replay_file(url, file):
        asked += 1
        purpose = ON_PURPOSE.get((file, exchange.line))
        if purpose is not None and not differences:
            wrong.append(f"{exchange}: does not differ any more, although {purpose}")
        elif purpose is None and differences:
            wrong.append(f"{exchange}: " + "; ".join(differences))
    record_property("exchanges", (asked, len(wrong)))  # tests/conftest.py sums them up
    assert asked == lines_of(file)
    assert not wrong, f"{len(wrong)} of {asked} differ:\n" + "\n".join(wrong)


def lines_of(file: str) -> int:
    """Count a file's exchanges by its lines, without reading them."""
    text = (recordings.FOLDER / f"{file}.json").read_text(encoding="utf-8")
    return sum(line.startswith('{"as": ') for line in text.split("\n"))


def test_no_exchange_is_left_out() -> None:
    """The files hold as many exchanges as were recorded, and the README says how many."""
    assert sum(lines_of(file) for file in recordings.names()) == EXCHANGES
    assert f"{EXCHANGES} exchanges" in (recordings.FOLDER / "README.md").read_text(encoding="utf-8")


def test_what_differs_on_purpose_is_little_and_says_why() -> None:
    """At most five, each in a file that exists."""
    assert len(ON_PURPOSE) <= 5
    assert {file for file, _ in ON_PURPOSE} <= set(recordings.names())
    assert all(why.strip() for why in ON_PURPOSE.values())


def test_an_exchange_is_one_line_and_its_name_is_known() -> None:
    """A file and a line find an exchange."""
    for file in recordings.names():
        lines = (recordings.FOLDER / f"{file}.json").read_text(encoding="utf-8").split("\n")
        for exchange in recordings.read(file):
            assert f'"path": "{exchange.path}"' in lines[exchange.line - 1]
