"""In: the hour. Out: the people of orders that nothing happened to for long are forgotten. Must not: do more.

The order's row stays, with its ids, state and times: a webhook that comes later still books nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bridge.runtime import retention
from bridge.telemetry import logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Go through the part of the table whose turn it is at the event's hour."""
    redacted = retention().sweep(datetime.fromisoformat(event["time"]).astimezone(UTC))
    logger.info("retention", outcome="redacted", orders=redacted)
