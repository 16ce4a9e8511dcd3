"""What a reader may count on in every file."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("layers", "functions", "laptop", "tests/support", "tests/storm")
LONGEST = 400  # lines


def test_no_file_is_long() -> None:
    """A file that needs more lines has two things in it."""
    files = [file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py")]
    lengths = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in files}

    assert len(files) > 200
    assert {} == {str(file): lines for file, lines in lengths.items() if lines > LONGEST}
