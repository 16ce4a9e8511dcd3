"""Senders whose webhooks only say which order has changed: the worker asks their API for the order itself."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from bridge.document import Fields, load_object
from bridge.errors import MalformedWebhook
from bridge.model import Ignored
from bridge.reasons import Reason
from bridge.sources.shared.base import Options, Payload, Push, Shop, Source, Webhook


class NotifyingSource(Source):
    """What these senders have in common: a JSON object that names its kind of event and an order."""

    TOPIC_FIELD: ClassVar[str]  # the member of the notification that names the kind of event

    def identify(self, push: Push, options: Options) -> Webhook | Ignored:
        """Find out which order a verified notification is about.

        Ignored: ``topic`` for a kind of event we do not follow, and what :meth:`ignore` says.

        Raises:
            MalformedWebhook: ``topic_missing``, ``order_id_missing``, ``order_id_malformed``, or what
                :func:`~bridge.document.load_object` says.

        """
        event = Fields(load_object(push.body))
        topic = event.optional_text(self.TOPIC_FIELD)
        if not topic:
            raise MalformedWebhook("topic_missing")
        if topic not in self.TOPICS:
            return Ignored(Reason.TOPIC)
        if (ignored := self.ignore(event, options)) is not None:
            return ignored
        return Webhook(topic, webhook_id=self.webhook_id(event, push), order_id=self.order_id(event))

    def fetch(self, payload: Payload, options: Options, shop: Shop) -> Payload:
        """Ask the sender's API for the order; see :meth:`ask`.

        Raises:
            ShopUnavailable: no usable answer, or not this order.
            ShopRejected: a wrong token, or one of another shop.
            InvalidConnection: no token, or a setting of the source's is missing or wrong.
            MalformedWebhook: bytes which :meth:`identify` refuses too.

        """
        event = Fields(load_object(payload.body))
        topic = event.optional_text(self.TOPIC_FIELD)
        if topic and topic not in self.TOPICS:
            return Payload(payload.body, topic, payload.received_at, payload.content_type)
        raw = self.ask(self.order_id(event), options, shop)
        return Payload(raw, payload.topic, payload.received_at, "application/json")

    def ignore(self, event: Fields, options: Options) -> Ignored | None:
        """Say why a notification of a topic that we follow is none of ours; ``None`` when it is."""
        return None

    @abstractmethod
    def webhook_id(self, event: Fields, push: Push) -> str:
        """Return the sender's id of the push, "" where it gives none."""

    @abstractmethod
    def order_id(self, event: Fields) -> str:
        """Return which order a notification names.

        Raises:
            MalformedWebhook: ``order_id_missing`` or ``order_id_malformed``.

        """

    @abstractmethod
    def ask(self, order_id: str, options: Options, shop: Shop) -> bytes:
        """Return the order as a JSON object, whatever of it the sender's API has under several addresses.

        Raises:
            ShopUnavailable: no usable answer, or not this order.
            ShopRejected: a wrong token, or one of another shop.
            InvalidConnection: no token, or a setting of the source's is missing or wrong.

        """
