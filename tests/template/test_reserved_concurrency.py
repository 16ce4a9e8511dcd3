"""Concurrency of the account is reserved for a function only where a parameter says so."""

from __future__ import annotations

import pytest

from bridge_laptop import sam_template

TEMPLATE = sam_template.load()
FUNCTIONS = sam_template.resources(TEMPLATE, "AWS::Serverless::Function")
RESERVED = [
    ("ReceiveWebhookFunction", "ReceiverReservedConcurrency"),
    ("DispatchDeliveryFunction", "DispatcherReservedConcurrency"),
]


def reserved(function: str, names: dict[str, str]) -> object:
    """Return what the function reserves with these parameters; ``None``: the property is absent."""
    chosen = sam_template.choose(TEMPLATE, FUNCTIONS[function], names)
    return sam_template.resolve(chosen.get("ReservedConcurrentExecutions"), names)


@pytest.mark.parametrize(("function", "parameter"), RESERVED)
def test_nothing_is_reserved_by_default(function: str, parameter: str) -> None:
    """A new account has ten in all, of which Lambda wants to keep as many free: a reservation would fail."""
    defaults = sam_template.parameters(TEMPLATE)

    assert defaults[parameter] == "0"
    assert reserved(function, defaults) is None


@pytest.mark.parametrize(("function", "parameter"), RESERVED)
def test_a_parameter_reserves_it_for_its_function_alone(function: str, parameter: str) -> None:
    """Each of the two has its own, so that a storm on the one leaves the other what it needs."""
    names = sam_template.parameters(TEMPLATE) | {parameter: "25"}

    assert reserved(function, names) == "25"
    assert [reserved(other, names) for other, _ in RESERVED if other != function] == [None]
