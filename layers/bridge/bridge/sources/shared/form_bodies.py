"""What forms post, read into one object: JSON, URL-encoded and multipart bodies, told apart by content type.

Bounded: fields are counted before they are kept, files are passed over, nothing is written to disk. Multipart
is read by the package multipart, which PEP 594 names for the removed module cgi; it is imported only for a
body of that kind, since most senders post JSON.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

from bridge.document import load_object
from bridge.errors import MalformedWebhook

_MOST_FIELDS = 1000
_LONGEST_FIELD_BYTES = 1024 * 1024
_BOUNDARY = re.compile(r";\s*boundary=(?:\"([^\"\r\n]{1,70})\"|([^\s;,\"]{1,70}))", re.IGNORECASE)
_FIRST_LINE = re.compile(rb"(?:\r\n)?--([!-~](?:[ -~]{0,68}[!-~])?)[ \t]*\r\n", re.ASCII)


def read_form(body: bytes, content_type: str) -> dict[str, object]:
    """Read a body into one object; a field that occurs several times is a list.

    Without a content type that we know, the body's beginning decides. PHP's way to write a list, ``name[]``,
    is a field ``name``.

    Raises:
        MalformedWebhook: ``empty_body``, ``not_a_form``, ``too_many_fields``, or what
            :func:`~bridge.document.load_object` says.

    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in ("application/x-www-form-urlencoded", "multipart/form-data") and not kind.endswith("json"):
        content_type = guess_content_type(body)
        kind = content_type.partition(";")[0]
    if kind.endswith("json"):
        return load_object(body)
    if not body.strip():
        raise MalformedWebhook("empty_body")
    return _gather(_urlencoded(body) if kind.startswith("application") else _multipart(body, content_type))


def guess_content_type(body: bytes) -> str:
    """Tell by its beginning what a body is: multipart with its boundary, JSON, else URL-encoded."""
    first = _FIRST_LINE.match(body)
    if first is not None:
        return f'multipart/form-data; boundary="{first[1].decode("ascii")}"'
    if body.lstrip()[:1] in (b"{", b"[", b'"') or not body.strip():
        return "application/json"
    return "application/x-www-form-urlencoded"


def _gather(pairs: list[tuple[str, str]]) -> dict[str, object]:
    found: dict[str, list[str]] = {}
    lists = {name for name, _ in pairs if name.endswith("[]")}
    for name, value in pairs:
        found.setdefault(name.removesuffix("[]"), []).append(value)
    return {
        name: values if len(values) > 1 or f"{name}[]" in lists else values[0]
        for name, values in found.items()
    }


def _urlencoded(body: bytes) -> list[tuple[str, str]]:
    """Read as https://url.spec.whatwg.org/#application/x-www-form-urlencoded says, but strictly UTF-8."""
    if body.count(b"&") >= _MOST_FIELDS:
        raise MalformedWebhook("too_many_fields")
    try:
        text = body.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, encoding="utf-8", errors="strict")
    except ValueError:  # of UTF-8
        raise MalformedWebhook("not_a_form") from None
    if not pairs:
        raise MalformedWebhook("not_a_form")
    return pairs


def _multipart(body: bytes, content_type: str) -> list[tuple[str, str]]:
    """Read RFC 7578: the fields that are no files."""
    from multipart import MultipartError, MultipartSegment, ParserLimitReached, PushMultipartParser

    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        raise MalformedWebhook("not_a_form")
    pairs: list[tuple[str, str]] = []
    name, chunks = "", bytearray()
    try:
        with PushMultipartParser(
            boundary[1] or boundary[2],
            max_segment_count=_MOST_FIELDS,
            max_segment_size=_LONGEST_FIELD_BYTES,
        ) as parser:
            for event in (*parser.parse(body), *parser.parse(b"")):
                if isinstance(event, MultipartSegment):
                    name = "" if event.filename is not None else event.name or ""
                    chunks.clear()
                elif event is None:
                    if name:
                        pairs.append((name, chunks.decode("utf-8")))
                elif name:
                    chunks += event
    except ParserLimitReached:
        raise MalformedWebhook("too_many_fields") from None
    except (MultipartError, ValueError):  # of UTF-8
        raise MalformedWebhook("not_a_form") from None
    return pairs
