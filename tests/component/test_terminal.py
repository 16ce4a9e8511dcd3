"""What strangers write never steers the terminal of whoever looks at it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from click.testing import Result
from tests.component.conftest import Bridge
from tests.support.order_records import handle, key, the_record, unmappable

Order = Callable[..., bytes]

# Sets the title, clears the screen, begins a command sequence with one character (C1), turns the line round.
STEERING = "\x1b]0;title\x07\x1b[2J\x9b31m\u202e"
NAME = f"#77{STEERING}"
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture
def steering(order: Order) -> bytes:
    """An order with such a name, which is parked; JSON may hold C1 and bidi marks as they are."""
    body = json.loads(unmappable(order, name=NAME))
    return json.dumps(body, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "arguments",
    [
        "orders list",
        "orders list --json",
        "orders show acme {id}",
        "orders show acme {id} --json",
        "parked list",
        "parked list --json",
        "parked show --order {id}",
        "parked show --order {id} --body",
        "parked show --order {id} --body --json",
        "export acme --order {id} --email {email}",
        "redact acme --order {id} --email {email} --yes",
    ],
)
def test_a_name_steers_no_terminal(
    bridge: Bridge, deployed: Callable[..., Result], steering: bytes, arguments: str
) -> None:
    """Names, bodies and all else that is printed are without control characters and bidi overrides."""
    handle(bridge, steering)
    fields = {"id": key(steering), "email": json.loads(steering)["email"]}

    result = deployed(*arguments.format(**fields).split())

    assert 0 == result.exit_code, result.output
    assert "77" in result.output
    assert [] == _CONTROL.findall(result.output)


def test_the_name_is_cleaned_once(bridge: Bridge, order: Order) -> None:
    """The record, and so the page and everything else, has it as it may be shown."""
    body = order(name=NAME)

    assert [] == handle(bridge, body)

    assert "#77 ]0;title [2J 31m" == the_record(bridge, key(body)).order_name
