"""Our attribute values are those of boto3's serializer, for all that a record may hold."""

from __future__ import annotations

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from bridge.aws.attribute_values import from_attribute, to_attribute

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(PLAIN)
def test_the_form_is_boto3s_and_comes_back(value: object) -> None:
    """What one writes the other reads."""
    written = to_attribute(value)

    assert TypeSerializer().serialize(value) == written
    assert value == from_attribute(written)
    assert value == TypeDeserializer().deserialize(dict(written))  # whose Binary is equal to its bytes


def test_what_no_item_holds_is_refused() -> None:
    """A float has no exact form, and a set is none of ours."""
    for value in (1.5, {"a"}, object()):
        with pytest.raises(TypeError, match="an item holds no"):
            to_attribute(value)
    with pytest.raises(TypeError, match="no item of ours holds a SS"):
        from_attribute({"SS": ["a"]})
