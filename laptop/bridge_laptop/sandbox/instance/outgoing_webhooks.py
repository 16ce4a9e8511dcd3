"""CoopCycle's own webhooks: what the instance sends out when a courier acts.

Recorded in outgoing_webhooks.json. The body is signed as it is sent, with slashes escaped as PHP does, and
carries no number and no time. One worker sends one message at a time, after the commit: a receiver that hangs
is waited for, and everybody behind it waits too. All subscriptions of an event are served by one message, in
the order of their registration: the first that fails ends the round, so that those after it get nothing, and
the next try starts again with the first. After the last pause the message is lost.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from dataclasses import dataclass

import requests

from bridge_laptop.sandbox.instance.database import Instance
from bridge_laptop.sandbox.instance.model import Delivery, Webhook

EVENTS = (
    "delivery.assigned",
    "delivery.started",
    "delivery.picked",
    "delivery.in_transit",
    "delivery.completed",
    "delivery.failed",
    "order.created",
)
_TIMEOUT_SECONDS = 60  # PHP's default; 12 s are recorded as waited for


@dataclass(frozen=True)
class Sent:
    """One try to reach a subscriber."""

    event: str
    object: str
    url: str
    status: int | None


@dataclass(frozen=True)
class _Message:
    """An event on its way to a store's subscribers."""

    due: float
    event: str
    object: str
    store: int
    tries: int = 0


def encode(object_iri: str, event: str) -> bytes:
    """Return the exact bytes that are signed and sent."""
    body = {"data": {"object": object_iri, "event": event}}
    return json.dumps(body, separators=(",", ":")).replace("/", "\\/").encode()


def sign(body: bytes, secret: str) -> str:
    """Return the signature of a body; the key is the text of the secret, not what it encodes."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


class Outbox:
    """Sends events from one thread of its own, so that no request waits for a subscriber."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._changed = threading.Condition()
        self._waiting: list[_Message] = []
        self._worker: threading.Thread | None = None
        self._generation = 0
        self.sent: list[Sent] = []

    def halt(self) -> None:
        """Drop what is still to be sent, and forget what was sent."""
        with self._changed:
            self._generation += 1
            self._worker = None
            self._waiting = []
            self.sent = []
            self._changed.notify_all()

    def fire(self, event: str, delivery: Delivery) -> None:
        """Tell the subscribers of the delivery's store."""
        if self._subscribers(event, delivery.store.id):
            with self._changed:
                self._waiting.append(_Message(time.monotonic(), event, delivery.iri, delivery.store.id))
                self._start()
                self._changed.notify_all()

    def _start(self) -> None:
        if self._worker is None:
            arguments = (self._generation,)
            self._worker = threading.Thread(target=self._work, args=arguments, daemon=True, name="webhooks")
            self._worker.start()

    def _subscribers(self, event: str, store: int) -> list[Webhook]:
        with self._instance.lock:
            clients = {each.id for each in self._instance.seed.clients.values() if each.store == store}
            webhooks = [self._instance.webhooks[number] for number in sorted(self._instance.webhooks)]
        return [each for each in webhooks if each.event == event and each.client in clients]

    def _work(self, generation: int) -> None:
        while (message := self._next(generation)) is not None:
            if self._reached_all(message, generation):
                continue
            pauses = self._instance.seed.instance.webhook_pauses_seconds
            with self._changed:
                if generation == self._generation and message.tries < len(pauses):
                    due = time.monotonic() + pauses[message.tries]
                    tries = message.tries + 1
                    self._waiting.append(_Message(due, message.event, message.object, message.store, tries))

    def _next(self, generation: int) -> _Message | None:
        """Wait for the message that is due first; none when the sender was halted."""
        with self._changed:
            while generation == self._generation:
                first = min(self._waiting, key=lambda message: message.due, default=None)
                pause = first.due - time.monotonic() if first else None
                if first and pause is not None and pause <= 0:
                    self._waiting.remove(first)
                    return first
                self._changed.wait(pause)
        return None

    def _reached_all(self, message: _Message, generation: int) -> bool:
        body = encode(message.object, message.event)
        for subscriber in self._subscribers(message.event, message.store):
            status = _post(subscriber, body)
            with self._changed:
                if generation != self._generation:
                    return True
                self.sent.append(Sent(message.event, message.object, subscriber.url, status))
            if status is None or not 200 <= status < 300:
                return False
        return True


def _post(subscriber: Webhook, body: bytes) -> int | None:
    """Send an event to one subscriber; none when there was no answer."""
    headers = {
        "X-CoopCycle-Signature": sign(body, subscriber.secret),
        "Content-Type": "application/json",
        "Accept": "*/*",
        "User-Agent": "Symfony HttpClient (Curl)",
        "Accept-Encoding": "gzip",
    }
    try:
        with requests.Session() as session:
            session.headers.clear()
            answered = session.post(
                subscriber.url, data=body, headers=headers, timeout=_TIMEOUT_SECONDS, allow_redirects=False
            )
            return answered.status_code
    except requests.RequestException:
        return None
