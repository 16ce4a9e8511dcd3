"""``python -m tests.storm``: one run, its table, and the line that counts."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import click
from tests.storm.faults import Timings
from tests.storm.storm import Choices, Outcome, run

from bridge_laptop import sam_template


@click.command()
@click.option("--orders", default=1000, show_default=True, type=click.IntRange(min=1))
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same orders and faults.")
@click.option("--kills", default=30, show_default=True, help="Functions killed with -9 (with rie alone).")
@click.option("--runtime", type=click.Choice(["rie", "inprocess"]), default="rie", show_default=True)
@click.option("--faults", default="all", show_default=True, help="all, none, or modes with commas between.")
@click.option(
    "--share", default=0.3, show_default=True, type=click.FloatRange(0, 0.95), help="Of requests, faulty."
)
@click.option("--settle", default=3.0, show_default=True, help="Settle time of the bridge in seconds.")
@click.option("--limit", default=900.0, show_default=True, help="Seconds after which the run ends anyway.")
@click.option(
    "--log",
    default=sam_template.ROOT / "build" / "chaos.log",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the functions' log goes.  [default: build/chaos.log]",
)
def main(
    orders: int,
    seed: int,
    kills: int,
    runtime: str,
    faults: str,
    share: float,
    settle: float,
    limit: float,
    log: Path,
) -> None:
    """Send orders through a storm, then compare what the shop believes with what CoopCycle holds."""
    choices = Choices(
        orders=orders,
        seed=seed,
        kills=kills if runtime == "rie" else 0,
        runtime=runtime,
        modes=() if faults == "all" else tuple(faults.split(",")),
        share=share,
        timings=Timings(settle=settle),
        limit_seconds=limit,
        log=log,
    )
    for number in (signal.SIGINT, signal.SIGTERM):  # so that what was started is ended
        signal.signal(number, _end)
    outcome = run(choices, lambda line: click.echo(line, err=True))
    _print(outcome)
    good = outcome.verdict.good and outcome.in_time and not outcome.never_accepted
    sys.exit(0 if good else 1)


def _end(number: int, _: object) -> None:
    sys.exit(128 + number)


def _print(outcome: Outcome) -> None:
    verdict = outcome.verdict
    rows: dict[str, object] = {
        **outcome.counted,
        "rechecks": verdict.rechecks,
        "surplus deliveries removed": verdict.twins_removed,
        **{f"{expected} as they should": count for expected, count in sorted(verdict.as_expected.items())},
    }
    for name, value in rows.items():
        click.echo(f"{name:<40} {value}")
    for fault, count in outcome.hits.items():
        click.echo(f"  fault {fault:<32} {count}")
    if outcome.never_accepted:
        click.echo(f"webhooks that were never accepted: {outcome.never_accepted}")
    for title, problems in (
        ("lost", verdict.lost),
        ("doubled", verdict.doubled),
        ("wrong state", verdict.wrong),
    ):
        for reference, problem in problems.items():
            click.echo(f"{title}: {reference}: {problem}")
    click.echo(verdict.line())


if __name__ == "__main__":
    main()
