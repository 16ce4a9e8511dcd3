"""Imports run one way, and the path on which a sender waits imports nothing heavy."""

from __future__ import annotations

import ast
import graphlib
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
LAYER = ROOT / "layers" / "bridge" / "bridge"

# The layer's folders, from the ground up: each imports from those above it in this list, from none below.
# docs/layout.md says what each is for.
FLOORS = (
    "reasons",
    "errors",
    "metrics",
    "model",
    "http_hosts",
    "languages",
    "text",
    "document",
    "addresses",  # how one is written
    "schedule",  # opening hours, windows, the time that a buyer chose
    "fields",  # JMESPath into a sender's document
    "coopcycle",  # CoopCycle's wire, nothing of AWS
    "sources",  # a file for each sender
    "connections",  # settings and secrets
    "planning",  # document -> order -> ours? -> when -> the delivery
    "receiving",  # what comes in, what goes on the queue
    "dispatching",  # the record's state machine, the worker
    "settings",
    "telemetry",
    "aws",  # the adapters
    "runtime",  # the composition root
    "startup",  # what is made while an environment starts
    "operator",  # what people do with it
    "console",  # the page for dispatchers
)

# Who may import what is not ours; the standard library and small libraries are free.
RESERVED = {
    "boto3": ("bridge.console.composition",),
    "botocore": ("bridge.aws", "bridge.runtime"),
    "aws_lambda_powertools": ("bridge.telemetry",),
    "requests": ("bridge.coopcycle", "bridge.sources.shared.shop_api"),
    "urllib3": ("bridge.coopcycle.transport", "bridge.sources.shared.shop_api"),
    "phonenumbers": ("bridge.planning.phone",),
}
EXCEPTIONS = {
    ("bridge.dispatching.worker", "botocore.exceptions")
}  # tells AWS's failures from our own mistakes
HEAVY = ("pydantic", "requests", "phonenumbers", "boto3")


def is_in(module: str, packages: tuple[str, ...]) -> bool:
    """Tell whether a module is one of these, or in one of these."""
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def floor(module: str) -> int:
    """Return how high a module of ours lies: the layer's folders, then the callers."""
    parts = module.split(".")
    if parts[0] != "bridge":
        return len(FLOORS)
    return FLOORS.index(parts[1]) if len(parts) > 1 else 0


def files() -> dict[str, Path]:
    """Return every file of ours that is not a test, by its module's name."""
    found = {}
    for folder in (LAYER, ROOT / "laptop" / "bridge_laptop", ROOT / "functions"):
        for file in folder.rglob("*.py"):
            parts = file.relative_to(folder.parent).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


FILES = files()
STATEMENTS = ("body", "orelse", "handlers", "finalbody", "cases")  # where others stand, an import among them


def imports(file: Path) -> Iterator[str]:
    """Yield what a file imports when it runs, at its top or later; not what the type checker alone reads."""
    todo: list[ast.AST] = [ast.parse(file.read_text(encoding="utf-8"))]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            todo += node.orelse
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: a relative import"
            assert node.module is not None
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in FILES else node.module
        todo += (each for part in STATEMENTS for each in getattr(node, part, ()))


@cache
def graph() -> dict[str, list[str]]:
    """Return what each module imports."""
    return {module: sorted(set(imports(file))) for module, file in FILES.items()}


BRIDGE = sorted(module for module in FILES if is_in(module, ("bridge",)))


def test_something_is_looked_at() -> None:
    """The layer, the functions and the laptop are all found, with what they import."""
    assert {"bridge", "bridge_laptop", "functions"} == {module.split(".")[0] for module in FILES}
    assert "bridge.planning.mapping" in graph()["bridge.planning.plan"]
    assert "bridge.coopcycle.client" in graph()["bridge.runtime"], "imports inside functions count"


def test_every_folder_has_its_floor() -> None:
    """The list above names each folder and module of the layer, and nothing that is gone."""
    assert sorted(FLOORS) == sorted({module.split(".")[1] for module in BRIDGE if module != "bridge"})


def test_imports_run_down() -> None:
    """No folder imports one that lies higher, so there is no circle of folders."""
    climbs = [
        f"{module} -> {other}"
        for module, others in graph().items()
        for other in others
        if other in FILES and floor(other) > floor(module)
    ]

    assert [] == climbs


def test_no_module_imports_itself_by_a_detour() -> None:
    """There is no circle in the layer, not even by an import inside a function."""
    ours = {module: [other for other in graph()[module] if other in FILES] for module in BRIDGE}

    assert len(BRIDGE) == len(list(graphlib.TopologicalSorter(ours).static_order()))


def test_libraries_stay_where_they_belong() -> None:
    """AWS is known to its adapters and the composition root, HTTP to two modules, and so on."""
    strays = [
        f"{module} imports {other}"
        for module in BRIDGE
        for other in graph()[module]
        if other.split(".")[0] in RESERVED
        and (module, other) not in EXCEPTIONS
        and not is_in(module, RESERVED[other.split(".")[0]])
    ]

    assert [] == strays


def test_functions_know_nothing_of_the_laptop_or_each_other() -> None:
    """What is deployed as a function is one file that stands on the layer alone."""
    functions = [module for module in FILES if is_in(module, ("functions",))]
    strays = [
        f"{module} imports {other}"
        for module in functions
        for other in graph()[module]
        if other in FILES and not is_in(other, ("bridge",))
    ]

    assert functions
    assert [] == strays


def test_receiving_imports_nothing_heavy() -> None:
    """The receiving function, built and with every source it may need, has none of the worker's libraries."""
    program = f"""
import sys
from functions.receive_webhook import app
from bridge import runtime, sources
runtime.receiver()
for name in sources.NAMES:
    sources.get(name)
heavy = {HEAVY!r}
print(*sorted(name for name in heavy if name in sys.modules), app.lambda_handler is not None)
"""
    environ = {
        "PATH": os.environ["PATH"],
        "CONNECTIONS_PATH": "/bridge/dev",
        "CONNECTION_IDS_PATH": "/bridge/dev/connection-ids",
        "WEBHOOKS_QUEUE_URL": "https://sqs.eu-west-3.amazonaws.com/123456789012/webhooks.fifo",
        "AWS_DEFAULT_REGION": "eu-west-3",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
    }

    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )

    assert "True\n" == done.stdout, done.stderr
