"""Whatever can stand where a sender's field should: any JSON value, NaN and infinity among them."""

from __future__ import annotations

from hypothesis import strategies as st

_TEXTS, _FLOATS = st.text(), st.floats()


def any_json(
    *, texts: st.SearchStrategy[str] = _TEXTS, floats: st.SearchStrategy[float] = _FLOATS
) -> st.SearchStrategy[object]:
    """Return a strategy of small values of every kind, nested; by default with texts of any length."""
    return st.recursive(
        st.none() | st.booleans() | st.integers() | floats | texts,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=8,
    )
