"""What the functions keep between invocations never leaks from one test into the next."""

from __future__ import annotations

import pytest
from tests.component.conftest import Bridge
from tests.support.caches import clear_runtime_caches

from bridge import runtime


def test_every_runtime_is_forgotten(bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> None:
    """All four functions' runtimes read their environment anew after a test, not just some of them."""
    monkeypatch.setenv("SHOPIFY_EVENT_SOURCE_NAME", "aws.partner/shopify.com/1/bridge")
    kept = (runtime.receiver, runtime.dispatch_runtime, runtime.webhooks_queue, runtime.event_receiver)
    before = [build() for build in kept]

    clear_runtime_caches()

    assert [False] * len(kept) == [build() is old for build, old in zip(kept, before, strict=True)]
