"""What the tests of Square's requests and orders share."""

from __future__ import annotations

import json
from typing import Any

from tests.support.fake_instance import Samples

from bridge import sources

square = sources.get("square")
SAMPLES = Samples("square")
ORDER_ID = "CAISENgvlJ6jLWAzERDzjyHVybY"
ORDER: dict[str, Any] = json.loads(SAMPLES.body("api/order-delivery.json"))["order"]
