"""What every source offers to the functions, and what it hands over. Only the standard library.

A source is a class on :class:`Source`; header names, signature schemes and the shapes of foreign bodies stop
there.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Protocol

from bridge.document import load_object
from bridge.errors import BridgeError
from bridge.model import Ignored, Order


@dataclass(frozen=True, slots=True)
class Push:
    """One request of a sender, as it came; header names are lower case.

    ``path_secret`` is what stood in the address after the connection's id, for senders that can neither
    sign nor set a header; it is never logged.
    """

    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)  # one of them may be the secret
    received_at: datetime
    path_secret: str = field(default="", repr=False)
    method: str = "POST"  # a GET is a sender's question whether we are there, never a webhook
    query: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def content_type(self) -> str:
        """The header, as sent."""
        return self.headers.get("content-type", "")


@dataclass(frozen=True, slots=True)
class Payload:
    """The body of an accepted webhook, as the worker gets it back from the queue."""

    body: bytes = field(repr=False)
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
    """One row of the table of senders in docs/senders.md: short phrases, no full stop."""

    title: str  # "Shopify"
    signature: str  # "HMAC-SHA256 of the body, base64"
    replay: str  # "order id", "timestamp ±5 min and order id"
    create: str  # which topic or state: "orders/create, orders/paid"
    update: str
    cancel: str
    window: str  # where a customer's choice of time is read
    tested_with: str  # "documentation's vector and samples"


_PUSH_ID = re.compile(r"[!-~]{1,128}", re.ASCII)


def push_id(given: str) -> str:
    """Return a sender's id of a push, "" where it gives none that is short and printable ASCII."""
    return given if _PUSH_ID.fullmatch(given) else ""


@dataclass(frozen=True, slots=True)
class Webhook:
    """A verified webhook that leads to work.

    ``webhook_id`` is the sender's own id of this push, the same when the sender repeats it, and "" where it
    gives none; ``order_id`` is the sender's lasting key of the order, taken from the signed body. Both are
    short and printable ASCII.
    """

    topic: str
    webhook_id: str
    order_id: str


@dataclass(frozen=True, slots=True)
class PrivacyRequest(Webhook):
    """A verified webhook about the data of people: ids alone, nothing personal; ``order_id`` is empty.

    ``wish`` is "erase" or "show"; ``order_ids`` ``None`` means every order of ``shop``, which is the sender's
    name for it in the signed body.
    """

    wish: str = "show"
    shop: str = ""
    order_ids: tuple[str, ...] | None = ()


@dataclass(frozen=True, slots=True)
class Signed:
    """A push as the sender would make it; header names as the sender spells them."""

    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    path_secret: str = field(default="", repr=False)

    def address(self, base_url: str, connection_id: str) -> str:
        """Return where it is posted to."""
        path = f"{connection_id}/{self.path_secret}" if self.path_secret else connection_id
        return f"{base_url.rstrip('/')}/webhooks/{path}"


@dataclass(frozen=True, slots=True)
class Trial:
    """A sample that is to be pushed as the sender would."""

    body: bytes = field(repr=False)
    secret: str = field(repr=False)
    topic: str
    webhook_id: str
    sent_at: datetime
    options: Options


class Shop(Protocol):
    """The sender's own API, for webhooks that only say which order has changed."""

    @property
    def token(self) -> str:
        """The connection's ``shop_token``; empty when it has none."""

    def get(self, url: str, headers: Mapping[str, str]) -> bytes:
        """Return the body of a 2xx answer; the address must be https and made of settings, never of a body.

        Raises:
            ShopUnavailable: no usable answer, 429 or 5xx; the message comes again.
            ShopRejected: any other answer; 401 and 403 mean a wrong ``shop_token``.

        """


class Source(ABC):
    """One kind of sender: the contract, with the defaults of one that asks for nothing special.

    A source has no state; what a connection says comes in as :class:`Options`.
    """

    TOPICS: ClassVar[tuple[str, ...]]  # those that lead to work; the first is that of a new order
    TRAITS: ClassVar[Traits]  # what the table of senders says
    SETTINGS: ClassVar[Mapping[str, str]] = {}  # the keys of ``[sender]`` that it reads, with their meanings
    IS_SENT_BY_BROWSERS: ClassVar[bool] = False  # whether a person sees the answer, and not a server alone

    def problems_of(self, settings: Mapping[str, str]) -> Iterable[tuple[str, str]]:
        """Return the keys of settings that are wrong, each with what would be right; most hold any text."""
        return ()

    def greeting(self, push: Push, options: Options) -> str | None:
        """Return the answer to a sender's trial call that carries no order, ``None`` for a webhook.

        Such calls are not signed; the answer holds nothing that the call did not bring along. Most senders
        make none.
        """
        return None

    @abstractmethod
    def verify(self, push: Push, secrets: Sequence[str], options: Options) -> None:
        """Check that the push came from whoever holds one of ``secrets`` (the current and the previous one).

        Raises:
            InvalidSignature: for whatever is wrong, and nothing else is ever raised.

        """

    @abstractmethod
    def identify(self, push: Push, options: Options) -> Webhook | Ignored:
        """Find out which order a verified webhook is about; cheap, done before the answer to the sender.

        A sender that passes on what people want of their data gives a :class:`PrivacyRequest`.

        Raises:
            MalformedWebhook: the body or a header cannot be read.

        """

    def fetch(self, payload: Payload, options: Options, shop: Shop) -> Payload:
        """Return the payload with the whole order; where the webhook holds it, that is the payload itself.

        Raises:
            ShopUnavailable: the shop gave no usable answer; the message comes again.
            ShopRejected: the shop refuses, a person must look.
            MalformedWebhook: bytes which :meth:`identify` refuses too.

        """
        return payload

    def document(self, payload: Payload) -> Mapping[str, object]:
        """Return the fetched body as one JSON object: what expressions under ``[fields]`` look into.

        Raises:
            MalformedWebhook: bytes which :meth:`identify` refuses too.

        """
        return load_object(payload.body)

    def updated_at(self, payload: Payload, options: Options) -> datetime | None:
        """Return when the order got into the state that a webhook holds, as its own bytes tell; never raises.

        Asked before the order is fetched or read: a webhook that is older than what was applied already is
        passed over, whatever else is wrong with it. Never earlier than what :meth:`parse` says; ``None``
        where the bytes do not tell, or where the sender's API is asked, which shows the order as it is now.
        """
        try:
            return self._updated_at(payload, options)
        except BridgeError:
            return None

    def _updated_at(self, payload: Payload, options: Options) -> datetime | None:
        """Read what :meth:`updated_at` returns; may raise as :meth:`parse` does."""
        return None

    @abstractmethod
    def parse(self, payload: Payload, options: Options) -> Order | Ignored:
        """Read the whole order of a fetched payload.

        Raises:
            UnmappableOrder: a field we need has the wrong type; names it in the sender's terms.
            MalformedWebhook: bytes which :meth:`identify` refuses too.

        """

    def sign(
        self, body: bytes, secret: str, *, topic: str, webhook_id: str, sent_at: datetime, options: Options
    ) -> Signed:
        """Push a sample as the sender would; for trials and tests, no function calls it."""
        return self.pushed(Trial(body, secret, topic, webhook_id, sent_at, options))

    @abstractmethod
    def pushed(self, trial: Trial) -> Signed:
        """Return a sample as the sender would push it: with its headers, and signed as it signs."""
