"""What the dispatcher asks of the world around it: the table, the delay queue, one CoopCycle instance."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from bridge.coopcycle.answers import Identity
from bridge.dispatching.record import DeliveryRecord
from bridge.model import Listing, Receipt
from bridge.planning.plan import Instance
from bridge.receiving.messages import Recheck


class Deliveries(Protocol):
    """The table of orders, as :class:`bridge.aws.deliveries.DeliveriesTable` implements it."""

    def load(self, connection_id: str, order_id: str) -> DeliveryRecord | None:
        """Return the order's record."""

    def save(self, record: DeliveryRecord) -> DeliveryRecord:
        """Store it if nobody else has in between, and return it with its new version."""


class Rechecks(Protocol):
    """Where orders wait to be looked at again, as :class:`bridge.aws.queues.RechecksQueue` does it."""

    def send(self, recheck: Recheck, *, delay_seconds: float) -> None:
        """Have the order looked at after the delay."""


class CoopCycle(Instance, Protocol):
    """What is asked of one instance, as :class:`bridge.coopcycle.client.CoopCycleClient` does it."""

    def create_delivery(self, body: Mapping[str, object]) -> Receipt:
        """POST /api/deliveries."""

    def get_delivery(self, iri: str) -> Receipt:
        """GET the delivery."""

    def update_delivery(self, iri: str, body: Mapping[str, object]) -> Receipt:
        """PUT the delivery."""

    def cancel_delivery(self, iri: str) -> None:
        """DELETE the delivery."""

    def me(self) -> Identity:
        """Tell whose credentials these are."""

    def list_deliveries(
        self, store_iri: str, *, before_from: datetime, before_to: datetime, timezone: str
    ) -> Listing:
        """List the deliveries whose dropoff window ends within the range."""

    def list_recent_deliveries(self, store_iri: str) -> Listing:
        """List the newest deliveries."""
