"""`make bench`: measure everything, print a table and the goals, and write tests/bench/results.json.

``--page`` writes docs/performance.md from what stands there, without measuring. ``--quick`` measures each thing
a few times, to see that it works.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench import cold, memory, page, parts, sizes, whole
from tests.bench.build import build
from tests.bench.goals import GOALS
from tests.bench.measure import Figure
from tests.support.connecting import at_all_hours
from tests.support.place import place

RESULTS = Path(__file__).parent / "results.json"


def main() -> int:
    """Measure, or only write the page."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--page", action="store_true", help="only write docs/performance.md")
    parser.add_argument("--quick", action="store_true", help="few runs, written nowhere")
    asked = parser.parse_args()
    if not asked.page:
        run = measured(quick=asked.quick)
        report(run)
        if asked.quick:
            return 0
        RESULTS.write_text(json.dumps(run, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    page.PAGE.write_text(page.made(json.loads(RESULTS.read_text(encoding="utf-8"))), encoding="utf-8")
    return 0


def measured(*, quick: bool) -> dict[str, Any]:
    """Take every figure once over."""
    few = 4 if quick else 1
    began = time.monotonic()
    figures: dict[str, Figure] = {}
    built = build()
    where = parts.machine()
    with parts.coopcycle() as coopcycle, place() as made:
        made.connect("acme", at_all_hours(coopcycle))
        bench = parts.Bench(built, made, coopcycle)
        parts.know(bench, 1)
        steps = (
            lambda: {"layer": sizes.layer_size(built)},
            lambda: parts.calls(bench),
            lambda: sizes.item_sizes(bench),
            lambda: sizes.logged_at_warning(bench),
            lambda: parts.warm_receiver(bench, 100 // few),
            lambda: parts.dispatcher(bench, 20 // few),
            lambda: cold.cold_starts(bench, 9 // few),
            lambda: parts.tokens(bench),
            lambda: parts.growth(bench, 20 // few),
            lambda: memory.memory(bench, 5 // few),
        )
        for step in steps:
            figures |= shown(step())
        starts = cold.Starts(bench)
        imported = {name: cold.as_json(cold.imports(bench, name)) for name in cold.BUILT}
    figures |= shown(whole.whole_path(300 // few))
    return {
        "taken_at": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "took_seconds": round(time.monotonic() - began),
        "machine": where,
        "cold_starts_in": "a namespace with the layer at /opt and the function at /var/task, read-only"
        if starts.mounts
        else "PYTHONPATH alone: this user may not mount",
        "imports_ms": imported,
        "names": {key: figure.name for key, figure in figures.items()},
        "figures": {key: figure.as_json() for key, figure in figures.items()},
    }


def shown(found: dict[str, Figure]) -> dict[str, Figure]:
    """Print figures as they come."""
    for figure in found.values():
        told = figure.as_json()
        ratio = f"  {told['ratio']} × {told['floor']}" if "ratio" in told else ""
        spread = f"({told['low']} to {told['high']})" if len(figure.ours) > 1 else ""
        print(f"{figure.name}: {told['median']} {figure.unit} {spread}{ratio}", flush=True)
    return found


def report(run: dict[str, Any]) -> None:
    """Print the goals."""
    print(f"\n{run['took_seconds']} s; cold starts in {run['cold_starts_in']}")
    for goal in GOALS:
        print(goal.line(run))


if __name__ == "__main__":
    sys.exit(main())
