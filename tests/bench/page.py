"""docs/performance.md, made of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.bench import cost, memory
from tests.bench.goals import GOALS
from tests.support.on_the_layer import ROOT

PAGE = ROOT / "docs" / "performance.md"

# Measured 2026-11-23 on two cores shared with other work, Node 20.20; n8n 2.8.4 with its own template for
# idempotent Shopify webhooks, Node-RED with a flow of the same steps. "retry": their HTTP node retries.
PEERS = (
    ("accepted a second, 4 / 16 / 64 senders", "1,051 / 747 / 829", "59 / 60 / 67"),
    ("answer at the median, 4 / 16 / 64 senders", "3 / 20 / 66 ms", "60 / 253 / 924 ms"),
    ("CPU of an order, whole process", "1.3 to 1.5 ms", "17 to 21 ms"),
    ("token requests", "123 for 500 orders; 1 with a cache of one's own", "54 for 500 orders"),
    ("CoopCycle answers 503 for 45 s", "800 of 900 lost; with retry 0", "800 of 900 lost; with retry 469"),
    ("CoopCycle creates, then hangs", "0 doubled; with retry 200 of 600", "0 doubled; with retry 201 of 600"),
    ("killed in a burst", "14 to 32 of 3,000 lost (0 once)", "1 to 26 of 600 lost"),
)
OURS = (
    "{local_4[accepted_per_second]:.0f} / {local_16[accepted_per_second]:.0f} / {local_64[accepted_per_second]:.0f}",
    "{local_4[median]:.0f} / {local_16[median]:.0f} / {local_64[median]:.0f} ms",
    "{local_16[cpu_ms_an_order]:.0f} ms, AWS emulator and CoopCycle's sandbox in it",
    "{tokens_50[median]:.0f} for 50 environments that start at once",
    "none lost in `make chaos`",
    "none doubled in `make chaos`",
    "none lost in `make chaos`, which kills functions",
)

GIVES_FIRST = """
A quota is the account's default in one region.

| load | what gives first | and then |
|---|---|---|
| 10 orders a minute | nothing; a dispatcher that is busy for 2.3 s of each minute | |
| 1,000 orders a minute (17 a second) | the co-op's server: a small CoopCycle answers a POST in 230 ms alone and in 970 ms at eight at once, so eight a second at best, on two cores. The default `WorkerMaximumConcurrency` of 2 sends twenty at once | orders wait in the queue, none is lost: a burst of 1,000 is through in about two minutes. Where several instances share the load, raise `WorkerMaximumConcurrency`; one instance needs more cores |
| 100,000 orders a minute (1,667 a second) | the API's own throttle (template: 100 a second, burst 200) answers 429, which shops repeat; then a new account's concurrency (10 at first, 1,000 by default [1]) and CoopCycle, two hundred times over | raise `ThrottlingRateLimit`; the HTTP API takes 10,000 a second [2], the queue 19,000 a second and more in high-throughput mode, 20,000 messages in flight [3][4], of which 100 dispatchers hold 1,000. No co-op has such a server: 1,667 a second is two hundred of them |
| 10,000 connections | SSM: 40 reads a second for the account, of GetParameter, GetParameters and GetParametersByPath together [5]. An environment reads a connection by one GetParameters at its first webhook and keeps it five minutes: 10,000 that are all busy, in one environment, are 33 a second; in ten environments 333. What was read before goes on while SSM refuses | higher throughput for Parameter Store, a setting of the account that costs by the call and gives GetParameters a thousand a second and more [5]. Standard parameters are 10,000 an account [5], and a connection has five: above 2,000 connections take a second region or account |

[1] https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
[2] https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
[3] https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
[4] https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html
[5] https://docs.aws.amazon.com/general/latest/gr/ssm.html

