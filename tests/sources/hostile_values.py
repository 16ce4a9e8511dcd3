"""What must not pass in the place of a signature, whatever the sender's scheme."""

from __future__ import annotations

import base64

HOSTILE_VALUES = {
    "empty": "",
    "blank": "   ",
    "no separator": "noseparator",
    "separators alone": ",.:;= ,.:;=",
    "a version alone": "v1,",
    "a time alone": "t=1,v1=",
    "bad base64": "!" * 44,
    "short base64": base64.b64encode(b"short").decode(),
    "long base64": base64.b64encode(b"x" * 64).decode(),
    "zeros in base64": base64.b64encode(bytes(32)).decode(),
    "zeros in hex": "0" * 64,
    "not ASCII": "é" * 44,
    "digits of another script": "٣" * 43 + "=",
    "half a surrogate pair": "\ud800" * 44,
    "a null": "\x00",
    "a number without end": "9" * 5000,
    "negative": "-1",
    "very long": "A" * 100_000,
}

HOSTILE_BODIES = {
    "empty": b"",
    "blank": b" \r\n\t",
    "not UTF-8": b'{"id": "\xff\xfe"}',
    "UTF-16": '{"id": 1}'.encode("utf-16"),
    "a null byte": b"\x00",
    "no JSON": b"<html>",
    "half": b'{"id": 1, "data": {"id": ',
    "null": b"null",
    "a list": b"[]",
    "a list of lists": b"[[[]]]",
    "a text": b'"text"',
    "a number": b"1e400",
    "nothing in it": b"{}",
    "NaN": b'{"id": NaN}',
    "a huge number": b'{"id": ' + b"9" * 5000 + b"}",
    "absurdly deep": b'{"id": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "half a surrogate pair": b'{"id": 1, "note": "\\ud83c"}',
    "half a surrogate pair in a name": b'{"id": 1, "\\udf38": 1}',
    "infinity": b'{"id": 1, "total": -Infinity}',
    "a form": b"id=1&topic=order.created&id=2",
    "an odd form": b"=&&=%ff%00&%",
    "parts without a border": b'--x\r\nContent-Disposition: form-data; name="id"\r\n\r\n1\r\n--x--',
    "three parts of a token": b"a.b.c",
    "a token without a signature": b"eyJhbGciOiJub25lIn0.e30.",
}
