"""What a reader may count on in every file."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("layers", "functions", "laptop", "tests", "examples")
LONGEST = 400  # lines
STILL_LONG = {  # the tests of the senders
    "tests/sources/test_sources.py",
    *(
        f"tests/unit/test_{sender}.py"
        for sender in (
            "adobe_commerce_source",
            "bigcommerce_source",
            "form_sources",
            "prestashop_source",
            "shopify_source",
            "square_source",
            "squarespace_source",
            "wix_source",
            "woocommerce_source",
        )
    ),
}


def test_no_file_is_long() -> None:
    """A file that needs more lines has two things in it."""
    files = [file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py")]
    lengths = {str(file.relative_to(ROOT)): len(file.read_text("utf-8").splitlines()) for file in files}

    assert len(files) > 400
    assert STILL_LONG == {file for file, lines in lengths.items() if lines > LONGEST}
