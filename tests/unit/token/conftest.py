"""The parts of a token provider, new for each test."""

from __future__ import annotations

import pytest
from tests.support.token_provider import Cache, Clock, Instance


@pytest.fixture
def instance() -> Instance:
    """Return an instance that issues tokens."""
    return Instance()


@pytest.fixture
def clock() -> Clock:
    """Return a clock."""
    return Clock()


@pytest.fixture
def cache() -> Cache:
    """Return an empty cache."""
    return Cache()
