"""What the tests of Adobe Commerce's requests and orders share."""

from __future__ import annotations

import json
from pathlib import Path

from bridge import sources
from bridge.sources import Options

adobe_commerce = sources.get("adobe-commerce")
FOLDER = Path(__file__).parents[2] / "events" / "webhooks" / "adobe-commerce"
NEW = (FOLDER / "order-new.json").read_bytes()
RECIPIENT = "a1b2c3d4e5f64a7b8c9d0e1f2a3b4c5d"
OPTIONS = Options(settings={"recipient": RECIPIENT, "weight_unit": "kg"})
TOPIC = "observer.sales_order_save_commit_after"


def order(**changes: object) -> bytes:
    """Return the sample's event with some fields of the order changed."""
    document = json.loads(NEW)
    document["data"]["value"].update(changes)
    return json.dumps(document).encode()
