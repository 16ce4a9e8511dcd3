"""The layer in a function that is none of ours: the example of docs/layer.md, as it stands."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.component.conftest import Bridge, Sandbox

EXAMPLE = Path(__file__).parents[2] / "examples" / "use_the_layer.py"


def test_another_function_uses_client_and_token_cache(
    bridge: Bridge, sandbox: Sandbox, order: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reads a delivery with the token that the bridge has already fetched."""
    bridge.dispatch([bridge.message(order(id=7))])
    spec = importlib.util.spec_from_file_location("use_the_layer", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)

    answer = example.lambda_handler({"delivery": sandbox.live("acme/7")[0]}, None)

    assert {"statuses": ("TODO", "TODO")} == answer
    assert 1 == sandbox.stats()["token_requests"]
