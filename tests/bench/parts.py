"""The functions, warm: receiving, dispatching, tokens, and how each grows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
from tests.bench.build import Built
from tests.bench.measure import Figure
from tests.support import on_the_layer
from tests.support.place import Place

from bridge.aws.known_ids import REMARK
from bridge.receiving.messages import WebhookMessage
from bridge_laptop import signing
from bridge_laptop.lambda_events import http_event
from bridge_laptop.local.provisioning import CONNECTIONS_PATH

ROOT = on_the_layer.ROOT
CHILD = ROOT / "tests" / "bench" / "children" / "functions.py"
FUNCTIONS = str(ROOT / "functions")
ORDER = json.loads((ROOT / "events" / "webhooks" / "shopify" / "order-typical.json").read_bytes())


@dataclass(frozen=True)
class Bench:
    """What every part needs."""

    built: Built
    place: Place
    coopcycle: str

    def run(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Run the child program; ``asked`` names its mode."""
        come: dict[str, Any] = on_the_layer.run(
            CHILD,
            {"functions": FUNCTIONS, "coopcycle": self.coopcycle, **asked},
            layer=self.built.layer / "python",
            environ=self.place.environment,
        )
        return come

    def slow(self, alone: float, more: float = 0) -> None:
        """Choose how long CoopCycle takes for a POST; milliseconds."""
        requests.post(f"{self.coopcycle}/_bench", json={"alone": alone, "more": more}, timeout=5)

    def counts(self) -> dict[str, int]:
        """Return how often CoopCycle was asked for what."""
        counts: dict[str, int] = requests.post(f"{self.coopcycle}/_bench", timeout=5).json()
        return counts


