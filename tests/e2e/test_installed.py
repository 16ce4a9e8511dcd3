"""`bridge` as `uv tool install` and `pipx install` put it: a copy in an environment of its own."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from tests.e2e.test_local_output import ended, read_to

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("pyproject.toml", "README.md", "LICENSE", "layers", "laptop")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a wheel and install it; what it depends on is that of the environment of the tests."""
    place = tmp_path_factory.mktemp("installed")
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, place / "source" / name, ignore=shutil.ignore_patterns("*.egg-info"))
        else:
            (place / "source").mkdir(exist_ok=True)
            shutil.copy(source, place / "source" / name)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(place)]
    subprocess.run([*pip, *build, str(place / "source")], check=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place / "venv")], check=True)
    python = place / "venv" / "bin" / "python"
    (wheel,) = place.glob("*.whl")
    subprocess.run(
        [*pip, "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)], check=True
    )
    (packages,) = (place / "venv" / "lib").glob("python3*/site-packages")
    of_tests = Path(pytest.__file__).parents[1]
    (packages / "dependencies.pth").write_text(f"{of_tests}\n", encoding="utf-8")
    return python.parent / "bridge"


def run(bridge: Path, where: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the installed command in a folder."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [str(bridge), *arguments],
        cwd=where,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_in_a_checkout(installed: Path, tmp_path: Path) -> None:
    """Where one stands in a checkout, or below its root, it works with its files."""
    arguments = ("connections/acme.toml", "events/webhooks/shopify/order-gift.json")
    answers = ["--source", "shopify", "--url", "https://paris.coopcycle.org", "--hours", "Mo-Su 00:00-24:00"]
    answers += ["--timezone", "Europe/Paris", "--country", "FR", "--pickup", "1 Rue de Rivoli, 75004 Paris"]

    mapped = run(installed, ROOT, "map", *arguments)
    below = run(installed, ROOT / "docs", "init", "bloom", *answers, "--connections", str(tmp_path))

    assert (0, "") == (mapped.returncode, mapped.stderr)
    assert '"dropoff"' in mapped.stdout
    assert 0 == below.returncode, below.stderr
    assert 'source   = "shopify"' in (tmp_path / "bloom.toml").read_text(encoding="utf-8")


def test_whole_stack_in_a_checkout(installed: Path, tmp_path: Path) -> None:
    """The local stack runs the functions of the checkout."""
    local = subprocess.Popen(
        [str(installed), "local", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"BRIDGE_LOCAL_STATE": str(tmp_path / "state.json"), "PYTHONUNBUFFERED": "1"},
    )

    told = read_to(local.stdout, "Ready")
    code, _, errors = ended(local)

    assert (0, "") == (code, errors)
    assert any("CoopCycle holds order #1042" in line for line in told)


@pytest.mark.parametrize("command", [["local"], ["init", "bloom"], ["sam-local", "invoke"]])
def test_away_from_a_checkout(installed: Path, tmp_path: Path, command: list[str]) -> None:
    """What needs its files says so, in a sentence; help is there all the same."""
    result = run(installed, tmp_path, *command)
    helped = run(installed, tmp_path, command[0], "-h")

    assert (1, "") == (result.returncode, result.stdout)
    assert f"Error: `bridge {command[0]}` works with the files of a checkout" in result.stderr
    assert str(tmp_path) in result.stderr
    assert (0, "") == (helped.returncode, helped.stderr)


def test_what_needs_no_checkout(installed: Path, tmp_path: Path) -> None:
    """Everything that asks a deployment works anywhere."""
    assert "Commands:" in run(installed, tmp_path, "-h").stdout
    assert "bridge, version " in run(installed, tmp_path, "--version").stdout
    local = run(installed, tmp_path, "orders", "list", "--local")
    assert (1, "") == (local.returncode, local.stdout)
    assert "no local stack is running" in local.stderr


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        (["o"], ["orders"]),
        (["orders", ""], ["list", "show"]),
        (["orders", "list", "--st"], ["--state"]),
        (["orders", "list", "--state", "cr"], ["creating", "created"]),
        (["url", "ac"], ["acme", "acme2"]),
    ],
)
def test_completion_in_bash(installed: Path, typed: list[str], completed: list[str]) -> None:
    """The line that docs/commands.md gives completes commands, options, their values, and connections."""
    (line,) = re.findall(r"^eval .*bash_source.*$", (ROOT / "docs/commands.md").read_text(), re.MULTILINE)
    words = ["bridge", *typed]
    script = [
        line,
        f"COMP_WORDS=({' '.join(map(shlex.quote, words))}) COMP_CWORD={len(typed)}",
        "_bridge_completion bridge",
        r'printf "%s\n" "${COMPREPLY[@]}"',
    ]

    done = subprocess.run(
        ["/bin/bash", "-c", "\n".join(script)],
        cwd=ROOT,
        env=os.environ | {"PATH": f"{installed.parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert completed == done.stdout.split()


def test_extra_of_the_command() -> None:
    """`.[cli]` names what the command needs; all of it is pinned and tested as part of `dev`."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = extras["optional-dependencies"]

    assert set(extras["cli"]) <= set(extras["dev"])
