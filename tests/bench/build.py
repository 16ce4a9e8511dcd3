"""What is measured: the layer as `make build` makes it, and beside it the same packages as pip leaves them.

Kept in build/bench until what it is made of changes.
"""

from __future__ import annotations

import hashlib
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.support import on_the_layer

ROOT = on_the_layer.ROOT
FOLDER = ROOT / "build" / "bench"
LAYER_SOURCES = ROOT / "layers" / "bridge"
ARCHITECTURE = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())


@dataclass(frozen=True)
class Built:
    """Folders that stand for /opt, with ``python`` below, and for /var/runtime."""

    layer: Path
    floor: Path
    runtime: Path


def build() -> Built:
    """Make what is not there yet, or no longer up to date."""
    requirements = LAYER_SOURCES / "requirements.txt"
    ours = [requirements, LAYER_SOURCES / "Makefile", LAYER_SOURCES / "trim_layer.py"]
    ours += sorted((LAYER_SOURCES / "bridge").rglob("*.py"))
    return Built(
        layer=_made("layer", ours, _layer),
        floor=_made("floor", [requirements], _floor),
        runtime=_made("runtime", [ROOT / "requirements-dev.txt"], _runtime),
    )


def _made(name: str, of: list[Path], make: Callable[[Path], None]) -> Path:
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in of)).hexdigest()
    target, stamp = FOLDER / name, FOLDER / f"{name}.sha256"
    if not (target.is_dir() and stamp.is_file() and stamp.read_text() == digest):
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        make(target)
        stamp.write_text(digest)
    return target


def _run(*command: str) -> None:
    subprocess.run(
        command, cwd=LAYER_SOURCES, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def _layer(target: Path) -> None:
    _run(
        "/usr/bin/make",
        "build-BridgeLayer",
        f"ARTIFACTS_DIR={target}",
        f"ARCHITECTURE={ARCHITECTURE}",
        f"PYTHON={sys.executable}",
    )


def _pip(target: Path, *more: str) -> None:
    platforms = [f"--platform=manylinux{age}_{platform.machine()}" for age in ("2014", "_2_28", "_2_34")]
    _run(
        *(sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--only-binary=:all:"),
        *("--implementation", "cp", "--python-version", "3.13", *platforms, "--target", str(target), *more),
    )


def _floor(target: Path) -> None:
    """Make a layer as one usually does: all that pip leaves, with bytecode."""
    _pip(target / "python", "-r", "requirements.txt")
    flags = ("-q", "--invalidation-mode", "unchecked-hash", "-s", str(target), "-p", "/opt")
    _run(on_the_layer.python(), "-m", "compileall", *flags, str(target / "python"))


def _runtime(target: Path) -> None:
    """Fetch Lambda's own runtime client for its Python."""
    wanted = r"^(?:awslambdaric|simplejson|snapshot-restore-py)==[^\s;]+"
    pinned = re.findall(wanted, (ROOT / "requirements-dev.txt").read_text(), re.MULTILINE)
    _pip(target, "--no-deps", *pinned)
    _run(on_the_layer.python(), "-m", "compileall", "-q", str(target))
