"""One queue message in the worker: decode, dispatch, and say what happens to the message next."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from botocore.exceptions import BotoCoreError, ClientError

from bridge.dispatching.dispatcher import Dispatcher, Result
from bridge.dispatching.privacy import Compliance
from bridge.errors import (
    AwsUnavailable,
    CoopCycleRejected,
    PermanentError,
    RejectedWebhook,
    RetryableError,
    UnknownConnection,
)
from bridge.receiving.http import Connections
from bridge.receiving.messages import (
    ParkReason,
    PrivacyMessage,
    QueueMessage,
    Recheck,
    UnreadableMessage,
    read_message,
)

BACKOFF_CEILING = 30  # times the base: 15 minutes for a base of 30 seconds
GIVE_UP_AFTER = timedelta(hours=24)  # on the queue; an outage this long is a person's matter


class Parking(Protocol):
    """Where messages are put aside, as :class:`bridge.aws.queues.ParkedQueue` does it."""

    def park(self, *, text: str, message_id: str, reason: ParkReason, parked_at: datetime) -> None:
        """Put the message aside with its reason."""


@dataclass(frozen=True, slots=True)
class Handled:
    """What became of a message; ``message`` is ``None`` when it could not be read."""

    result: Result
    message: QueueMessage | None


class Worker:
    """Handles queue messages of any connection."""

    def __init__(
        self,
        connections: Connections,
        dispatcher: Dispatcher,
        parking: Parking,
        compliance: Compliance,
        *,
        clock: Callable[[], datetime],
        random: Callable[[], float],
        backoff_base_seconds: float,
    ) -> None:
        self._connections = connections
        self._dispatcher = dispatcher
        self._parking = parking
        self._compliance = compliance
        self._clock = clock
        self._random = random
        self._backoff_base_seconds = backoff_base_seconds

    def handle(self, text: str, *, message_id: str, queued_at: datetime) -> Handled:
        """Dispatch one message, or park it when only a person can help.

        What can be retried is parked too once it has been on the queue for a day.

        Raises:
            RetryableError: the message must come again.

        """
        try:
            return self._handle(text, message_id=message_id, queued_at=queued_at)
        except (ClientError, BotoCoreError) as error:
            raise AwsUnavailable(_aws_code(error)) from error

    def _handle(self, text: str, *, message_id: str, queued_at: datetime) -> Handled:
        message: QueueMessage | None = None
        try:
            message = read_message(text)
            result = self._result_of(message)
        except UnreadableMessage as error:
            reason = ParkReason("unreadable_message", f"not a message of the bridge: {error}")
        except RetryableError as error:
            if self._clock() - queued_at < GIVE_UP_AFTER:
                raise
            reason = ParkReason(error.code, f"tried for a day: {error}")
        except (PermanentError, RejectedWebhook) as error:
            reason = _park_reason(error)
        else:
            return Handled(result, message)
        if message is not None and not isinstance(message, PrivacyMessage):
            self._dispatcher.note_parked(message, reason.code)
        self._parking.park(text=text, message_id=message_id, reason=reason, parked_at=self._clock())
        return Handled(Result("parked", reason.code), message)

    def _result_of(self, message: QueueMessage) -> Result:
        connection, secrets = self._connections.get(message.connection_id)
        if isinstance(message, PrivacyMessage):
            return self._compliance.handle(connection, message)
        if isinstance(message, Recheck):
            return self._dispatcher.recheck(connection, secrets, message)
        return self._dispatcher.dispatch(connection, secrets, message)

    def seconds_until_retry(self, receive_count: int, error: Exception | None) -> float:
        """Return how long a failed message stays invisible: growing, with jitter, never less than asked.

        The base doubles with each receive up to thirty times itself; jitter takes away up to a quarter.
        """
        factor = min(2.0 ** min(max(receive_count - 1, 0), 16), BACKOFF_CEILING)
        delay = self._backoff_base_seconds * factor * (1 - self._random() / 4)
        if isinstance(error, RetryableError) and error.retry_after_seconds is not None:
            delay = max(delay, error.retry_after_seconds)
        return math.ceil(delay)


def _park_reason(error: PermanentError | RejectedWebhook) -> ParkReason:
    if isinstance(error, CoopCycleRejected):
        paths = tuple(violation.property_path for violation in error.violations)
        return ParkReason(error.code, str(error), paths)
    if isinstance(error, UnknownConnection):
        return ParkReason(error.code, "the connection was removed; apply it again, then redrive")
    if isinstance(error, RejectedWebhook):
        return ParkReason(error.code, f"the body cannot be read: {error.reason}")
    return ParkReason(error.code, str(error))


def _aws_code(error: ClientError | BotoCoreError) -> str:
    """Name the failure without the request, which may hold an order."""
    if isinstance(error, ClientError):
        return f"{error.operation_name}: {error.response['Error']['Code']}"
    return type(error).__name__
