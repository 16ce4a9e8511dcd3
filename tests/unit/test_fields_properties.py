"""Any body and any expression: read, or refused with one of our errors."""

from __future__ import annotations

import contextlib
import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.any_json import any_json
from tests.support.field_bodies import EMPTY, WINDOW, read, read_one

from bridge.errors import UnmappableOrder
from bridge.fields.fields import FIELDS, apply_fields
from bridge.fields.values import Values
from bridge.model import (
    Ignored,
    Order,
)

JSON = any_json(texts=st.text(max_size=20))


@settings(max_examples=300, deadline=None)
@given(name=st.sampled_from(sorted(FIELDS)), value=JSON)
def test_any_value_in_any_field_is_read_or_refused(name: str, value: object) -> None:
    """Whatever a body holds, the answer is an order, ignored or an error that names the field."""
    values = Values({"x": value}, {name: "x"} if name != "order_id" else {}, {"answers": {name: value}})

    with contextlib.suppress(UnmappableOrder):
        found = apply_fields(EMPTY, values)

        assert isinstance(found, Order | Ignored)
        if isinstance(found, Order):
            assert found.updated_at.tzinfo is not None


@settings(max_examples=200, deadline=None)
@given(
    body=st.dictionaries(st.sampled_from(["a", "b", "c"]), JSON, max_size=3),
    expression=st.sampled_from(
        [
            "a > b",
            "a[0:1]",
            "sort(a)",
            "sort_by(a, &b)",
            "max_by(a, &b)",
            "join(',', a)",
            "sum(a)",
            "avg(a)",
            "to_number(a)",
            "to_string(a)",
            "ceil(a)",
            "reverse(a)",
            "a.b[?c > `1`]",
            "map(&b, a)",
            "keys(a)",
            "contains(a, b)",
            "starts_with(a, b)",
            "merge(a, b)",
            "not_null(a, b)",
            "length(a)",
            "min(a)",
        ]
    ),
)
def test_any_body_and_function_raise_our_errors_only(body: dict[str, object], expression: str) -> None:
    """What jmespath raises for odd bodies never gets out."""
    with contextlib.suppress(UnmappableOrder):
        read(body, note=expression)


def test_a_body_of_absurd_nesting_is_refused() -> None:
    """Depth is no way to stop the function."""
    deep: Any = json.loads("[" * 900 + "]" * 900)
    with contextlib.suppress(UnmappableOrder):
        read({"a": deep}, note="to_string(a)")
    with pytest.raises(UnmappableOrder, match="finds nothing"):
        read({"a": deep}, note="b")


def test_times_with_another_offset_are_the_same_instant() -> None:
    """Windows are compared as instants."""
    zone = timezone(timedelta(hours=1))
    body = {"a": datetime(2026, 12, 24, 14, tzinfo=zone).isoformat(), "b": "2026-12-24T15:00:00Z"}

    found = read_one(body, after="a", before="b").wish

    assert found is not None
    assert WINDOW == found.window