The 230 and 970 ms are recorded of a real CoopCycle on two cores (tests/sandbox/recordings); what larger servers do
is not known to us.
"""

MEMORY = """
Lambda gives a share of a processor by memory, a whole one at 1,769 MB and while an environment starts ("Configure Lambda
function memory"; "Utilize initialization phase"). Each size below is a new environment whose processor a control group
limits to that share once the function is imported (without one, the time is reckoned from the CPU time), with AWS and
CoopCycle in other processes beside it. The first call reads the connection, and the token, and makes the connections.

{table}

At most {receive:.0f} MB of the receiver and {dispatch:.0f} MB of the dispatcher were in use, with bodies up to 900 KB, so memory
chooses the processor alone. Most of what the receiver takes after its first call is the emulator's time. Below 512 MB the
first answer of an environment, for which a shop waits, and each batch take visibly longer; above it they gain little for
twice the price: `MemorySize` is 512 MB.

A cold start is the imports and clients of the table above, on a whole processor, and then the first call. `SnapStart: on`
takes the imports and clients away from the receiver's; its snapshot of 512 MB costs about 2 $ a month, whatever the number
of orders (0.0000015046 $ a GB-second to keep it and 0.0001397998 $ a GB to resume, https://aws.amazon.com/lambda/pricing/),
which is why it is off by default. What resuming takes on Lambda is not measured here.
"""


def made(run: Mapping[str, Any]) -> str:
    """Return the page."""
    figures = run["figures"]
    return "\n".join(
        [
            "# How fast, and what it costs",
            "",
            "<!-- made by `make bench` from tests/bench/results.json -->",
            "",
            f"Measured {run['taken_at']} on {run['machine']['cores']} cores ({run['machine']['processor']}, load "
            f"{run['machine']['load_before']} before) in {run['took_seconds']} s, with `make bench`, which anyone can "
            "run. CPU time of a process, not the clock, wherever the unit is CPU ms: the machine is shared. A ratio "
            "is the median of pairs taken in turn; the range is from the tenth to the ninetieth of a hundred runs. "
            f"Cold starts run in {run['cold_starts_in']}. The emulators' time is not ours: AWS is moto in another "
            "process, CoopCycle a server whose time is chosen.",
            "",
            "## The goals",
            "",
            *table(("goal", "figure", ""), [_goal(goal, run) for goal in GOALS]),
            "",
            *[f"- {goal.text}: {goal.why}" for goal in GOALS if not goal.met(run) and goal.why],
            "",
            "## Every figure",
            "",
            *table(
                ("what", "median", "range", "÷ floor", "floor"),
                [_figure(key, run) for key in figures if not _is_of_memory(key)],
            ),
            "",
            "What the imports of a function cost, by package, as `-X importtime` sees it (milliseconds):",
            "",
            *table(
                ("function", "packages"),
                [
                    (f"`{name}`", ", ".join(f"{package} {ms}" for package, ms in found.items()))
                    for name, found in run["imports_ms"].items()
                ],
            ),
            "",
            "## Memory",
            _memory(run),
            "## Beside others",
            "",
            "The same orders through general tools, measured 2026-11-23 on two shared cores (Node 20.20, n8n 2.8.4 with "
            "its own template for Shopify's webhooks; Node-RED with a flow of the same steps). They run on one server "
            "that somebody keeps; without retry they lose what fails, with retry they double what was done.",
            "",
            *table(
                ("", "CoopCycle Bridge, local stack", "Node-RED", "n8n"),
                [
                    (peer[0], ours.format(**figures), *peer[1:])
                    for peer, ours in zip(PEERS, OURS, strict=True)
                ],
            ),
            "",
            "Ours: `make bench` and `make chaos`. Theirs: a load generator on loopback that signs each order.",
            "",
            "## What it costs",
            "",
            f"List prices of us-east-1 on {cost.READ_ON}, without free tiers; those of SQS and DynamoDB as articles quote "
            "the pages named below. An order is one webhook of 10 KB and one delivery.",
            "",
            *_costs(run),
            "",
            "## What gives first",
            GIVES_FIRST.rstrip(),
            "",
        ]
    )


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    """Return a table's lines."""
    lines = [head, ("---",) * len(head), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in lines]


def _goal(goal: Any, run: Mapping[str, Any]) -> tuple[str, ...]:
    sign = "≥" if goal.at_least else "≤"
    return (
        f"{goal.text} {sign} {goal.limit:g}{goal.unit}",
        f"{goal.value(run):.3g}{goal.unit}",
        "met" if goal.met(run) else "**not met**",
    )


def _figure(key: str, run: Mapping[str, Any]) -> tuple[str, ...]:
    found = run["figures"][key]
    more = [
        f"{name.replace('_', ' ')} {found[name]:g}"
        for name in (
            "clock_ms",
            "bytes_logged",
            "at_once",
            "bare_at_once",
            "accepted_per_second",
            "cpu_ms_an_order",
        )
        if name in found
    ]
    spread = f"{found['low']:g} to {found['high']:g}" if found["runs"] > 1 else ""
    return (
        run["names"][key] + (f" ({', '.join(more)})" if more else ""),
        f"{found['median']:g} {found['unit']}",
        spread,
        f"{found['ratio']:g}" if "ratio" in found else "",
        found.get("floor", "") + _trimmed(found),
    )


def _is_of_memory(key: str) -> bool:
    return key.startswith(("receive_", "dispatch_", "most_"))


def _memory(run: Mapping[str, Any]) -> str:
    figures = run["figures"]
    rows = []
    for size in memory.SIZES:
        receives, dispatches = (figures[f"{mode}_{size}mb"] for mode in ("receive", "dispatch"))
        rows.append(
            (
                f"{size:,} MB",
                *(f"{each:.0f} ms" for each in (receives["first_ms"], receives["median"])),
                *(f"{each:.0f} ms" for each in (dispatches["first_ms"], dispatches["median"])),
                f"{receives['dollars'] + dispatches['dollars']:.2f}",
            )
        )
    head = ("", "receiver, first", "then", "batch of ten, first", "then", "$ a million orders")
    return MEMORY.format(
        table="\n".join(table(head, rows)),
        receive=figures["most_receive"]["median"],
        dispatch=figures["most_dispatch"]["median"],
    )


def _trimmed(found: Mapping[str, Any]) -> str:
    """Return what the floor takes in our own layer, where it gains by what the layer leaves out."""
    if "floor_in_our_layer" not in found:
        return ""
    floor = found["floor_in_our_layer"]
    return f"; the same in our trimmed layer: {floor:g} {found['unit']}, a ratio of {found['median'] / floor:.2f}"


def _costs(run: Mapping[str, Any]) -> list[str]:
    busy, quiet = cost.of_an_order(run), cost.of_an_order(run, batch=1)
    rows = [(part, f"{busy[part]:.2f}", f"{quiet[part]:.2f}") for part in busy]
    rows.append(("sum", f"**{sum(busy.values()):.2f}**", f"**{sum(quiet.values()):.2f}**"))
    months = [(f"{orders:,}", f"{cost.a_month(run, orders):.2f}") for orders in (100, 10_000, 1_000_000)]
    prices = [(name, f"{price.dollars:g}", price.source) for name, price in cost.PRICES.items()]
    return [
        *table(("$ for a million orders", "ten in a batch", "one by one"), rows),
        "",
        *table(("orders a month", "$ a month"), months),
        "",
        f"With `LogLevel: WARNING` the logs are {cost.logs_at_warning(run):.2f} $ of it: the metrics stay, and an order's "
        "history is in its record; the two lines of an order and Lambda's own of each invocation are left out.",
        "",
        f"To keep a million records costs {cost.kept_a_month(run):.2f} $ a month beyond the 25 GB that an account "
        f"stores for nothing (some seven million orders), and {cost.kept_a_month(run, 'guard_bytes'):.2f} $ once the "
        f"person is forgotten, by default after {cost.retention_days()} days; {cost.kept(run):.0f} $ for all the "
        f"{cost.KEPT_FOR.days} days of the guard against a second delivery. The indexes are what a list of "
        "orders, a search by name and the count of those that need somebody cost; without them each look would read "
        "every order.",
        "",
        "Alarms, metrics and the dashboard cost by their number and not by the order: see CloudWatch's price list. "
        "So do polls that find nothing: five at once, of twenty seconds each, are 0.65 million requests a month for "
        "the queue, 0.32 $ without SQS's free million.",
        "",
        *table(("price", "$", "source"), prices),
        "",
        'Beside it: Zapier counts each step that does something as a task (https://help.zapier.com, "How pay-per-task '
        'billing works"); its plan of 5,000 tasks was 89 $ a month where we found it named '
        "(https://arment.com/ArmstrongIAppConnector/Documentation/FAQ.aspx), so an order of two tasks is about 3.6 "
        "cents, or 36,000 $ a million. A server for n8n or Node-RED costs the same in a month without orders: a small "
        "one a few dollars, and somebody's evenings.",
    ]
