"""What every source offers to the functions, and what it hands over. Only the standard library.

A source is a module with the names of :class:`Source`; header names, signature schemes and the
shapes of foreign bodies stop there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bridge.model import Ignored, Order


@dataclass(frozen=True, slots=True)
class Push:
    """One request of a sender, as it came; header names are lower case.

    ``path_secret`` is what stood in the address after the connection's id, for senders that can neither
    sign nor set a header; it is never logged.
    """

    body: bytes
    headers: Mapping[str, str]
    received_at: datetime
    path_secret: str = field(default="", repr=False)

    @property
    def content_type(self) -> str:
        """The header, as sent."""
        return self.headers.get("content-type", "")


@dataclass(frozen=True, slots=True)
class Payload:
    """The body of an accepted webhook, as the worker gets it back from the queue."""

    body: bytes
    topic: str
    received_at: datetime
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Options:
    """What a connection says to its source.

    ``fields`` are JMESPath expressions into the body by our names (``order_id``, ``address``, …),
    ``settings`` the source's own (the keys of :attr:`Source.SETTINGS`).
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Traits:
    """One row of the README's table of senders: short phrases, no full stop."""

    title: str  # "Shopify"
    signature: str  # "HMAC-SHA256 of the body, base64"
    replay: str  # "order id", "timestamp ±5 min and order id"
    create: str  # which topic or state: "orders/create, orders/paid"
    update: str
    cancel: str
    window: str  # where a customer's choice of time is read
    tested_with: str  # "documentation's vector and samples"


@dataclass(frozen=True, slots=True)
class Webhook:
    """A verified webhook that leads to work.

    ``webhook_id`` is the sender's id of this push, the same when the sender repeats it; ``order_id`` is the
    sender's lasting key of the order, taken from the signed body. Both are short and printable ASCII.
    """

    topic: str
    webhook_id: str
    order_id: str


class Source(Protocol):
    """One kind of sender."""

    @property
    def TOPICS(self) -> frozenset[str]:  # noqa: N802 - a module's constant
        """The topics that lead to work."""

    @property
    def TRAITS(self) -> Traits:  # noqa: N802
        """What the README's table says."""

    @property
    def SETTINGS(self) -> Mapping[str, str]:  # noqa: N802
        """The keys of the connection's ``[sender]`` table that this source reads, each with its meaning."""

    def verify(self, push: Push, secrets: Sequence[str], options: Options) -> None:
        """Check that the push came from whoever holds one of ``secrets`` (the current and the previous one).

        Raises:
            InvalidSignature: for whatever is wrong, and nothing else is ever raised.

        """

    def identify(self, push: Push, options: Options) -> Webhook | Ignored:
        """Find out which order a verified webhook is about; cheap, done before the answer to the sender.

        Raises:
            MalformedWebhook: the body or a header cannot be read.

        """

    def parse(self, payload: Payload, options: Options) -> Order | Ignored:
        """Read the whole order of a verified webhook.

        Raises:
            UnmappableOrder: a field we need has the wrong type; names it in the sender's terms.
            MalformedWebhook: bytes which :meth:`identify` refuses too.

        """
