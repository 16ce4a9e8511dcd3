"""One queue message in the worker: decode, dispatch, and say what happens to the message next."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bridge.aws.queues import ParkReason, UnreadableMessage, WebhookMessage
from bridge.dispatch import Dispatcher, Result
from bridge.errors import (
    CoopCycleRejected,
    PermanentError,
    RejectedWebhook,
    RetryableError,
    UnknownConnection,
)
from bridge.receiving import Connections

BACKOFF_CEILING = 30  # times the base: 15 minutes for a base of 30 seconds


class Parking(Protocol):
    """Where messages are put aside, as :class:`bridge.aws.queues.ParkedQueue` does it."""

    def park(
        self, *, text: str, group: str, message_id: str, reason: ParkReason, parked_at: datetime
    ) -> None:
        """Put the message aside with its reason."""


@dataclass(frozen=True, slots=True)
class Handled:
    """What became of a message; ``message`` is ``None`` when it could not be read."""

    result: Result
    message: WebhookMessage | None


class Worker:
    """Handles queue messages of any connection."""

    def __init__(
        self,
        connections: Connections,
        dispatcher: Dispatcher,
        parking: Parking,
        *,
        clock: Callable[[], datetime],
        random: Callable[[], float],
        backoff_base_seconds: float,
    ) -> None:
        self._connections = connections
        self._dispatcher = dispatcher
        self._parking = parking
        self._clock = clock
        self._random = random
        self._backoff_base_seconds = backoff_base_seconds

    def handle(self, text: str, *, group: str, message_id: str) -> Handled:
        """Dispatch one message, or park it when only a person can help.

        Raises:
            RetryableError: the message must come again.

        """
        message: WebhookMessage | None = None
        try:
            message = WebhookMessage.from_text(text)
            connection, secrets = self._connections.get(message.connection_id)
            result = self._dispatcher.dispatch(
                connection, secrets, order_id=message.order_id, payload=message.payload
            )
        except UnreadableMessage as error:
            reason = ParkReason("unreadable_message", f"not a message of the receiver: {error}")
        except UnknownConnection as error:
            reason = ParkReason(error.code, "the connection was removed; apply it again, then redrive")
        except RejectedWebhook as error:
            reason = ParkReason(error.code, f"the body cannot be read: {error.reason}")
        except CoopCycleRejected as error:
            paths = tuple(violation.property_path for violation in error.violations)
            reason = ParkReason(error.code, str(error), paths)
        except PermanentError as error:
            reason = ParkReason(error.code, str(error))
        else:
            return Handled(result, message)
        self._parking.park(
            text=text, group=group, message_id=message_id, reason=reason, parked_at=self._clock()
        )
        return Handled(Result("parked", reason.code), message)

    def seconds_until_retry(self, receive_count: int, error: Exception | None) -> float:
        """Return how long a failed message stays invisible: growing, with jitter, never less than asked.

        The base doubles with each receive up to thirty times itself; jitter takes away up to a quarter.
        With a base of 30 s and 80 receives nothing is parked within the first 14 hours.
        """
        factor = min(2.0 ** min(max(receive_count - 1, 0), 16), BACKOFF_CEILING)
        delay = self._backoff_base_seconds * factor * (1 - self._random() / 4)
        if isinstance(error, RetryableError) and error.retry_after_seconds is not None:
            delay = max(delay, error.retry_after_seconds)
        return math.ceil(delay)
