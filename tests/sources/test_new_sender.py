"""The guide in docs/contributing.md: whoever types it in has a source that passes the tests."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/contributing.md").read_text(encoding="utf-8").partition("## A new sender")[2]
FILES = dict(re.findall(r"^`([\w/.-]+)`\n\n```\w+\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL))
COMMAND = re.findall(r"^ *\.venv/bin/pytest (\S+)\{(\S+)\}(\S+) -k my-shop$", GUIDE, re.MULTILINE)
SOURCE = "layers/bridge/bridge/sources/my_shop.py"


def test_the_guides_source_passes_the_contract(tmp_path: Path) -> None:
    """In a copy of the tree with the files of the guide, its command is green and skips nothing."""
    for folder in ("layers/bridge/bridge", "tests/support", "tests/sources"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("conftest.py"))
    for path, text in FILES.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    ((start, names, end),) = COMMAND
    contract = [f"{start}{name}{end}" for name in names.split(",")]

    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-k", "my-shop", *contract],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{tmp_path / 'layers/bridge'}"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout + run.stderr
    assert re.search(r"^[4-9]\d passed, \d+ deselected", run.stdout, re.MULTILINE), run.stdout


def test_the_guides_source_is_clean() -> None:
    """The linter finds nothing in it that it would not find in a file of ours."""
    command = [sys.executable, "-m", "ruff", "check", "--stdin-filename", str(ROOT / SOURCE), "-"]
    found = subprocess.run(command, input=FILES[SOURCE], capture_output=True, text=True, check=False)

    assert found.returncode == 0, found.stdout
