"""The storm in short: `make chaos` runs it with a thousand orders."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from bridge_laptop.local.runtimes import emulator_binary

ROOT = Path(__file__).resolve().parents[2]


def test_short_storm_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """Forty orders, every fault, three killed functions: the books of shop and CoopCycle agree."""
    emulator_binary()
    command = [sys.executable, "-m", "tests.storm", "--log", str(tmp_path / "functions.log")]
    command += ["--orders", "40", "--kills", "3", "--settle", "2", "--limit", "600"]

    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=700, check=False)

    assert run.stdout.splitlines()[-1:] == ["orders 40, lost 0, doubled 0, wrong state 0"], run.stdout
    assert run.returncode == 0, run.stderr
    assert re.search(r"functions killed +3,", run.stdout)
