"""``[fields]`` of a connection are checked when the connection is written."""

from __future__ import annotations

import pytest

from bridge.connections.parse import parse_connection
from bridge.errors import InvalidConnection
from bridge.fields.fields import FIELDS


def problems_of(fields: str, source: str = "shopify", sender: str = "") -> tuple[str, ...]:
    """Return what is said about a connection with these fields."""
    text = f'source = "{source}"\n[coopcycle]\nurl = "https://acme.coopcycle.org"\n{sender}\n[fields]\n{fields}\n'
    try:
        parse_connection("acme", text)
    except InvalidConnection as error:
        return error.problems
    return ()


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ('adress = "a"', "fields.adress: unknown key, did you mean address?"),
        ('note = ""', "fields.note: is empty, leave the line out instead"),
        ("note = 1", "fields.note: must be a text in quotes"),
        (
            'note = "a..b"',
            "fields.note: a..b is no JMESPath expression: character 3 is not expected, where .b begins",
        ),
        (
            'note = "a b"',
            "fields.note: a b is no JMESPath expression: character 3 is not expected, where b begins",
        ),
        (
            "note = \"join(', ', [a\"",
            "fields.note: join(', ', [a is no JMESPath expression: it ends too early",
        ),
        (
            'note = "a.$b"',
            "fields.note: a.$b is no JMESPath expression: character 3 cannot be read (Unknown token $)",
        ),
        (
            'note = "jion(a, b)"',
            "fields.note: jion(a, b) calls jion(), which JMESPath does not have; it has: abs,",
        ),
        (
            "note = \"a[?upper(b) == 'X']\"",
            "fields.note: a[?upper(b) == 'X'] calls upper(), which JMESPath does",
        ),
        ('note = "join(a)"', "fields.note: join(a) gives join() 1 arguments, it wants 2"),
        ('note = "merge()"', "fields.note: merge() gives merge() 0 arguments, it wants at least 1"),
        (f'note = "{"a." * 600}a"', "fields.note: is longer than 1000 characters"),
        (f'note = "{"[" * 900}"', "fields.note: "),
        ('order_id = "id"', "fields.order_id: a shop's orders have an id of their own, remove the line"),
        ('after = "a"', "fields.after: goes together with before, which is missing"),
        ('longitude = "a"', "fields.longitude: goes together with latitude, which is missing"),
        ('weight_kg = "a"\nweight_grams = "b"', "fields.weight_kg: says the same as weight_grams"),
        ('after = "a"\nbefore = "b"\ntime = "c"', "fields.after: says the same as time, remove one of them"),
    ],
)
def test_a_wrong_field_is_found_when_the_connection_is_checked(fields: str, problem: str) -> None:
    """Names, expressions and pairs are checked before an order depends on them."""
    (found,) = problems_of(fields)

    assert found.startswith(problem)


def test_right_fields_stand_in_the_connection() -> None:
    """Expressions come through untouched, and those of slices and literals are no functions."""
    text = (
        'source = "shopify"\n[coopcycle]\nurl = "https://acme.coopcycle.org"\n[fields]\n'
        "note = \"a[0:2] || merge(a, b) | join(', ', @)\"\n"
    )

    assert {"note": "a[0:2] || merge(a, b) | join(', ', @)"} == parse_connection("acme", text).options.fields


def test_every_field_is_explained() -> None:
    """The table in docs/senders.md is made of the same list as the checks."""
    assert all(one.kind and one.meaning for one in FIELDS.values())
