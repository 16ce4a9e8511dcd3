"""In: rechecks that are due. Out: the same on WebhooksQueue.fifo, in their order's group. Must not: do more.

A FIFO queue cannot delay a single message, and only its message groups keep a recheck from running beside a
webhook of the same order; so a recheck waits on a queue of its own and then joins its order's group.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.aws.batches import BatchResponse, QueueRecord, process_each
from bridge.receiving.messages import read_recheck
from bridge.runtime import webhooks_queue
from bridge.telemetry import logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def queue_recheck(record: QueueRecord) -> None:
    """Send one recheck on; whatever is raised leaves it where it is, and the batch logs it."""
    message = read_recheck(record.body)
    webhooks_queue().send_recheck(message, deduplication_id=f"recheck/{record.message_id}")
    logger.info(
        "recheck queued",
        connection_id=message.connection_id,
        order_id=message.order_id,
        outcome="accepted",
    )


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> BatchResponse:
    """Handle one SQS event and answer which messages are to come again."""
    return process_each(event, queue_recheck)
