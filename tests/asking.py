"""A shop's API made of files, for sources whose webhooks only name the order."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from tests import sending

from bridge.connection import parse_connection
from bridge.errors import ShopRejected
from bridge.model import Ignored, Order
from bridge.sources import Options, Payload, Source

WEBHOOKS = Path(__file__).parents[1] / "events" / "webhooks"


class FakeShop:
    """Implements :class:`bridge.sources.Shop`: answers by path and query, 404 for the rest, and remembers."""

    def __init__(self, answers: Mapping[str, bytes], token: str = "shop-token") -> None:
        self.token = token
        self.answers = answers
        self.asked: list[tuple[str, Mapping[str, str]]] = []

    def get(self, url: str, headers: Mapping[str, str]) -> bytes:
        """Answer a request."""
        self.asked.append((url, headers))
        parts = urlsplit(url)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        if path not in self.answers:
            raise ShopRejected(404)
        return self.answers[path]


class Samples:
    """The samples of one source: its ``connection.toml``, ``samples.toml`` and the files they name."""

    def __init__(self, source: str) -> None:
        self.folder = WEBHOOKS / source
        table = tomllib.loads((self.folder / "samples.toml").read_text())
        api = table.pop("api", {})
        self.expected: dict[str, tuple[str, str]] = {
            name: (row["topic"], row["expect"]) for name, row in table.items()
        }
        self.answers = {path: self.body(name) for path, name in api.items()}
        text = (self.folder / "connection.toml").read_text()
        self.options: Options = parse_connection("sample", text).options

    def body(self, name: str) -> bytes:
        """Return the bytes of a file."""
        return (self.folder / name).read_bytes()

    def shop(self) -> FakeShop:
        """Return a shop that answers as ``samples.toml`` says."""
        return FakeShop(self.answers)

    def fetch(self, source: Source, name: str, topic: str) -> Payload:
        """Return a sample as the worker sees it once the order was asked for."""
        payload = Payload(self.body(name), topic, sending.RECEIVED_AT, "application/json")
        return source.fetch(payload, self.options, self.shop())

    def outcome(self, source: Source, name: str, topic: str) -> str:
        """Say in the words of ``samples.toml`` what becomes of a sample, from receiver to order."""
        push = sending.push(self.body(name), {"Content-Type": "application/json"})
        found = source.identify(push, self.options)
        if isinstance(found, Ignored):
            return f"ignored: {found.reason}"
        assert topic == found.topic
        parsed = source.parse(self.fetch(source, name, topic), self.options)
        assert found.order_id == parsed.order_id
        return "delivery" if isinstance(parsed, Order) else f"ignored: {parsed.reason}"
