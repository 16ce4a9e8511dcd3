"""The sources: one module per kind of sender, and the one list of them. Only the standard library."""

from __future__ import annotations

from bridge.sources import shopify
from bridge.sources.base import Options, Payload, Push, Source, Traits, Webhook

__all__ = ["NAMES", "Options", "Payload", "Push", "Source", "Traits", "Webhook", "get"]

_SOURCES: dict[str, Source] = {
    "shopify": shopify,
}

NAMES: tuple[str, ...] = tuple(_SOURCES)


def get(name: str) -> Source:
    """Return the source of that name.

    Raises:
        LookupError: there is none; the message lists those there are.

    """
    source = _SOURCES.get(name)
    if source is None:
        raise LookupError(f'there is no source "{name}"; the sources are: {", ".join(NAMES)}')
    return source
