"""What forms post, read into one object: JSON, URL-encoded and multipart bodies, told apart by content type.

Bounded: fields are counted before they are kept, files are passed over, nothing is written to disk. Multipart
is read by the package multipart, which PEP 594 names for the removed module cgi; it is imported only for a
body of that kind, since most senders post JSON.
"""

from __future__ import annotations

import codecs
import itertools
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from bridge.document import json_inside, parse_json
from bridge.errors import MalformedWebhook
from bridge.sources.shared.encodings import charset_of, decode_text, encoding_of

if TYPE_CHECKING:
    from multipart import MultipartSegment

_JSON, _URLENCODED, _MULTIPART = (
    *("application/json", "application/x-www-form-urlencoded", "multipart/form-data"),
)
_FORM_TYPES = (_URLENCODED, _MULTIPART)
_MOST_FIELDS = 1000
_LONGEST_FIELD_BYTES = 1024 * 1024
_PIECE = 64 * 1024
# Read as by urllib's unquote_to_bytes, which takes ten times as long where nothing is escaped.
_ESCAPES = re.compile(rb"(?:%[0-9A-Fa-f]{2})+")
_BOUNDARY = re.compile(r";\s*boundary=(?:\"([^\"\r\n]{1,70})\"|([^\s;,\"]{1,70}))", re.IGNORECASE)
_FIRST_LINE = re.compile(rb"(?:\r\n)?--([!-~](?:[ -~]{0,68}[!-~])?)[ \t]*\r\n", re.ASCII)


def read_form(body: bytes, content_type: str) -> dict[str, object]:
    """Read a body into one object; a field that occurs several times is a list.

    Without a content type that we know, the body's beginning decides, and also where a program sends JSON
    under the content type of an HTML form, as curl and Apps Script do unless told otherwise. PHP's way to
    write a list, ``name[]``, is a field ``name``. Encodings: :mod:`bridge.sources.shared.encodings`.

    Raises:
        MalformedWebhook: ``empty_body``, ``not_a_form``, ``too_many_fields``, or what
            :func:`load_json_object` says.

    """
    kind = content_type.partition(";")[0].strip().lower()
    charset = charset_of(content_type)
    guessed = guess_content_type(body)
    if kind not in _FORM_TYPES and not kind.endswith("json"):
        content_type, kind = guessed, guessed.partition(";")[0]
    if kind.endswith("json"):
        return load_json_object(body, charset)
    if not body.strip():
        raise MalformedWebhook("empty_body")
    if guessed == _JSON:
        with suppress(MalformedWebhook):
            return load_json_object(body, charset)
    if kind == _URLENCODED and guessed.startswith(_MULTIPART):
        content_type, kind = guessed, _MULTIPART
    if kind == _MULTIPART:
        return _gather(_multipart(body, content_type))
    pairs = _urlencoded(body, charset)
    if len(pairs) == 1 and not pairs[0][1] and isinstance(inside := json_inside(pairs[0][0]), dict):
        return inside  # JSON that was escaped as the name of a field without a value
    return _gather(pairs)


def load_json_object(body: bytes, charset: str = "") -> dict[str, object]:
    """Read JSON in any encoding; a list of one object is that object, for some programs wrap what they send.

    Raises:
        MalformedWebhook: ``empty_body``, ``not_an_object``, or what :func:`~bridge.document.parse_json` says.

    """
    if not body.strip():
        raise MalformedWebhook("empty_body")
    if not charset and b"\0" in body[:4]:
        charset = json.detect_encoding(body)
    document = parse_json(decode_text(body, charset))
    if isinstance(document, list) and len(document) == 1:
        document = document[0]
    if not isinstance(document, dict):
        raise MalformedWebhook("not_an_object")
    return document


