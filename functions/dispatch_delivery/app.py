"""In: a batch of accepted webhooks. Out: deliveries on CoopCycle. Must not: lose or guess anything."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bridge.aws.batches import BatchResponse, QueueRecord, process_groups
from bridge.dispatching.outcomes import metrics_of_retry
from bridge.errors import RetryableError
from bridge.metrics import Measured, Metric
from bridge.receiving.messages import UnreadableMessage, read_message
from bridge.runtime import dispatch_runtime
from bridge.startup import made_at_start
from bridge.telemetry import Waiting, logger, publish

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

made_at_start(dispatch_runtime)


def subject_of(record: QueueRecord) -> tuple[str, str]:
    """Return the ids of a message's connection and order; empty when it cannot be read."""
    try:
        message = read_message(record.body)
    except UnreadableMessage:
        return "", ""
    return message.connection_id, message.order_id


class Batch:
    """One invocation: remembers why a message failed, to choose when it comes again."""

    def __init__(self) -> None:
        self.runtime = dispatch_runtime()
        self.errors: dict[str, Exception] = {}
        self.measured: list[Measured] = []  # appended to by the threads of the batch
        self.waiting = Waiting(Metric.OLDEST_WAITING_ORDER)

    def handle(self, record: QueueRecord) -> None:
        """Handle one message; whatever is raised leaves it on the queue."""
        with self.waiting.since(record.sent_timestamp, lambda: subject_of(record)[0]):
            self._handle(record)

    def _handle(self, record: QueueRecord) -> None:
        try:
            handled = self.runtime.worker.handle(
                record.body,
                message_id=record.message_id,
                queued_at=datetime.fromtimestamp(int(record.sent_timestamp) / 1000, UTC),
                receive_count=record.receive_count,
            )
        except RetryableError as error:
            self.errors[record.message_id] = error
            self.measured += map(Measured, metrics_of_retry(error.code))
            connection_id, order_id = subject_of(record)
            logger.info(
                "message will be retried",
                connection_id=connection_id,
                order_id=order_id,
                outcome="retried",
                reason=error.code,
                detail=str(error),
            )
            raise
        except Exception as error:
            self.errors[record.message_id] = error
            self.measured.append(Measured(Metric.MESSAGE_RETRIED))
            connection_id, order_id = subject_of(record)
            logger.exception(
                "message failed",
                connection_id=connection_id,
                order_id=order_id,
                outcome="retried",
                reason="unexpected",
            )
            raise
        result, message = handled.result, handled.message
        of = message.connection_id if message else ""
        self.measured += [Measured(metric, of) for metric in result.metrics]
        logger.info(
            "message handled",
            connection_id=of,
            topic=message.topic if message else "",
            webhook_id=message.webhook_id if message else "",
            order_id=message.order_id if message else "",
            outcome=result.outcome,
            reason=result.reason,
            delivery=result.delivery_iri,
            twins_removed=result.twins_removed,
            twins_left=result.twins_left,
        )

    def postpone(self, records: list[QueueRecord]) -> None:
        """Choose when a failed message, and those of its order behind it, come again."""
        first = records[0]
        error = self.errors.get(first.message_id)
        seconds = error.wait_seconds if isinstance(error, RetryableError) else None
        if seconds is None:
            receives = first.receive_count
            seconds = self.runtime.backoff.seconds_until_retry(receives, error)
        for record in records:
            self.runtime.queue.postpone(record.receipt_handle, seconds)


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> BatchResponse:
    """Handle one SQS event and answer which messages are to come again."""
    batch = Batch()
    response = process_groups(event, batch.handle, batch.postpone)
    publish(batch.measured + batch.waiting.measured + batch.runtime.stopwatch.drain())
    return response
