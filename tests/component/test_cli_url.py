"""`bridge url`: the address that a shop is given."""

from __future__ import annotations

from collections.abc import Callable

from click.testing import Result
from tests.component.conftest import Bridge

Run = Callable[..., Result]


def test_the_address_of_a_connection(bridge: Bridge, deployed: Run) -> None:
    """The stack's address and the id, alone on its line, for people and for scripts."""
    result = deployed("url", "acme")

    assert 0 == result.exit_code, result.output
    (address,) = result.stdout.splitlines()
    assert address.startswith("https://")
    assert address.endswith("/webhooks/acme")


def test_no_address_for_a_connection_that_is_not_in_force(deployed: Run) -> None:
    """A webhook to it would be answered 404."""
    result = deployed("url", "nobody")

    assert 1 == result.exit_code
    assert "" == result.stdout
    assert "no connection nobody under /bridge/dev" in result.stderr