def guess_content_type(body: bytes) -> str:
    """Tell by its beginning what a body is: multipart with its boundary, JSON, else URL-encoded."""
    first = _FIRST_LINE.match(body)
    if first is not None:
        return f'{_MULTIPART}; boundary="{first[1].decode("ascii")}"'
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in body[:4]:
        return _JSON
    if body.removeprefix(codecs.BOM_UTF8).lstrip()[:1] in (b"{", b"[", b'"') or not body.strip():
        return _JSON
    return _URLENCODED


def _gather(pairs: list[tuple[str, str]]) -> dict[str, object]:
    found: dict[str, list[str]] = {}
    lists = {name for name, _ in pairs if name.endswith("[]")}
    for name, value in pairs:
        found.setdefault(name.removesuffix("[]"), []).append(value)
    return {
        name: values if len(values) > 1 or f"{name}[]" in lists else values[0]
        for name, values in found.items()
    }


def _urlencoded(body: bytes, charset: str) -> list[tuple[str, str]]:
    """Read as https://url.spec.whatwg.org/#application/x-www-form-urlencoded says, in any encoding.

    All of a form is in one: bytes that were sent as they are count as well as those that were escaped.
    """
    body = body.removeprefix(codecs.BOM_UTF8)
    if body.count(b"&") >= _MOST_FIELDS:
        raise MalformedWebhook("too_many_fields")
    raw = [
        (_unescaped(name), _unescaped(value))
        for name, _, value in (pair.partition(b"=") for pair in body.split(b"&") if pair)
    ]
    if not raw:
        raise MalformedWebhook("not_a_form")
    declared = next((value for name, value in raw if name == b"_charset_"), b"")
    charset = declared[:40].decode("ascii", "replace") or charset
    encoding = encoding_of(b"".join(text for pair in raw for text in pair), charset)
    return [(name.decode(encoding, "replace"), value.decode(encoding, "replace")) for name, value in raw]


def _unescaped(raw: bytes) -> bytes:
    """Read the escapes of a name or a value; a long one in pieces, for each escape costs a hundred bytes."""
    raw = raw.replace(b"+", b" ")
    if len(raw) <= _PIECE:
        return _ESCAPES.sub(_escaped, raw)
    text, begin = bytearray(), 0
    while begin < len(raw):
        end = begin + _PIECE
        end += next((2 - index for index in (0, 1) if raw[end - index - 1 : end - index] == b"%"), 0)
        text += _ESCAPES.sub(_escaped, raw[begin:end])
        begin = end
    return bytes(text)


def _escaped(escapes: re.Match[bytes]) -> bytes:
    return bytes.fromhex(escapes[0].replace(b"%", b"").decode("ascii"))


def _multipart(body: bytes, content_type: str) -> list[tuple[str, str]]:
    """Read RFC 7578: the fields that are no files."""
    from multipart import MultipartError, ParserLimitReached, PushMultipartParser

    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        raise MalformedWebhook("not_a_form")
    try:
        with PushMultipartParser(
            boundary[1] or boundary[2],
            max_segment_count=_MOST_FIELDS,
            max_segment_size=_LONGEST_FIELD_BYTES,
            header_charset="latin-1",  # of any bytes; decoded below
        ) as parser:
            parts = list(_parts(itertools.chain(parser.parse(body), parser.parse(b""))))
    except ParserLimitReached:
        raise MalformedWebhook("too_many_fields") from None
    except (MultipartError, ValueError):
        raise MalformedWebhook("not_a_form") from None
    default = charset_of(content_type)
    return [
        (decode_text(part.name.encode("latin-1")), decode_text(text, part.charset or default))
        for part, text in parts
    ]


def _parts(
    events: Iterable[MultipartSegment | bytes | bytearray | None],
) -> Iterator[tuple[MultipartSegment, bytes]]:
    """Yield the parts of a body that have a name and are no files, with what stands in them."""
    head: MultipartSegment | None = None
    text = bytearray()
    for event in events:
        if event is None:
            if head is not None and head.name and head.filename is None:
                yield head, bytes(text)
        elif isinstance(event, bytes | bytearray):
            text += event
        else:
            head, text = event, bytearray()
