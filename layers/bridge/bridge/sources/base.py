"""What every source offers to the functions, and what it hands over. Only the standard library.

A source is a module with the functions of :class:`Source`; header names, signature schemes and the
shapes of foreign bodies stop there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bridge.model import Ignored, Order


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
    """One kind of sender. Header names are lower case everywhere."""

    @property
    def TOPICS(self) -> frozenset[str]:  # noqa: N802 - a module's constant
        """The topics that lead to work."""

    def verify(self, raw: bytes, headers: Mapping[str, str], secrets: Sequence[str]) -> None:
        """Check that ``raw`` was signed with one of ``secrets`` (the current and the previous one).

        Raises:
            InvalidSignature: for whatever is wrong, and nothing else is ever raised.

        """

    def identify(self, raw: bytes, headers: Mapping[str, str]) -> Webhook | Ignored:
        """Find out which order a verified webhook is about; cheap, done before the answer to the sender.

        Raises:
            MalformedWebhook: the body or a header cannot be read.

        """

    def parse(self, raw: bytes, topic: str) -> Order | Ignored:
        """Read the whole order of a verified webhook.

        Raises:
            UnmappableOrder: a field we need has the wrong type; names it in the sender's terms.
            MalformedWebhook: bytes which :meth:`identify` refuses too.

        """
