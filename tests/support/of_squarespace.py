"""What the tests of Squarespace's requests and orders share."""

from __future__ import annotations

import json
from typing import Any

from tests.support.fake_instance import Samples

from bridge import sources

squarespace = sources.get("squarespace")
SAMPLES = Samples("squarespace")
ORDER_ID = "585d498fdee9f31a60284a37"
ORDER: dict[str, Any] = json.loads(SAMPLES.body("api/order-created.json"))
