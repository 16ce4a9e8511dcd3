"""How large what we make is: the layer, and what is written of an order."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from tests.bench.build import Built
from tests.bench.measure import Figure
from tests.bench.parts import Bench, batch, pushed
from tests.support.place import item_bytes

from bridge_laptop import sam_template

PERSONAL = ("message", "sent", "held_as_sent", "tracking_url")  # lifecycle.redacted


def layer_size(built: Built) -> Figure:
    """Return the bytes of the layer, unpacked."""
    total = sum(file.stat().st_size for file in built.layer.rglob("*") if file.is_file())
    stock = sum(file.stat().st_size for file in built.floor.rglob("*") if file.is_file())
    return Figure(
        "layer, unpacked", "MB", [total / 1e6], [stock / 1e6], "the same packages as pip leaves them"
    )


def item_sizes(bench: Bench) -> dict[str, Figure]:
    """Return the bytes of a created order's two writes, for an order of 10 KB, and of its rows in the indexes."""
    bench.run({"mode": "dispatch", "events": [batch(7_200_000)], "item": "", "body": "{}"})
    bench.place.items.clear()
    bench.run({"mode": "dispatch", "events": [batch(7_200_001)], "item": "", "body": "{}"})
    first, last = bench.place.items
    guard = {name: value for name, value in last.items() if name not in PERSONAL}
    shown = {name: value for name, value in last.items() if name in projected()}
    return {
        "item_first_bytes": Figure(
            "record of an order, before its POST", "bytes", [float(item_bytes(first))]
        ),
        "item_bytes": Figure("record of a created order", "bytes", [float(item_bytes(last))]),
        "guard_bytes": Figure(
            "what is left of it when the person is forgotten", "bytes", [float(item_bytes(guard))]
        ),
        "row_bytes": Figure("its row in the index by arrival", "bytes", [float(item_bytes(shown))]),
    }


def logged_at_warning(bench: Bench) -> dict[str, Figure]:
    """Return the bytes that an order writes to the log where only warnings are logged: its metrics."""
    environment = bench.place.environment | {"POWERTOOLS_LOG_LEVEL": "WARNING"}
    quiet = replace(bench, place=replace(bench.place, environment=environment))
    found = {}
    for mode, events, orders in (
        ("receive", [pushed(7_300_000), pushed(7_300_001)], 1),
        ("dispatch", [batch(*range(first, first + 10)) for first in (7_300_010, 7_300_020)], 10),
    ):
        came = quiet.run({"mode": mode, "events": events, "item": "", "body": "{}"})
        found[f"warning_{mode}"] = Figure(
            f"{mode}: bytes logged of an order with LogLevel WARNING",
            "bytes",
            [came["ours"]["logged"][-1] / orders],
        )
    return found


def projected() -> set[str]:
    """Return the attributes of the index by arrival, as the template has them."""
    table = sam_template.load()["Resources"]["DeliveriesTable"]["Properties"]
    text = json.dumps(table["GlobalSecondaryIndexes"])
    named = re.search(r'"NonKeyAttributes": (\[[^]]*\])', text)
    assert named
    return {"connection_id", "order_id", "came_at", *json.loads(named[1])}
