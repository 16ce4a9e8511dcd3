"""In: a request of the page for dispatchers. Out: HTML. Must not: answer anything personal to a stranger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.console.composition import console
from bridge.startup import made_at_start
from bridge.telemetry import logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

made_at_start(console)


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, object], context: LambdaContext) -> dict[str, object]:
    """Handle one API Gateway HTTP API event, payload format 2.0."""
    return console().handle(event)
