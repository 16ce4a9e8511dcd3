"""One form in every way that programs write it: encodings, content types, JSON in a list or in a field."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import MalformedWebhook
from bridge.sources.shared.encodings import charset_of, decode_text
from bridge.sources.shared.form_bodies import _unescaped, load_json_object, read_form

URLENCODED = "application/x-www-form-urlencoded"
FORM = {"address": "14 rue des Lilas, Bâtiment B, 69003 Lyon", "name": "Léa Morel", "note": "1 + 1 = 2 & 3%"}
WESTERN = st.text(
    st.characters(codec="cp1252", exclude_categories=["Cc", "Cs"], exclude_characters="\x81\x8d\x8f\x90\x9d"),
    min_size=1,
    max_size=20,
)


def json_text(value: object = FORM) -> str:
    return json.dumps(value, ensure_ascii=False)


def multipart(form: dict[str, str], encoding: str, declared: str = "") -> tuple[bytes, str]:
    """Write a form as RFC 7578 says, with an encoding that each part may declare."""
    kind = f"\r\nContent-Type: text/plain; charset={declared}" if declared else ""
    blocks = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"{kind}\r\n\r\n{value}\r\n'
        for name, value in form.items()
    ]
    return "".join([*blocks, "--x--\r\n"]).encode(encoding), "multipart/form-data; boundary=x"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        # As it should be.
        (json_text().encode(), "application/json"),
        (urlencode(FORM).encode(), URLENCODED),
        multipart(FORM, "utf-8"),
        # JSON under the content type of an HTML form: curl without -H, NocoDB, Apps Script.
        (json_text().encode(), URLENCODED),
        (quote(json_text()).encode(), URLENCODED),
        (quote_plus(json_text()).encode() + b"=", URLENCODED),
        (json_text().encode(), "multipart/form-data"),
        # A list of one order: Saleor, n8n.
        (json_text([FORM]).encode(), "application/json"),
        # Marks and declared encodings.
        (b"\xef\xbb\xbf" + json_text().encode(), "application/json"),
        (json_text().encode("utf-16"), "application/json"),
        (json_text().encode("utf-16-be"), "application/json; charset=utf-16be"),
        (json_text().encode("utf-16-le"), "application/json"),
        (json_text().encode("latin-1"), "application/json; charset=ISO-8859-1"),
        (json_text().encode("latin-1"), 'application/json;charset="windows-1252"'),
        (json_text().encode(), "application/json; charset=ISO-8859-1"),
        (json_text().encode("cp1250"), "application/json; charset=windows-1250"),
        (json_text().encode("latin-1"), "application/json"),
        (urlencode(FORM, encoding="latin-1").encode(), URLENCODED),
        (urlencode(FORM, encoding="latin-1").encode(), f"{URLENCODED}; charset=iso-8859-1"),
        (urlencode(FORM).encode(), f"{URLENCODED}; charset=iso-8859-1"),
        # Bytes that were not escaped: curl -d.
        ("&".join(f"{k}={quote(v, safe='âé ,')}" for k, v in FORM.items()).encode(), URLENCODED),
        ("&".join(f"{k}={quote(v, safe='âé ,')}" for k, v in FORM.items()).encode("latin-1"), URLENCODED),
        (b"\xef\xbb\xbf" + urlencode(FORM).encode(), URLENCODED),
        multipart(FORM, "latin-1"),
        multipart(FORM, "latin-1", "ISO-8859-1"),
        # A content type that says nothing, or none.
        (json_text().encode("latin-1"), "text/plain"),
        (json_text().encode(), ""),
        (urlencode(FORM).encode(), "text/plain;charset=UTF-8"),
        (multipart(FORM, "utf-8")[0], URLENCODED),
    ],
)
def test_the_same_form_however_it_is_written(body: bytes, content_type: str) -> None:
    """Nothing is lost for an accent."""
    assert FORM == read_form(body, content_type)


@given(
    form=st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), WESTERN, min_size=1, max_size=4),
    encoding=st.sampled_from(["utf-8", "cp1252"]),
    is_declared=st.booleans(),
    as_json=st.booleans(),
)
def test_any_encoding_of_the_same_form_gives_the_same_form(
    form: dict[str, str], encoding: str, is_declared: bool, as_json: bool
) -> None:
    """Whatever is typed, unless its bytes happen to be a text in UTF-8 too."""
    raw = json_text(form).encode(encoding) if as_json else urlencode(form, encoding=encoding).encode()
    kind = "application/json" if as_json else URLENCODED
    content_type = f"{kind}; charset={encoding}" if is_declared else kind
    if encoding == "cp1252" and not "".join(form.values()).isascii():
        joined = "".join([*form.keys(), *form.values()]).encode(encoding)
        try:
            joined.decode("utf-8")
        except UnicodeDecodeError:
            pass
        else:
            return

    assert form == read_form(raw, content_type)


@pytest.mark.parametrize(
    ("text", "charset"),
    [
        ("Łódź", "iso-8859-2"),
        ("Αθήνα", "windows-1253"),
        ("大阪", "shift_jis"),
        ("大阪", "iso-2022-jp"),
        ("€", "cp1252"),
    ],
)
def test_declared_encodings_are_read(text: str, charset: str) -> None:
    """Those that texts are written in."""
    assert text == decode_text(text.encode(charset), charset)


@pytest.mark.parametrize(
    "charset", ["idna", "punycode", "unicode_escape", "rot13", "utf-7", "hex", "\x00", "é", "x" * 99]
)
def test_an_encoding_that_no_text_is_written_in_is_none(charset: str) -> None:
    """Python knows codecs that would make another text of it."""
    assert "a\\u00e9+AOk-é" == decode_text("a\\u00e9+AOk-é".encode(), charset)


@given(
    st.binary(max_size=60),
    st.sampled_from(["", "utf-8", "utf-16", "cp1252", "shift_jis", "gb18030", "nonsense"]),
)
def test_any_bytes_are_a_text(raw: bytes, charset: str) -> None:
    """Nothing is refused for its encoding."""
    decode_text(raw, charset).encode("utf-8")


def test_a_forms_own_charset_field_counts() -> None:
    """HTML's hidden field ``_charset_``."""
    body = urlencode({"name": "Łódź"}, encoding="iso-8859-2").encode() + b"&_charset_=iso-8859-2"

    assert "Łódź" == read_form(body, URLENCODED)["name"]


