"""What the documentation says of the code is held against the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bridge_laptop import readme
from bridge_laptop import template as sam
from bridge_laptop.cli.main import COMMANDS

ROOT = Path(__file__).parents[2]
DOCUMENTS = (readme.README, readme.SANDBOX, *sorted((ROOT / "docs").glob("*.md")))
TEXT = "\n".join(document.read_text(encoding="utf-8") for document in DOCUMENTS)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.parent.name + document.name)
def test_generated_parts_are_those_of_the_code(document: Path) -> None:
    """`make readme` would change nothing."""
    text = document.read_text(encoding="utf-8")

    assert readme.filled(text) == text


def test_every_marker_is_filled() -> None:
    """No part that is made from the code is left out, or left empty."""
    assert set(readme.PARTS) == set(re.findall(r"made by `make readme`: ([a-z-]+)", TEXT))
    assert TEXT.count("made by `make readme`:") == TEXT.count("<!-- end -->")


def test_tests_that_are_named_exist() -> None:
    """Each row of "What happens when" names a test that there is."""
    there = {
        name
        for file in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"def (test_\w+)", file.read_text(encoding="utf-8"))
    }
    named = set(re.findall(r"`(test_\w+)`", TEXT))

    assert len(named) > 15
    assert named <= there


def test_every_alarm_and_parameter_is_explained() -> None:
    """Whoever an alarm wakes finds its line, whoever deploys each parameter."""
    template = sam.load()
    names = [*sam.resources(template, "AWS::CloudWatch::Alarm"), *template["Parameters"]]

    assert [] == [name for name in names if f"`{name}`" not in TEXT]


def test_links_lead_somewhere() -> None:
    """A link into the repository points to a file that there is."""
    for document in DOCUMENTS:
        links = re.findall(r"\]\((?!http)([^)#]+)\)", document.read_text(encoding="utf-8"))
        assert [] == [link for link in links if not (document.parent / link).exists()]


def test_commands_that_are_shown_exist() -> None:
    """Every `bridge …` of the documentation is a command, every `make …` a target."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    commands = set(re.findall(r"(?:^|`|/bin/)bridge ([a-z-]+)", TEXT, re.MULTILINE))
    targets = set(re.findall(r"(?:`|^)make ([a-z-]+)", TEXT, re.MULTILINE))

    assert commands <= set(COMMANDS)
    assert [] == [target for target in targets if f"\n{target}:" not in makefile]
