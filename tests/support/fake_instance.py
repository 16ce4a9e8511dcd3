"""A shop's API made of files, for sources whose webhooks only name the order."""

from __future__ import annotations

from tests.support import source_calls
from tests.support.samples import FOLDER, FakeShop, load

from bridge.sources import Options, Payload, Source

__all__ = ["FakeShop", "Samples"]


class Samples:
    """The samples of one source: its ``connection.toml``, ``samples.toml`` and the files they name."""

    def __init__(self, source: str) -> None:
        self.folder = FOLDER / source
        loaded = load(source)
        self.expected = {sample.name: (sample.topic, sample.expect) for sample in loaded.samples}
        self.answers = loaded.shop.answers
        self.options: Options = loaded.connection.options

    def body(self, name: str) -> bytes:
        """Return the bytes of a file."""
        return (self.folder / name).read_bytes()

    def shop(self) -> FakeShop:
        """Return a shop that answers as ``samples.toml`` says."""
        return FakeShop(self.answers)

    def fetch(self, source: Source, name: str, topic: str) -> Payload:
        """Return a sample as the worker sees it once the order was asked for."""
        payload = Payload(self.body(name), topic, source_calls.RECEIVED_AT, "application/json")
        return source.fetch(payload, self.options, self.shop())
