"""Bytes of forms and programs as text, whatever they were written in: declared, marked or neither. Pure.

What can be read as UTF-8 is UTF-8, for a text of another encoding hardly ever is: pages declare ISO-8859-1
and send UTF-8. What cannot is in the declared encoding, else in windows-1252, which browsers take for
ISO-8859-1 too (https://encoding.spec.whatwg.org , "names and labels").
"""

from __future__ import annotations

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE | re.ASCII)
_WESTERN = "cp1252"
_LATIN_1 = ("ascii", "iso8859-1")  # by name; browsers and so we read windows-1252
_ONE_BYTE = re.compile(r"ascii|iso8859-\d{1,2}|cp(?:125\d|874|866)|koi8-[ru]|mac-(?:roman|cyrillic)")
# Told by their own bytes, so that what looks like UTF-8 may be none: they go first where they are declared.
_OTHERS = re.compile(
    r"utf-(?:16|32)(?:-[lb]e)?|shift_jis|cp932|euc_jp|iso2022_jp|gb18030|gbk|gb2312|big5|euc_kr|cp949"
)


def charset_of(content_type: str) -> str:
    """Return the encoding that a content type declares, "" for none."""
    found = _CHARSET.search(content_type)
    return found[1] if found else ""


def decode_text(raw: bytes, charset: str = "") -> str:
    """Return bytes as text; nothing is refused, for any bytes are a text in windows-1252."""
    for mark, name in _MARKS:
        if raw.startswith(mark):
            return raw[len(mark) :].decode(name, "replace")
    return raw.decode(encoding_of(raw, charset))


def encoding_of(raw: bytes, charset: str = "") -> str:
    """Return Python's name of the encoding in which bytes without a mark are a text; there always is one."""
    codec = _codec(charset)
    names = [codec, "utf-8"] if _OTHERS.fullmatch(codec) else ["utf-8", codec]
    for name in filter(None, (*names, _WESTERN)):
        try:
            raw.decode(name)
        except UnicodeDecodeError:
            continue
        return name
    return "latin-1"  # what windows-1252 leaves out are its control characters


def _codec(label: str) -> str:
    """Return Python's name of an encoding that texts are written in, "" for anything else."""
    try:
        name = codecs.lookup(label).name if label else ""
    except (LookupError, ValueError):
        return ""
    if name in _LATIN_1:
        return _WESTERN
    return name if _ONE_BYTE.fullmatch(name) or _OTHERS.fullmatch(name) else ""
