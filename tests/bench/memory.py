"""What each memory size of a function gives: how much is used, how long it takes, what it costs.

Lambda gives a share of a processor by memory, and a whole one until the function is imported
(:mod:`bridge.startup`). The share is given here by a control group's quota, as far as this user may make one;
else what a call takes is reckoned from its CPU time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.cost import price
from tests.bench.measure import Figure
from tests.bench.parts import Bench, batch, median, pushed

WHOLE_PROCESSOR_MB = 1769  # "Configure Lambda function memory", Lambda developer guide
SIZES = (256, 384, 512, 768, 1024, WHOLE_PROCESSOR_MB)
GROUPS = Path("/sys/fs/cgroup/cpu")  # of cgroup v1; in v2 the files are called otherwise
ENVIRONMENTS = 3
PERIOD = 20_000  # microseconds; Lambda's


@contextmanager
def share(megabytes: int) -> Iterator[str | None]:
    """Yield a control group with the processor's share of that memory; nothing where none may be made."""
    group = GROUPS / f"bridge-bench-{os.getpid()}"
    try:
        group.mkdir()
        (group / "cpu.cfs_period_us").write_text(str(PERIOD))
        (group / "cpu.cfs_quota_us").write_text(str(PERIOD * megabytes // WHOLE_PROCESSOR_MB))
    except OSError:
        yield None
        return
    try:
        yield str(group)
    finally:
        group.rmdir()


def memory(bench: Bench, runs: int) -> dict[str, Figure]:
    """Receive and dispatch at each size, and see how much memory that takes at most."""
    bench.slow(230)
    found, number = {}, 30_000_000
    for size in SIZES:
        with share(size) as group:
            for mode, make, label in (
                ("receive", pushed, "receiver, an order of 10 KB"),
                ("dispatch", ten, "dispatcher, a batch of ten, CoopCycle takes 230 ms"),
            ):
                firsts, others = [], []
                for _ in range(ENVIRONMENTS):
                    events = [make(number + 10 * each) for each in range(runs + 1)]
                    number += 10_000
                    came = bench.run(asked(mode, events) | ({"processor": group} if group else {}))
                    clock = came["ours"]["clock"] if group else reckoned(came["ours"], size)
                    firsts.append(clock[0])
                    others += clock[1:]
                found[f"{mode}_{size}mb"] = Figure(
                    f"{label}, at {size} MB",
                    "ms",
                    others,
                    notes={"first_ms": median(firsts), "dollars": dollars(mode, size, median(others))},
                )
    bench.slow(0)
    return found | most(bench, number)


def ten(first: int) -> dict[str, Any]:
    """Return a batch."""
    return batch(*range(first, first + 10))


def asked(mode: str, events: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what the child program is to do."""
    return {"mode": mode, "events": events, "item": "", "body": "{}"}


def reckoned(times: dict[str, list[float]], size: int) -> list[float]:
    """Return how long calls would have taken with that share: waiting as before, computing more slowly."""
    share_of_one = min(1.0, size / WHOLE_PROCESSOR_MB)
    both = zip(times["clock"], times["cpu"], strict=True)
    return [clock - cpu + cpu / share_of_one for clock, cpu in both]


def dollars(mode: str, size: int, taken_ms: float) -> float:
    """Return what a million orders cost by their time."""
    orders = 10 if mode == "dispatch" else 1
    return price("Lambda on arm64, a GB-second") * size / 1024 * taken_ms / 1000 * 1e6 / orders


def most(bench: Bench, number: int) -> dict[str, Figure]:
    """Return the most memory that each function took, with the largest bodies too."""
    found = {}
    for mode, events in (
        ("receive", [pushed(number), pushed(number + 1, 900)]),
        ("dispatch", [ten(number + 10), batch(*range(number + 20, number + 30), kilobytes=900)]),
    ):
        came = bench.run(asked(mode, events))
        found[f"most_{mode}"] = Figure(
            f"{mode}: the most memory, bodies up to 900 KB", "MB", [float(came["most_mb"])]
        )
    return found
