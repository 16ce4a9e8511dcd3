"""The samples under ``events/webhooks/<source>``: read by one helper, pushed as the sender would.

``connection.toml`` is a whole connection for trying them, ``samples.toml`` has a table for each file::

    ["order-created.json"]
    topic = "order.created"
    expect = "delivery"              # or "ignored: <reason>", "error: <code>", "greeting"

A greeting is not signed and may say how it comes: ``method``, ``headers``, ``query``. Two more tables are
optional: ``[api]``, a path of the shop's API (with query) and the file under ``api/`` it answers with, and
``[secrets]``, where a webhook secret of the source has a form that the defaults have not. A source that signs
with RSA gets pairs of keys that are made for the run.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from bridge import sources
from bridge.connections.model import Connection
from bridge.connections.parse import parse_connection
from bridge.coopcycle.payload import delivery_body
from bridge.errors import BridgeError, ShopRejected
from bridge.http_hosts import is_encrypted_or_local
from bridge.model import Delivery, Ignored, Order
from bridge.operator.dry_run import OfflineInstance
from bridge.planning.plan import plan, plan_webhook
from bridge.planning.read_order import parse_order
from bridge.receiving.http import accept
from bridge.receiving.messages import PrivacyMessage
from bridge.sources import Payload, Push, Signed, Source, Webhook

FOLDER = Path(__file__).resolve().parents[2] / "events" / "webhooks"
SENT_AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
WEBHOOK_ID = "2f6c1c1e-0d0c-4b6e-9d0e-5f1f4a3f7b10"

_NO_SAMPLES = ("connection.toml", "samples.toml")
# Text, hexadecimal and base64 at once, so that they fit most senders.
_SECRETS = {"webhook": "5ec2e700" * 8, "previous": "0ddba11c" * 8, "other": "badc0ffe" * 8}


@dataclass(frozen=True)
class Sample:
    """One file, and what is said of it in ``samples.toml``."""

    source: str
    name: str
    topic: str
    expect: str
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        """The file."""
        return (FOLDER / self.source / self.name).read_bytes()

    def __str__(self) -> str:
        return f"{self.source}/{self.name}"


def path_of(url: str) -> str:
    """Return an address's path and query."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


@dataclass(frozen=True)
class FakeShop:
    """The sender's API, answering from files; what it has no answer to is 404."""

    answers: Mapping[str, bytes]
    token: str = "shop-token"
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list, compare=False)

    def get(self, url: str, headers: Mapping[str, str]) -> bytes:
        """Answer by path and query, and remember the address and the headers."""
        self.asked.append((url, headers))
        parts, path = urlsplit(url), path_of(url)
        if not is_encrypted_or_local(parts) or path not in self.answers:
            raise ShopRejected(404)
        return self.answers[path]


@dataclass(frozen=True)
class Outcome:
    """What becomes of a push: ``text`` as in ``samples.toml``, ``body`` what CoopCycle is sent."""

    text: str
    body: dict[str, object] | None = None
    order_id: str = ""


