"""What forms post: JSON, URL-encoded and multipart bodies read into one object."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import MalformedWebhook
from bridge.sources.shared.form_bodies import guess_content_type, read_form

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=AaB03x"


def parts(*fields: tuple[str, str], boundary: str = "AaB03x", end: str = "--\r\n") -> bytes:
    """Write a multipart body; the first text of a field is what stands in its disposition."""
    blocks = (
        f"--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{value}\r\n"
        for disposition, value in fields
    )
    return ("".join(blocks) + f"--{boundary}{end}").encode()


@pytest.mark.parametrize(
    ("content_type", "body", "expected"),
    [
        ("application/json", b'{"a": [1, null]}', {"a": [1, None]}),
        ("application/json; charset=utf-8", '{"é": "ü"}'.encode(), {"é": "ü"}),
        ("application/cloudevents+json", b"{}", {}),
        (URLENCODED, b"a=1&b=x+y&c=", {"a": "1", "b": "x y", "c": ""}),
        (URLENCODED, b"n=%C3%A9t%C3%A9%20%2B33&a%5Bb%5D=1", {"n": "été +33", "a[b]": "1"}),
        (URLENCODED, b"a=1&a=2&a=3", {"a": ["1", "2", "3"]}),
        (URLENCODED, b"a[]=1&b%5B%5D=", {"a": ["1"], "b": [""]}),
        (f"{URLENCODED};charset=UTF-8", b"a=1", {"a": "1"}),
        (MULTIPART, parts(('name="a"', "1"), ('name="a"', "2")), {"a": ["1", "2"]}),
        (
            MULTIPART,
            parts(('name="n"', "été\r\nligne"), ('name="x[]"', "")),
            {"n": "été\r\nligne", "x": [""]},
        ),
        (MULTIPART, parts(('name="f"; filename="x.png"', "PNG"), ('name="a"', "1")), {"a": "1"}),
        (MULTIPART, parts(('name="f"; filename=""', ""), ('name="a"', "1")), {"a": "1"}),
        ('multipart/form-data; boundary="a b"', parts(('name="a"', "1"), boundary="a b"), {"a": "1"}),
        ("multipart/form-data; charset=utf-8; boundary=AaB03x", parts(('name="a"', "")), {"a": ""}),
        (MULTIPART, parts(), {}),
        (MULTIPART, b"--AaB03x\r\nContent-Disposition: form-data\r\n\r\nnameless\r\n--AaB03x--\r\n", {}),
        (URLENCODED, b"flag", {"flag": ""}),
        # Without a content type, or with one that says nothing, the body's beginning decides:
        ("", b' {"a": 1}', {"a": 1}),
        ("text/plain;charset=UTF-8", b'{"a": 1}', {"a": 1}),
        ("", b"a=1", {"a": "1"}),
        ("application/octet-stream", parts(('name="a"', "1")), {"a": "1"}),
    ],
)
def test_a_body_is_read_by_its_content_type(
    content_type: str, body: bytes, expected: dict[str, object]
) -> None:
    """Three ways to post fields give one kind of object."""
    assert expected == read_form(body, content_type)


@pytest.mark.parametrize(
    ("content_type", "body", "reason"),
    [
        ("application/json", b"", "empty_body"),
        (URLENCODED, b"", "empty_body"),
        (MULTIPART, b"  ", "empty_body"),
        ("application/json", b"a=1", "not_json"),
        ("application/json", b"[]", "not_an_object"),
        ("", b"[1]", "not_an_object"),
        (URLENCODED, b"&&", "not_a_form"),
        (URLENCODED, b"a=1&" * 1001, "too_many_fields"),
        ("multipart/form-data", parts(('name="a"', "1")), "not_a_form"),
        ("multipart/form-data; boundary=", parts(('name="a"', "1")), "not_a_form"),
        ("multipart/form-data; boundary=other", parts(('name="a"', "1")), "not_a_form"),
        (MULTIPART, parts(('name="a"', "1"), end=""), "not_a_form"),
        (MULTIPART, parts(('name="a"', "1"))[:40], "not_a_form"),
        (MULTIPART, b"--AaB03x\r\nX: " + b"y" * 9999 + b"\r\n\r\n1\r\n--AaB03x--\r\n", "too_many_fields"),
        (MULTIPART, parts(*[('name="a"', "1")] * 1001), "too_many_fields"),
        (MULTIPART, parts(('name="a"', "x" * (1024 * 1024 + 1))), "too_many_fields"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_body_that_cannot_be_read_is_refused(content_type: str, body: bytes, reason: str) -> None:
    """Each way of being wrong has its reason, and reading ends at a limit."""
    with pytest.raises(MalformedWebhook) as caught:
        read_form(body, content_type)

    assert reason == caught.value.reason


def test_a_file_is_passed_over_whatever_is_in_it() -> None:
    """A picture is no text, and no reason to refuse the form."""
    body = parts(('name="f"; filename="x.png"', "@"), ('name="a"', "1")).replace(b"@", bytes(range(256)))

    assert {"a": "1"} == read_form(body, MULTIPART)


@settings(max_examples=300, deadline=None)
@given(
    body=st.binary(max_size=120) | st.text(alphabet='-AaB03x\r\n:;="name&%', max_size=120).map(str.encode),
    content_type=st.sampled_from([URLENCODED, MULTIPART, "application/json", ""]) | st.text(max_size=40),
)
def test_any_bytes_are_read_or_refused(body: bytes, content_type: str) -> None:
    """Whatever is posted, the answer is an object or one class of the taxonomy."""
    with contextlib.suppress(MalformedWebhook):
        assert isinstance(read_form(body, content_type), dict)


@pytest.mark.parametrize(
    "body",
    [
        b"--" + b"-" * 3_000_000,
        b"--AaB03x\r\n" * 300_000,
        b"\r\n--AaB03" * 300_000,
        b"a" * 3_000_000,
        b"%" * 3_000_000,
        b"{" * 3_000_000,
    ],
    ids=["dashes", "boundaries", "nearly boundaries", "letters", "percents", "braces"],
)
@pytest.mark.parametrize("content_type", [URLENCODED, MULTIPART, ""])
def test_a_large_hostile_body_comes_to_an_end(body: bytes, content_type: str) -> None:
    """Three megabytes of nonsense, each made for a parser that goes back, are read or refused."""
    with contextlib.suppress(MalformedWebhook):
        read_form(body, content_type)


def test_the_content_type_of_a_body_is_guessed_for_trials() -> None:
    """A sample that lies in a file has no content type beside it."""
    assert 'multipart/form-data; boundary="AaB03x"' == guess_content_type(parts(('name="a"', "1")))
    assert "application/json" == guess_content_type(b"\n {}")
    assert URLENCODED == guess_content_type(b"a=1")
