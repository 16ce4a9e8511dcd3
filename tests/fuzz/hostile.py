"""Hostile bodies and headers, drawn from a seeded generator: bent samples, and things of no shape at all."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

ODD_TEXTS = (
    "", " ", "\x00", "\ufeff", "\u202e", "é" * 300, "🌷", "\ud83c", "0", "-1", "NaN", "1e999", "null", "true",
    "2026-11-23", "2026-11-23T10:00:00", "2026-11-23T10:00:00Z", "2026-02-30T25:61:61Z",
    "0000-00-00T00:00:00",
    "+33 6 12 34 56 78", "+", "tel:;ext=1", "../../etc/passwd", "{{7*7}}", "${jndi:ldap://x}", "<b>x</b>",
    "a.b.c", "https://example.com/", "/api/addresses/1", "cancelled", "refunded", "processing",
    "order.created",
    "٣", "x" * 5000, "9" * 400, "\r\nX-Evil: 1", "%00%ff", "=?utf-8?q?x?=", "kg", "FR", "fr", "ZZ",
)  # fmt: skip
ODD_VALUES: tuple[object, ...] = (
    None, True, False, 0, 1, -1, 2**31, 2**53, 2**63, 10**400, 0.5, -0.0, 1e308, [], {}, [None], [[]], [{}],
    {"": None}, {"id": 1}, {"value": "1", "unit": "kg"}, ["x"] * 50,
)  # fmt: skip
ODD_BODIES = (
    b"", b" ", b"\x00", b"\xff\xfe", b"null", b"[]", b"{}", b'"x"', b"1", b"NaN", b"{", b'{"id":',
    b"webhook_id=1",
    b"a=1&a=2&b[]=3&%ff=%zz", b"id=1", b"--x\r\n\r\n\r\n--x--", b"eyJhbGciOiJub25lIn0.e30.", b"....",
    b"\xef\xbb\xbf{}", b"<?xml version='1.0'?><a/>", b"[" * 3000, b'{"a":' * 3000, b"9" * 5000,
    b"\x1f\x8b\x08\x00",
)  # fmt: skip
CONTENT_TYPES = (
    "application/json", "application/json; charset=utf-16", "application/x-www-form-urlencoded", "text/plain",
    "multipart/form-data", "multipart/form-data; boundary=x", 'multipart/form-data; boundary="', "",
    "\x00", "é/é",
    "application/jose", "application/cloudevents+json",
)  # fmt: skip


class Hostile:
    """Makes one bad thing after the other; the same seed makes the same ones."""

    def __init__(self, seed: str, samples: Sequence[bytes]) -> None:
        self.random = random.Random(seed)
        self._samples = samples
        self._documents = [document for raw in samples if (document := _read(raw)) is not None]
        self._words = sorted({word for document in self._documents for word in _words(document)})

    def body(self, sample: bytes) -> bytes:
        """Return a body that a sender could sign; most are the sample with something changed."""
        makers: list[tuple[Callable[[bytes], bytes], int]] = [
            (self.bent, 80),
            (self._torn, 8),
            (self._spliced, 2),
            (lambda _: self.random.choice(ODD_BODIES), 4),
            (lambda _: self.random.randbytes(self.random.randrange(200)), 2),
            (lambda _: self._written(self._anything(4)), 4),
        ]
        make = self.random.choices([one for one, _ in makers], [weight for _, weight in makers])[0]
        return make(sample)

    def headers(self, headers: Mapping[str, str], words: Sequence[str]) -> dict[str, str]:
        """Return headers with some taken away, replaced and added; ``words`` may stand in them."""
        changed = dict(headers)
        for _ in range(self.random.randint(1, 3)):
            name = self.random.choice([*headers, "content-type", "x-webhook-secret", self.text()[:20] or "x"])
            what = self.random.randrange(5)
            if what == 0:
                changed.pop(name, None)
            elif what == 1:
                changed[name] = self.random.choice(words)
            elif what == 2:
                changed[name] = f"{headers.get(name, '')},{headers.get(name, '')}"
            elif what == 3:
                changed[name] = self.random.choice(CONTENT_TYPES)
            else:
                changed[name] = self.text()
        return changed

    def text(self) -> str:
        """Return a text that should not stand where it will."""
        pick = self.random.random()
        if pick < 0.5:
            return self.random.choice(ODD_TEXTS)
        if pick < 0.7 and self._words:
            return self.random.choice(self._words)
        ranges = (
            (0x20, 0x7E),
            (0, 0x1F),
            (0xA0, 0x24F),
            (0x2000, 0x206F),
            (0xD800, 0xDFFF),
            (0x1F300, 0x1F5FF),
        )
        bounds = (self.random.choice(ranges) for _ in range(self.random.randrange(12)))
        return "".join(chr(self.random.randint(*ends)) for ends in bounds)

    def bent(self, sample: bytes) -> bytes:
        """Return a JSON body with one to five places changed; another body torn."""
        document = _read(sample)
        if document is None:
            return self._torn(sample)
        document = copy.deepcopy(document)
        for _ in range(self.random.choice((1, 1, 1, 2, 3, 5))):
            self._bend(document)
        return self._written(document)

    def _bend(self, document: Any) -> None:
        """Change one place of a document."""
        places = _places(document)
        if not places:
            return
        holder, key = self._place(document) if self.random.random() < 0.7 else self.random.choice(places)
        what = self.random.randrange(8)
        if what == 0:
            del holder[key]
        elif what == 1:
            holder[key] = copy.deepcopy(self.random.choice(ODD_VALUES))
        elif what == 2:
            other_holder, other_key = self.random.choice(places)
            holder[key] = copy.deepcopy(other_holder[other_key])
        elif what == 3:
            holder[key] = [copy.deepcopy(holder[key]) for _ in range(self.random.randint(1, 3))]
        elif what == 4:
            holder[key] = str(holder[key])
        elif what == 5:
            holder[key] = self._anything(2)
        else:
            holder[key] = self.text()

    def _place(self, document: Any) -> tuple[Any, Any]:
        """Walk down to a place: what stands high is met more often than one of many lines far below."""
        holder, key = document, self._key(document)
        while isinstance(holder[key], dict | list) and holder[key] and self.random.random() < 0.7:
            holder = holder[key]
            key = self._key(holder)
        return holder, key

    def _key(self, holder: Any) -> Any:
        return self.random.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))

    def _torn(self, sample: bytes) -> bytes:
        raw = bytearray(sample or b"\x00")
        for _ in range(self.random.randint(1, 6)):
            at = self.random.randrange(len(raw) or 1)
            what = self.random.randrange(4)
            if what == 0 and raw:
                raw[at % len(raw)] = self.random.randrange(256)
            elif what == 1:
                raw[at:at] = self.random.randbytes(self.random.randint(1, 4))
            elif what == 2:
                del raw[at : at + self.random.randint(1, 30)]
            else:
                raw[at:at] = self.random.choice(
                    (b'"', b"{", b"}", b"[", b"]", b",", b"\\", b"&", b"=", b"--")
                )
        return bytes(raw)

    def _spliced(self, sample: bytes) -> bytes:
        other = self.random.choice(self._samples)
        return sample[: self.random.randint(0, len(sample))] + other[self.random.randint(0, len(other)) :]

    def _anything(self, depth: int) -> object:
        pick = self.random.random()
        if depth == 0 or pick < 0.4:
            return copy.deepcopy(self.random.choice(ODD_VALUES)) if pick < 0.2 else self.text()
        if pick < 0.6:
            return [self._anything(depth - 1) for _ in range(self.random.randrange(4))]
        return {self.text(): self._anything(depth - 1) for _ in range(self.random.randrange(5))}

    def _written(self, document: object) -> bytes:
        ascii_only = self.random.random() < 0.5
        text = json.dumps(
            document, ensure_ascii=ascii_only, separators=self.random.choice((None, (",", ":")))
        )
        if self.random.random() < 0.1:
            text = text.replace("/", "\\/")
        return text.encode("utf-8", "surrogatepass")


def _read(raw: bytes) -> Any:
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict | list) else None


def _places(document: Any) -> list[tuple[Any, Any]]:
    """Return every place of a document: the object or list that holds it, and its key there."""
    found: list[tuple[Any, Any]] = []
    keys = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in keys:
        found.append((document, key))
        if isinstance(value, dict | list):
            found += _places(value)
    return found


def _words(document: Any) -> set[str]:
    """Return the keys and short texts of a document, to be put where they do not belong."""
    words: set[str] = set()
    for holder, key in _places(document):
        value = holder[key]
        words |= {text for text in (key, value) if isinstance(text, str) and len(text) < 40}
    return words
