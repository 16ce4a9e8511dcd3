"""What the tests of BigCommerce's requests and orders share."""

from __future__ import annotations

import json
from typing import Any

from tests.support.fake_instance import Samples

from bridge import sources

bigcommerce = sources.get("bigcommerce")
SAMPLES = Samples("bigcommerce")
ORDER: dict[str, Any] = json.loads(SAMPLES.body("api/order-250.json"))
