"""What the tests of PrestaShop's requests and orders share."""

from __future__ import annotations

import json
from typing import Any

from tests.support.fake_instance import Samples

from bridge import sources
from bridge.sources import Options

prestashop = sources.get("prestashop")
SAMPLES = Samples("prestashop")
FOUND: dict[str, Any] = json.loads(
    SAMPLES.fetch(prestashop, "order-validated.json", "actionValidateOrder").body
)


def options(**changes: str) -> Options:
    """Return the sample's options with some settings changed."""
    return Options(settings={**SAMPLES.options.settings, **changes})
