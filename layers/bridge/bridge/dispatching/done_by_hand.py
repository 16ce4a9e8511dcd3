"""A later webhook of an order that a person has closed as done by hand: nothing of it is booked any more."""

from __future__ import annotations

from bridge.connections.model import Connection
from bridge.dispatching.outcomes import Outcome, Result
from bridge.dispatching.record import DeliveryRecord
from bridge.errors import DoneByHand, PermanentError, RejectedWebhook
from bridge.model import Ignored
from bridge.planning.read_order import read_order
from bridge.reasons import Reason
from bridge.receiving.messages import WebhookMessage
from bridge.sources.shared.base import Shop


def pass_over(connection: Connection, message: WebhookMessage, record: DeliveryRecord, shop: Shop) -> Result:
    """Return that nothing is done; what cannot be read is no cancel that anybody could act on.

    Raises:
        RetryableError: the shop could not be asked.
        DoneByHand: the shop cancels what a person has made on CoopCycle; once is enough.

    """
    try:
        parsed = read_order(connection, message.payload, shop)
    except (PermanentError, RejectedWebhook):
        parsed = None
    told = any(each.code == DoneByHand.code for each in record.parked)
    if isinstance(parsed, Ignored) and parsed.retracts and not told:
        raise DoneByHand(parsed.reason)
    return Result(Outcome.IGNORED, Reason.DONE_BY_HAND)
