"""Credentials are tried with tokens of their own, and CoopCycle's rules are asked with them."""

from __future__ import annotations

import pytest
from tests.component.conftest import Sandbox

from bridge.connections.model import Connection
from bridge.errors import CoopCycleUnavailable, CredentialsRejected
from bridge.operator.credentials import ask_feasibility, check_credentials

BODY = {
    "pickup": {"address": "12 rue des Fleurs, 75011 Paris", "before": "2026-11-25 12:00"},
    "dropoff": {"address": "48 Rue de Rivoli, 75004 Paris", "before": "2026-11-25 13:00"},
}


def acme(url: str) -> Connection:
    """Return a connection of which only the instance matters."""
    return Connection("acme", "shopify", url)


def test_credentials_that_are_accepted(sandbox: Sandbox) -> None:
    """CoopCycle says whose they are, and each question has a token of its own."""
    for asked in (1, 2):
        found = check_credentials(acme(sandbox.url), "acme", "acme-secret")

        assert (True, "/api/stores/1", "") == (found.accepted, found.store, found.why)
        assert asked == sandbox.stats()["token_requests"]


def test_credentials_that_are_refused(sandbox: Sandbox) -> None:
    """A sentence says so, and shows neither of them."""
    found = check_credentials(acme(sandbox.url), "acme", "hunter2")

    assert (False, "") == (found.accepted, found.store)
    assert "refused client id" in found.why
    assert "hunter2" not in found.why


@pytest.mark.parametrize("mode", ["unavailable", "token_unavailable"])
def test_an_instance_that_cannot_be_asked_refuses_nothing(sandbox: Sandbox, mode: str) -> None:
    """Whether they are right is unknown, which is neither yes nor no."""
    sandbox.fault(mode)

    found = check_credentials(acme(sandbox.url), "acme", "acme-secret")

    assert found.accepted is None
    assert "503" in found.why


def test_what_the_rules_allow(sandbox: Sandbox) -> None:
    """The question books nothing."""
    assert ask_feasibility(acme(sandbox.url), BODY, "acme", "acme-secret") == ""
    assert sandbox.stats()["deliveries_by_ref"] == {}


def test_rules_are_asked_with_the_given_credentials(sandbox: Sandbox) -> None:
    """Wrong ones are an error, and so is an instance that is away."""
    with pytest.raises(CredentialsRejected):
        ask_feasibility(acme(sandbox.url), BODY, "acme", "hunter2")

    sandbox.fault("unavailable", on="price")
    with pytest.raises(CoopCycleUnavailable):
        ask_feasibility(acme(sandbox.url), BODY, "acme", "acme-secret")
