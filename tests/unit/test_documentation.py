"""What the documentation says of the code is held against the code."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from tests.unit.test_imports import FLOORS

from bridge.dispatching.record import State
from bridge.reasons import Reason
from bridge_laptop import generate_docs, sam_template

ROOT = Path(__file__).parents[2]
DOCUMENTS = generate_docs.DOCUMENTS
LAYOUT = (ROOT / "docs" / "layout.md").read_text(encoding="utf-8")
TEXT = "\n".join(document.read_text(encoding="utf-8") for document in DOCUMENTS)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.parent.name + document.name)
def test_generated_parts_are_those_of_the_code(document: Path) -> None:
    """`make readme` would change nothing."""
    text = document.read_text(encoding="utf-8")

    assert generate_docs.filled(text) == text


def test_the_schema_is_as_made() -> None:
    """`make readme` writes it from the types that are printed, and it is a schema."""
    text = generate_docs.SCHEMA.read_text(encoding="utf-8")

    assert generate_docs.schema_text() == text
    Draft202012Validator.check_schema(json.loads(text))


def test_every_marker_is_filled() -> None:
    """No part that is made from the code is left out, or left empty."""
    assert set(generate_docs.PARTS) == set(re.findall(r"made by `make readme`: ([a-z-]+)", TEXT))
    assert TEXT.count("made by `make readme`:") == TEXT.count("<!-- end -->")


def test_tests_that_are_named_exist() -> None:
    """A test of which the documentation speaks is one that there is."""
    there = {name for file in (ROOT / "tests").rglob("test_*.py") for name in names_in(file)}
    named = set(re.findall(r"`(test_\w+)`", TEXT)) - set(Reason)  # "test_order" is a reason

    assert named <= there


@pytest.mark.parametrize(("page", "at_least"), [("architecture.md", 30), ("security.md", 60)])
def test_each_line_names_its_tests(page: str, at_least: int) -> None:
    """Each line of what is promised ends with links to the files of its tests, and they are in there."""
    document = ROOT / "docs" / page
    lines = proven_lines(document.read_text(encoding="utf-8"))

    assert at_least <= len(lines)
    for line, cell in lines:
        named = re.findall(r"\[`(test_\w+)`\]\(([^)#]+)\)", cell)
        assert cell == ", ".join(f"[`{name}`]({file})" for name, file in named) != "", line
        assert [] == [name for name, file in named if name not in names_in(document.parent / file)], line


def proven_lines(text: str) -> list[tuple[str, str]]:
    """Return the lines of the tables whose last column is "test", each with that column."""
    found: list[tuple[str, str]] = []
    is_proven = False
    for line in text.splitlines():
        if not line.startswith("|"):
            is_proven = False
        elif line.endswith("| test |"):
            is_proven = True
        elif is_proven and not line.startswith("|---"):
            found.append((line, line.removesuffix(" |").rpartition(" | ")[2]))
    return found


def names_in(file: Path) -> set[str]:
    """Return the tests of a file; none when there is no such file."""
    return (
        set(re.findall(r"^def (test_\w+)", file.read_text("utf-8"), re.MULTILINE)) if file.exists() else set()
    )


def test_every_state_is_in_the_diagram() -> None:
    """The life of an order knows the states that a record may have."""
    diagram = generate_docs.order_states()

    assert [] == [state for state in State if not re.search(rf"\b{state}\b", diagram)]


def test_every_alarm_and_parameter_is_explained() -> None:
    """Whoever an alarm wakes finds its line, whoever deploys each parameter."""
    template = sam_template.load()
    names = [*sam_template.resources(template, "AWS::CloudWatch::Alarm"), *template["Parameters"]]

    assert [] == [name for name in names if f"`{name}`" not in TEXT]


def test_links_lead_somewhere() -> None:
    """A link into the repository points to a file that there is."""
    for document in DOCUMENTS:
        links = re.findall(r"\]\((?!http)([^)#]+)\)", document.read_text(encoding="utf-8"))
        assert [] == [link for link in links if not (document.parent / link).exists()]


def test_readme_is_short() -> None:
    """What it is, how to try, deploy and connect, and where the rest stands: no more."""
    assert len(generate_docs.README.read_text(encoding="utf-8").splitlines()) <= 130


def test_what_is_to_be_changed_stands_where_the_layout_says() -> None:
    """Each of the twelve changes names one file that there is, and what it defines."""
    _, _, table = LAYOUT.partition("## Where do I change")
    rows = re.findall(r"^\| (.+) \| \[.+?\]\((.+?)\) \| `(\w+)` \|$", table, re.MULTILINE)

    assert 12 == len(rows)
    for what, file, name in rows:
        begins = rf"^\s*(?:(?:def|class) )?{name}[(:]"  # in Python, or in YAML
        assert re.search(begins, (ROOT / "docs" / file).read_text(encoding="utf-8"), re.MULTILINE), what


def test_layout_lists_the_folders_of_the_layer_in_their_order() -> None:
    """The table is the list that holds the direction of the imports."""
    _, _, table = LAYOUT.partition("from the ground up")
    cells = re.findall(r"^\| (`.+?`) \|", table.partition("## ")[0], re.MULTILINE)
    named = [name.removesuffix(".py").rstrip("/") for cell in cells for name in re.findall(r"`(.+?)`", cell)]

    assert named == list(FLOORS)
