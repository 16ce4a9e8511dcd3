"""In: events of a partner event bus. Out: the same on WebhooksQueue.fifo. Must not: ask or call a shop.

A rule of EventBridge cannot choose the message group of a FIFO queue from the event, and only a group for
each order keeps its webhooks apart; so events wait on a queue of their own until this function sorts them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.aws.batches import BatchResponse, QueueRecord, process_each
from bridge.errors import InvalidConnection, RejectedWebhook
from bridge.metrics import Measured, Metric
from bridge.runtime import event_receiver
from bridge.telemetry import Waiting, logger, publish

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


class Batch:
    """One invocation: what was counted, and how long the events have waited that must wait on."""

    def __init__(self) -> None:
        self.measured: list[Measured] = []
        self.waiting = Waiting(Metric.OLDEST_WAITING_EVENT)

    def receive(self, record: QueueRecord) -> None:
        """Queue one event; whatever is raised leaves it where it is, and in the end to a person."""
        with self.waiting.since(record.sent_timestamp):
            try:
                received = event_receiver().receive(record.body)
            except (RejectedWebhook, InvalidConnection) as error:
                self.measured.append(Measured(Metric.WEBHOOK_REJECTED))
                logger.warning(
                    "event rejected",
                    outcome="rejected",
                    code=error.code,
                    reason=error.reason if isinstance(error, RejectedWebhook) else str(error),
                )
                raise
        for one in received:
            receipt = one.receipt
            self.measured.append(Measured(receipt.outcome.metric, one.connection_id))
            logger.info(
                "event received",
                connection_id=one.connection_id,
                source=receipt.source,
                topic=receipt.topic,
                webhook_id=receipt.webhook_id,
                order_id=receipt.order_id,
                outcome=receipt.outcome,
                reason=receipt.reason,
            )


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> BatchResponse:
    """Handle one SQS event and answer which messages are to come again."""
    batch = Batch()
    answer = process_each(event, batch.receive)
    publish(batch.measured + batch.waiting.measured)
    return answer