@pytest.mark.parametrize("body", [[], [1], [FORM, FORM], ["x"], "x", 1, None])
def test_only_a_list_of_one_object_is_that_object(body: Any) -> None:
    """Of two orders in one push neither is dropped in silence: the push is refused."""
    with pytest.raises(MalformedWebhook, match="not_an_object"):
        load_json_object(json_text(body).encode())


def test_a_note_that_looks_like_json_stays_a_text() -> None:
    """It is opened by an expression that looks into it, and by nothing else."""
    assert {"a": "1", "note": '{"code": 4521}'} == read_form(
        urlencode({"a": 1, "note": '{"code": 4521}'}).encode(), URLENCODED
    )


@pytest.mark.parametrize(
    ("content_type", "charset"),
    [
        ("application/json; charset=utf-8", "utf-8"),
        ('text/plain;Charset="ISO-8859-1"; x=y', "ISO-8859-1"),
        ("text/plain; charset='latin1'", "latin1"),
        ("text/plain", ""),
        ("charset=utf-8", ""),
    ],
)
def test_the_declared_encoding(content_type: str, charset: str) -> None:
    """The content type's parameter."""
    assert charset == charset_of(content_type)


@given(st.binary(min_size=1, max_size=12), st.integers(min_value=65_530, max_value=65_545))
def test_escapes_are_read_across_the_pieces_of_a_long_value(tail: bytes, length: int) -> None:
    """A long value is read in pieces, and none of its escapes is cut."""
    value = b"x" * length + tail * 5

    assert value == _unescaped(b"x" * length + b"".join(b"%%%02X" % byte for byte in tail * 5))