@dataclass(frozen=True)
class SourceSamples:
    """A source with its connection for trying it out and its samples."""

    name: str
    connection: Connection
    secrets: Mapping[str, str]  # with which the sender signs
    known: Mapping[str, str]  # with which the bridge verifies: the same, or the public keys
    samples: tuple[Sample, ...]
    shop: FakeShop

    @property
    def source(self) -> Source:
        """The module."""
        return sources.get(self.name)

    @property
    def deliveries(self) -> tuple[Sample, ...]:
        """The samples that become deliveries."""
        return tuple(sample for sample in self.samples if sample.expect == "delivery")

    def sign(
        self,
        sample: Sample,
        *,
        body: bytes | None = None,
        secret: str = "webhook",
        webhook_id: str = WEBHOOK_ID,
        sent_at: datetime = SENT_AT,
    ) -> Signed:
        """Return the sample, or another body in its place, as the sender would push it."""
        return self.source.sign(
            sample.body if body is None else body,
            self.secrets[secret],
            topic=sample.topic,
            webhook_id=webhook_id,
            sent_at=sent_at,
            options=self.connection.options,
        )

    def push(self, sample: Sample) -> Push:
        """Return the request in which the sample comes; a greeting is not signed."""
        if sample.expect == "greeting":
            headers = {name.lower(): value for name, value in sample.headers.items()}
            return Push(sample.body, headers, SENT_AT, method=sample.method, query=sample.query)
        return push_of(self.sign(sample))

    def verify(self, push: Push, *secrets: str) -> None:
        """Verify under the secrets of those names."""
        self.source.verify(push, [self.known[name] for name in secrets], self.connection.options)

    def asked_for(self, payload: Payload) -> list[str]:
        """Return what the sender's API is asked for a payload."""
        shop = FakeShop(self.shop.answers)
        self.source.fetch(payload, self.connection.options, shop)
        return [path_of(url) for url, _ in shop.asked]

    def outcome(self, push: Push) -> Outcome:
        """Do what receiver and worker do with a push that was verified, up to the call."""
        order_id = ""
        try:
            if self.source.greeting(push, self.connection.options) is not None:
                return Outcome("greeting")
            message = accept(self.connection, push)
            if isinstance(message, Ignored):
                return Outcome(f"ignored: {message.reason}")
            assert not isinstance(message, PrivacyMessage)
            order_id = message.order_id
            return self.outcome_of(message.payload, order_id=order_id)
        except BridgeError as error:
            return Outcome(f"error: {error.code}", order_id=order_id)

    def outcome_of(self, payload: Payload, *, order_id: str = "") -> Outcome:
        """Do what the worker does, up to the call; errors pass."""
        planned = plan_webhook(self.connection, payload, self.shop, OfflineInstance(), now=SENT_AT)
        return _outcome(planned.delivery, order_id)

    def outcome_of_fetched(self, payload: Payload, *, order_id: str = "") -> Outcome:
        """Do what the worker does with a payload that was fetched, up to the call; errors pass."""
        order = parse_order(self.connection, payload)
        return _outcome(order, order_id) if isinstance(order, Ignored) else self.outcome_of_order(order)

    def outcome_of_order(self, order: Order) -> Outcome:
        """Plan an order's delivery and write CoopCycle's body; errors pass."""
        return _outcome(plan(order, self.connection, OfflineInstance(), now=SENT_AT), order.order_id)


def _outcome(planned: Delivery | Ignored, order_id: str) -> Outcome:
    if isinstance(planned, Ignored):
        return Outcome(f"ignored: {planned.reason}", order_id=order_id)
    return Outcome("delivery", json.loads(json.dumps(delivery_body(planned))), order_id=order_id)


def push_of(signed: Signed, received_at: datetime = SENT_AT) -> Push:
    """Return a sender's push as the functions see it: header names in lower case."""
    headers = {name.lower(): value for name, value in signed.headers.items()}
    return Push(signed.body, headers, received_at, signed.path_secret)


def payload_of(push: Push, webhook: Webhook) -> Payload:
    """Return what the worker gets of a verified push."""
    return Payload(push.body, webhook.topic, push.received_at, push.content_type)


def files(name: str) -> set[str]:
    """Return the sample files that lie in a source's folder, those of the shop's API not among them."""
    return {path.name for path in (FOLDER / name).iterdir() if path.is_file()} - set(_NO_SAMPLES)


def load(name: str) -> SourceSamples:
    """Read what there is of a source.

    Raises:
        FileNotFoundError: a folder, ``connection.toml`` or ``samples.toml`` is missing.

    """
    folder = FOLDER / name
    listed = tomllib.loads((folder / "samples.toml").read_text(encoding="utf-8"))
    given = listed.pop("secrets", {})
    private, public = _rsa_keys() if uses_rsa(name) else (_SECRETS, _SECRETS)
    answers = {path: (folder / file).read_bytes() for path, file in listed.pop("api", {}).items()}
    return SourceSamples(
        name=name,
        connection=parse_connection(name, (folder / "connection.toml").read_text(encoding="utf-8")),
        secrets={**private, **given},
        known={**public, **given},
        samples=tuple(Sample(source=name, name=file, **{"topic": "", **row}) for file, row in listed.items()),
        shop=FakeShop(answers),
    )


def uses_rsa(name: str) -> bool:
    """Tell whether a source signs with RSA, which takes long and keys of its own."""
    return re.search(r"\bRS(A|256)", sources.get(name).TRAITS.signature) is not None


@cache
def _rsa_keys() -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Make private keys and their public ones, in PEM."""
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
    )

    private: dict[str, str] = {}
    public: dict[str, str] = {}
    for name in _SECRETS:
        key = generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        private[name] = pem.decode("ascii")
        public_format = PublicFormat.SubjectPublicKeyInfo
        public[name] = key.public_key().public_bytes(Encoding.PEM, public_format).decode("ascii")
    return private, public


@cache
def load_all() -> Mapping[str, SourceSamples]:
    """Read all that is complete, once; what is missing is for the contract's own test to say."""
    there = (name for name in sources.NAMES if (FOLDER / name / "samples.toml").is_file())
    return MappingProxyType({name: load(name) for name in there})