@contextmanager
def coopcycle() -> Iterator[str]:
    """Start the instance whose time is known."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.instance"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


def order(number: int, kilobytes: float = 10) -> bytes:
    """Return an order of a size: a longer note, which a shop's own orders have in their line items."""
    body = {**ORDER, "id": number}
    missing = int(kilobytes * 1000) - len(json.dumps(body, ensure_ascii=False).encode())
    properties = [
        {"name": f"_{index}", "value": "fleurs coupées " * 6} for index in range(max(0, missing) // 120)
    ]
    body["note_attributes"] = [*body.get("note_attributes", []), *properties]
    return json.dumps(body, ensure_ascii=False).encode()


def pushed(number: int, kilobytes: float = 10) -> dict[str, Any]:
    """Return a signed webhook of an order as the receiver gets it."""
    signed = signing.signed(
        "shopify", order(number, kilobytes), "acme-webhook-secret", None, f"bench-{number}"
    )
    return http_event(
        method="POST",
        path="/webhooks/acme",
        route="/webhooks/{connection_id}",
        path_parameters={"connection_id": "acme"},
        headers=signed.headers,
        body=signed.body,
    )


def batch(*numbers: int, kilobytes: float = 10) -> dict[str, Any]:
    """Return the event of a batch of accepted orders."""
    now = datetime.now(UTC)
    return {
        "Records": [
            {
                "messageId": str(number),
                "receiptHandle": str(number),
                "body": WebhookMessage(
                    connection_id="acme",
                    source="shopify",
                    topic="orders/create",
                    webhook_id=f"bench-{number}",
                    order_id=str(number),
                    received_at=now,
                    content_type="application/json",
                    body=order(number, kilobytes),
                ).to_text(),
                "attributes": {
                    "MessageGroupId": f"acme/{number}",
                    "SentTimestamp": str(int(now.timestamp() * 1000)),
                    "ApproximateReceiveCount": "1",
                },
            }
            for number in numbers
        ]
    }


def warm_receiver(bench: Bench, runs: int) -> dict[str, Figure]:
    """Receive orders of 10 and 300 KB."""
    found = {}
    for size in (10, 300):
        events = [pushed(number + size * 1000, size) for number in range(runs + 5)]
        bench.place.calls.clear()
        came = bench.run({"mode": "receive", "events": events, "floor": True, "skipped": 5})
        found[f"receiver_warm_{size}kb"] = Figure(
            f"receiver, warm, an order of {size} KB",
            "CPU ms",
            came["ours"]["cpu"],
            came["floor"]["cpu"],
            "a bare SendMessage of the same body by boto3",
            {"bytes_logged": came["ours"]["logged"][-1], "clock_ms": median(came["ours"]["clock"])},
        )
    return found


def median(values: list[float]) -> float:
    """Return the middle one."""
    return sorted(values)[len(values) // 2]


def dispatcher(bench: Bench, runs: int) -> dict[str, Figure]:
    """Dispatch one at a time and ten at once, by how long CoopCycle takes."""
    found = {}
    base = 5_000_000
    for name, alone, more in (
        ("0", 0, 0),
        ("150", 150, 0),
        ("230", 230, 0),
        ("500", 500, 0),
        ("230_slowing", 230, 105.7),
    ):
        bench.slow(alone, more)
        singles = [batch(base + number) for number in range(runs + 2)]
        tens = [batch(*range(base + 1000 + 10 * n, base + 1010 + 10 * n)) for n in range(runs // 2 + 1)]
        base += 10_000
        item = order(0).decode()[:4000]
        asked = {"mode": "dispatch", "item": item, "body": json.dumps({"dropoff": {}})}
        # the floor's POST needs no answer of a kind: it is made after ours, whose answer is kept
        one = bench.run({**asked, "events": singles, "floor": True, "skipped": 2})
        ten = bench.run({**asked, "events": tens, "floor": True, "skipped": 1})
        label = f"{alone} ms, 970 ms at eight at once" if more else f"{alone} ms"
        found[f"dispatcher_one_{name}"] = Figure(
            f"dispatcher, an order alone, CoopCycle takes {label}",
            "CPU ms",
            one["ours"]["cpu"],
            one["floor"]["cpu"],
            "two PutItem by boto3 and a POST by requests",
            {"clock_ms": median(one["ours"]["clock"]), "bytes_logged": one["ours"]["logged"][-1]},
        )
        each, floors = ([value / 10 for value in ten[whose]["cpu"]] for whose in ("ours", "floor"))
        found[f"dispatcher_ten_{name}"] = Figure(
            f"dispatcher, an order in a batch of ten, CoopCycle takes {label}",
            "CPU ms",
            each,
            floors,
            "the same in ten threads",
            {
                "clock_ms": median(ten["ours"]["clock"]),
                "bytes_logged": ten["ours"]["logged"][-1] / 10,
                "at_once": 10 * median(one["ours"]["clock"]) / median(ten["ours"]["clock"]),
                "bare_at_once": 10 * median(one["floor"]["clock"]) / median(ten["floor"]["clock"]),
            },
        )
    bench.slow(0)
    return found


def calls(bench: Bench) -> dict[str, Figure]:
    """Count the calls to AWS of an accepted webhook and of a created order, without those of a cold start."""
    counted = bench.place.calls

    def difference(mode: str, few: list[dict[str, Any]], more: list[dict[str, Any]]) -> float:
        taken, warming = [], [few.pop()]
        bench.run({"mode": mode, "events": warming, "item": "", "body": "{}"})  # the token is there now
        for events in (few, more):
            counted.clear()
            bench.run({"mode": mode, "events": events, "item": "", "body": "{}"})
            taken.append(sum(counted.values()))
        return (taken[1] - taken[0]) / (len(more) - len(few))

    accepted = difference(
        "receive",
        [pushed(7_000_001), pushed(7_000_002)],
        [pushed(7_000_010 + number) for number in range(11)],
    )
    created = difference(
        "dispatch", [batch(7_100_001), batch(7_100_002)], [batch(7_100_010 + number) for number in range(11)]
    )
    return {
        "calls_accepted": Figure("calls to AWS of an accepted webhook", "calls", [accepted]),
        "calls_created": Figure("calls to AWS of a created order", "calls", [created]),
    }


def tokens(bench: Bench) -> dict[str, Figure]:
    """Start environments at once, each with an order, and count who asks for a token."""
    found = {}
    for number, environments in enumerate((1, 10, 50)):
        forget_tokens(bench)
        bench.slow(0)
        asked = [
            json.dumps(
                {
                    "mode": "dispatch",
                    "functions": FUNCTIONS,
                    "coopcycle": bench.coopcycle,
                    "item": "",
                    "body": "{}",
                    "events": [batch(8_000_000 + number * 100 + each)],
                }
            )
            for each in range(environments)
        ]
        environ = on_the_layer.environment(bench.built.layer / "python", bench.place.environment)
        running = [
            subprocess.Popen(
                [on_the_layer.python(), "-S", "-s", str(CHILD)],
                env=environ,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in asked
        ]
        for process, text in zip(running, asked, strict=True):
            assert process.stdin is not None
            process.stdin.write(text)
            process.stdin.close()
        for process in running:
            process.wait()
            assert process.stderr is not None
            assert process.returncode == 0, process.stderr.read()[-1000:]
            process.stderr.close()
        asked_for = float(bench.counts().get("POST /oauth2/token", 0))
        found[f"tokens_{environments}"] = Figure(
            f"token requests of {environments} environments that start at once", "requests", [asked_for]
        )
    return found


def forget_tokens(bench: Bench) -> None:
    """Empty the cache."""
    dynamodb, table = bench.place.clients["dynamodb"], bench.place.names["TokensTable"]
    for item in dynamodb.scan(TableName=table)["Items"]:
        dynamodb.delete_item(TableName=table, Key={"token_key": item["token_key"]})


def growth(bench: Bench, runs: int) -> dict[str, Figure]:
    """Take more of everything: bytes of a body, orders in the table, connections."""
    found = {}
    for size in (1, 100, 900):
        events = [pushed(9_000_000 + size * 1000 + number, size) for number in range(runs + 3)]
        came = bench.run({"mode": "receive", "events": events, "skipped": 3})
        found[f"body_{size}kb"] = Figure(f"receiver, a body of {size} KB", "CPU ms", came["ours"]["cpu"])
    bench.slow(0)
    there = 0
    for orders in (0, 1_000, 10_000):
        fill(bench, there, orders)
        there = orders
        events = [batch(9_500_000 + orders * 10 + number) for number in range(runs + 2)]
        came = bench.run({"mode": "dispatch", "events": events, "item": "", "body": "{}", "skipped": 2})
        found[f"table_{orders}"] = Figure(
            f"dispatcher, with {orders:,} more orders in the table", "CPU ms", came["ours"]["cpu"]
        )
    for connections in (1, 100, 10_000):
        know(bench, connections)
        firsts = [
            bench.run({"mode": "receive", "events": [pushed(9_900_000 + connections + n)]})["ours"]["first"]
            for n in range(5)
        ]
        found[f"connections_{connections}"] = Figure(
            f"receiver, first webhook of an environment, {connections:,} connections", "CPU ms", firsts
        )
    return found


def fill(bench: Bench, first: int, last: int) -> None:
    """Put orders into the table."""
    dynamodb, table = bench.place.clients["dynamodb"], bench.place.names["DeliveriesTable"]
    for start in range(first, last, 25):
        puts = [
            {
                "PutRequest": {
                    "Item": {
                        "connection_id": {"S": "acme"},
                        "order_id": {"S": f"old-{number}"},
                        "ttl": {"N": "1"},
                    }
                }
            }
            for number in range(start, min(start + 25, last))
        ]
        dynamodb.batch_write_item(RequestItems={table: puts})


def know(bench: Bench, connections: int) -> None:
    """Write the list of ids that `bridge connections` would keep for so many."""
    ssm = bench.place.clients["ssm"]
    ids = ["acme", *(f"shop-{number:05}" for number in range(connections - 1))]
    for part, start in enumerate(range(0, len(ids), 340)):  # 340 such ids are 3.7 KB
        text = "\n".join([REMARK, *ids[start : start + 340]])
        name = f"{CONNECTIONS_PATH}/connection-ids/{part:04}"
        ssm.put_parameter(Name=name, Value=text, Type="String", Overwrite=True)


def machine() -> dict[str, object]:
    """Tell where this was measured."""
    model = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return {
        "processor": model[0].partition(":")[2].strip() if model else "unknown",
        "cores": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 1),
    }
