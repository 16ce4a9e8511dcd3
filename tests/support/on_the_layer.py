"""Programs under Lambda's Python with the built layer on the path and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
ACCOUNT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-west-3",
    "AWS_REGION": "eu-west-3",
}


@cache
def python() -> str:
    """Return a Python of Lambda's version, as the layer's build finds it.

    Raises:
        subprocess.CalledProcessError: there is none on this machine.

    """
    found = subprocess.run(
        ["/bin/sh", "./find-python"],
        cwd=ROOT / "layers" / "bridge",
        capture_output=True,
        text=True,
        check=True,
    )
    return found.stdout.strip()


def environment(layer: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment variables of a function that stands on this layer alone."""
    return {
        "PATH": os.defpath,
        "PYTHONPATH": str(layer),
        "PYTHONDONTWRITEBYTECODE": "1",
        **ACCOUNT,
        **(more or {}),
    }


def run(program: Path, asked: Any, *, layer: Path, environ: Mapping[str, str]) -> Any:
    """Run a program that reads JSON and prints JSON as its last line; ``-S``: no site-packages.

    Raises:
        AssertionError: it failed; the text is what it wrote.

    """
    done = subprocess.run(
        [python(), "-S", "-s", str(program)],
        input=json.dumps(asked),
        env=environment(layer, environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])
