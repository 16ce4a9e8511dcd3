"""Foreign values: moments as programs write them, and JSON in a text of a document."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.document import json_inside, moment_of
from bridge.errors import UnmappableOrder
from bridge.fields import expressions
from bridge.fields.parts import read_chosen_time
from bridge.fields.values import Values
from bridge.model import TimeWindow

AT = datetime(2026, 11, 24, 8, 57, 19, tzinfo=UTC)
SECONDS = int(AT.timestamp())


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-24T08:57:19Z",
        "2026-11-24T08:57:19.000000000Z",
        "2026-11-24 09:57:19+01:00",
        "2026-11-24 08:57:19 +0000",  # Ecwid's createDate, Ruby
        "2026-11-24T09:57:19+0100",
        "2026-11-24 08:57:19 UTC",
        "Tue, 24 Nov 2026 08:57:19 +0000",  # RFC 5322: BigCommerce
        "Tue, 24 Nov 2026 08:57:19 GMT",
        SECONDS,
        float(SECONDS),
        str(SECONDS),
        SECONDS * 1000,  # Clerk, FastSpring
        str(SECONDS * 1000),
        SECONDS * 1_000_000,
    ],
)
def test_a_moment_is_read_as_programs_write_it(value: object) -> None:
    """Seconds, milliseconds and microseconds are told apart by their size."""
    assert AT == moment_of(value)


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-24 08:57:19", "2026-11-24", "yesterday", "", " ", None, True, [], {}, 5, -SECONDS, 1e300,
        "1e9", "20261124", 10**30, 10**5000, "0" * 5000, float("nan"), float("inf"),
        "Tue, 24 Nov 2026 08:57:19", "1926-11-24T08:57:19Z", "2026-02-30T08:57:19Z",
        "Tue, 99 Nov 2026 08:57:19 +0000",
    ],
    ids=lambda value: repr(value)[:20] if not isinstance(value, int) or abs(value) < 10**20 else "huge",
)  # fmt: skip
def test_what_is_no_moment_is_none(value: object) -> None:
    """Without an offset it may be any; a birthday or a number of an order is none."""
    assert moment_of(value) is None


@given(st.text(max_size=80) | st.integers() | st.floats() | st.none())
def test_anything_is_a_moment_or_none(value: object) -> None:
    """No value of a body stops the function."""
    found = moment_of(value)

    assert found is None or found.tzinfo is not None


@pytest.mark.parametrize("factor", [1, 1000])
@pytest.mark.parametrize("write", [int, str])
def test_a_window_may_be_in_unix_time(factor: int, write: Any) -> None:
    """Both ends, as numbers or as texts."""
    body = {"from": write(SECONDS * factor), "to": write((SECONDS + 3600) * factor)}

    wish = read_chosen_time(Values(body, {"after": "from", "before": "to"}))

    assert wish is not None
    assert TimeWindow(AT, AT.replace(hour=9)) == wish.window


def test_a_day_may_be_in_unix_time() -> None:
    """It becomes the moment, which the connection's time zone makes a day of."""
    wish = read_chosen_time(Values({"day": str(SECONDS)}, {"date": "day"}))

    assert wish is not None
    assert AT.isoformat() == wish.date


# --- JSON in a text -------------------------------------------------------------------------------

PAYLOAD = (
    '{"id": "519", "customer": {"first": "Léa"}, "lines": [{"t": "Tea", "n": 2}, {"t": "Cup", "n": 0}], '
    '"in": "{\\"x\\": [7]}"}'
)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # Lightspeed X-Series: the body has a field named payload; GitHub's and Gogs' webhooks likewise.
        ("payload.id", "519"),
        ("payload.customer", {"first": "Léa"}),
        ("payload.customer.first", "Léa"),
        ("payload.customer.last || ''", ""),
        ("payload.lines[].t", ["Tea", "Cup"]),
        ("payload.lines[0].t", "Tea"),
        ("payload.lines[?n > `0`].t", ["Tea"]),
        (
            "payload.lines[*].{title: t, quantity: n}",
            [{"title": "Tea", "quantity": 2}, {"title": "Cup", "quantity": 0}],
        ),
        ("payload.*", ["519", {"first": "Léa"}]),
        ("payload.in.x[0]", 7),
        ("list[].a", [1]),
        ("list[0].a", 1),
        ("payload | id", "519"),
        ("payload.id == '519'", True),
        ("join(' ', [payload.id, payload.customer.first])", "519 Léa"),
        # A text that is wanted itself stays one.
        ("payload", PAYLOAD),
        ("note", '{"code": 4521}'),
        ("contains(note, '4521')", True),
        ("list", '[{"a": 1}]'),
    ],
)
def test_an_expression_looks_into_json_in_a_text(expression: str, expected: object) -> None:
    """In a field of a form, and in a text of JSON."""
    body = {"payload": PAYLOAD, "note": '{"code": 4521}', "list": '[{"a": 1}]'}

    found = expressions.search(expression, body, field="fields.x")

    assert expected == (found[:2] if expression == "payload.*" and isinstance(found, list) else found)


def test_a_key_that_the_json_in_a_text_has_not_is_explained() -> None:
    """With the keys that it has."""
    with pytest.raises(UnmappableOrder, match='has no "nobody", it has: id, customer, lines, in'):
        expressions.search("payload.nobody", {"payload": PAYLOAD}, field="fields.x")
    with pytest.raises(UnmappableOrder, match='"x" is looked for in a text'):
        expressions.search("text.x", {"text": "{no json"}, field="fields.x")


@given(st.text(alphabet='{}[]":,a1 \\', max_size=30))
def test_any_text_is_opened_or_not(text: str) -> None:
    """Whatever stands there, the answer is a value or an error of ours."""
    json_inside(text)
    with contextlib.suppress(UnmappableOrder):
        expressions.search("a.b[0]", {"a": text}, field="fields.x")


def test_absurd_nesting_in_a_text_is_no_json() -> None:
    """Depth is no way to stop the function."""
    assert json_inside("[" * 100_000) is None
    assert json_inside('{"a": "\\ud800"}') is None
