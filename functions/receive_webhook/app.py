"""In: a webhook over HTTP. Out: a message on WebhooksQueue.fifo and an answer. Must not: call anyone else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from bridge.errors import InvalidConnection, RejectedWebhook
from bridge.metrics import Measured, Metric
from bridge.receiving.http import Request
from bridge.runtime import prepare_receiver, receiver
from bridge.startup import made_at_start
from bridge.telemetry import logger, publish

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

made_at_start(receiver, for_a_snapshot=prepare_receiver)

ALARMING = {
    "invalid_signature": [Metric.SIGNATURE_REJECTED],
    "invalid_connection": [Metric.CONNECTION_INVALID],
}


def answer(status: int, **fields: str) -> dict[str, object]:
    """Return an HTTP API answer; empty fields are left out."""
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json"},
        "body": json.dumps({name: value for name, value in fields.items() if value}),
    }


def receive(event: Mapping[str, object]) -> tuple[Request | None, dict[str, object], str]:
    """Receive one request and translate what became of it into an answer, a metric and one log line.

    Returns the request where it could be read, the answer, and the code of what was wrong.
    """
    request: Request | None = None
    try:
        request = Request.from_event(event)
        if request.method == "OPTIONS":  # a browser asks whether a page's script may send the form
            return request, {"statusCode": 204, "headers": {}}, ""
        receipt = receiver().receive(request)
    except (RejectedWebhook, InvalidConnection) as error:
        status = error.status if isinstance(error, RejectedWebhook) else 500
        known = request.connection_id if request and error.code != "unknown_connection" else ""
        logger.warning(
            "webhook rejected",
            connection_id=known,
            outcome="rejected",
            code=error.code,
            reason=error.reason if isinstance(error, RejectedWebhook) else str(error),
        )
        metrics = [Metric.WEBHOOK_REJECTED, *ALARMING.get(error.code, ())]
        publish(Measured(metric, known) for metric in metrics)
        return request, answer(status, outcome="rejected", error=error.code), error.code
    logger.info(
        "webhook received",
        connection_id=request.connection_id,
        source=receipt.source,
        topic=receipt.topic,
        webhook_id=receipt.webhook_id,
        order_id=receipt.order_id,
        outcome=receipt.outcome,
        reason=receipt.reason,
    )
    publish([Measured(receipt.outcome.metric, request.connection_id)])
    if receipt.greeting:
        greeting = {"statusCode": 200, "headers": {"content-type": "text/plain"}, "body": receipt.greeting}
        return request, greeting, ""
    told = answer(200, outcome=receipt.outcome, reason=receipt.reason, order_id=receipt.order_id)
    return request, told, ""


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, object], context: LambdaContext) -> dict[str, object]:
    """Handle one API Gateway HTTP API event, payload format 2.0."""
    request, told, error = receive(event)
    connection = receiver().visited(request) if request and request.is_a_browsers else None
    if request is None or connection is None:
        return told
    from bridge.receiving.visitors import shown  # senders that are servers do not pay for it

    return shown(request, told, connection, error=error)
