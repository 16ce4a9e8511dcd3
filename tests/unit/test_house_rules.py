"""What a reader may count on in every file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("layers", "functions", "laptop", "tests", "examples")
LONGEST = 400  # lines


def test_no_file_is_long() -> None:
    """A file that needs more lines has two things in it."""
    files = [file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py")]
    lengths = {str(file.relative_to(ROOT)): len(file.read_text("utf-8").splitlines()) for file in files}

    assert len(files) > 400
    assert not {file for file, lines in lengths.items() if lines > LONGEST}


@pytest.mark.parametrize(
    "name", ["requirements-dev.txt", "requirements-sam.txt", "layers/bridge/requirements.txt"]
)
def test_every_requirement_is_one_file_of_one_version(name: str) -> None:
    """What a registry serves under a known name and version is compared with what we have seen."""
    logical = (ROOT / name).read_text("utf-8").replace("\\\n", " ").splitlines()
    requirements = [line for line in logical if re.match(r"\w", line)]

    assert len(requirements) > 5
    assert [] == [line for line in requirements if not re.match(r"[\w.\[\]-]+==\S+ .*--hash=sha256:", line)]


@pytest.mark.parametrize("name", ["Makefile", "layers/bridge/Makefile"])
def test_nothing_is_installed_without_its_hash(name: str) -> None:
    """Pip refuses what has none; but for the package itself, and the tool that writes the hashes."""
    commands = (ROOT / name).read_text("utf-8").replace("\\\n", " ").splitlines()
    installing = [line for line in commands if "pip install" in line]

    assert installing
    for line in installing:
        assert "--require-hashes" in line or line.endswith(("--editable .", "install --quiet uv")), line
