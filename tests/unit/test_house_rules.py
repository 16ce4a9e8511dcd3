"""What a reader may count on in every file."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("layers", "functions", "laptop", "tests", "examples")
LONGEST = 400  # lines


def test_no_file_is_long() -> None:
    """A file that needs more lines has two things in it."""
    files = [file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py")]
    lengths = {str(file.relative_to(ROOT)): len(file.read_text("utf-8").splitlines()) for file in files}

    assert len(files) > 400
    assert not {file for file, lines in lengths.items() if lines > LONGEST}
