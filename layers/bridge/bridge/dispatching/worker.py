"""One queue message in the worker: decode, dispatch, and say what happens to the message next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from botocore.exceptions import BotoCoreError, ClientError

from bridge.connections.model import Connection
from bridge.dispatching.dispatcher import Dispatcher
from bridge.dispatching.outcomes import Outcome, Result
from bridge.dispatching.privacy import Compliance
from bridge.dispatching.retries import GIVE_UP_AFTER, Backoff
from bridge.errors import (
    AwsRefused,
    AwsUnavailable,
    BridgeError,
    CoopCycleRejected,
    CredentialsRejected,
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
    WebhookMessage,
    read_message,
)

REFUSED_FOR_GOOD = frozenset(
    {"ValidationException", "ItemCollectionSizeLimitExceededException", "InvalidParameterValue"}
    | {"InvalidMessageContents", "AWS.SimpleQueueService.MessageTooLong"}
)


class MendableConnections(Connections, Protocol):
    """Connections that somebody may mend while orders wait for it."""

    def doubt(self, connection_id: str) -> None:
        """Look soon whether somebody has mended it."""


class Parking(Protocol):
    """Where what no record can hold is put aside, as :class:`bridge.aws.queues.ParkedQueue` does it."""

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
        connections: MendableConnections,
        dispatcher: Dispatcher,
        parking: Parking,
        compliance: Compliance,
        backoff: Backoff,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._connections = connections
        self._dispatcher = dispatcher
        self._parking = parking
        self._compliance = compliance
        self._backoff = backoff
        self._clock = clock

    def handle(self, text: str, *, message_id: str, queued_at: datetime, receive_count: int = 1) -> Handled:
        """Dispatch one message, or park it when only a person can help.

        What can be retried is parked too once it has been on the queue for a day.

        Raises:
            RetryableError: the message must come again, after its ``wait_seconds``.

        """
        message: QueueMessage | None = None
        try:
            message = read_message(text)
            result = self._result_of(message, receive_count)
        except UnreadableMessage as error:
            reason = ParkReason("unreadable_message", f"not a message of the bridge: {error}")
        except RetryableError as error:
            if isinstance(error, CredentialsRejected) and message is not None:
                self._connections.doubt(message.connection_id)
            if self._clock() - queued_at < GIVE_UP_AFTER:
                error.wait_seconds = self._wait(error, receive_count)
                raise
            reason = ParkReason(error.code, f"tried for a day: {error}")
        except (PermanentError, RejectedWebhook) as error:
            reason = _park_reason(error)
        else:
            return Handled(result, message)
        return self._park(message, reason, text=text, message_id=message_id)

    def _result_of(self, message: QueueMessage, receive_count: int) -> Result:
        with _aws_errors():
            connection, secrets = self._connections.get(message.connection_id)
            if isinstance(message, PrivacyMessage):
                return self._compliance.handle(connection, message)
            if isinstance(message, Recheck):
                return self._dispatcher.recheck(connection, secrets, message)
            return self._dispatcher.dispatch(
                connection,
                secrets,
                message,
                retry_in=lambda error: self._wait(error, receive_count),
                first_time=receive_count == 1,
            )

    def _wait(self, error: RetryableError, receive_count: int) -> float:
        """Choose once how long a message waits; what the order's record says of it is then true."""
        if error.wait_seconds is None:
            error.wait_seconds = self._backoff.seconds_until_retry(receive_count, error)
        return error.wait_seconds

    def _park(
        self, message: QueueMessage | None, reason: ParkReason, *, text: str, message_id: str
    ) -> Handled:
        """Put the message aside: in its order's record, and where that cannot be on the dead-letter queue."""
        in_record = False
        if isinstance(message, PrivacyMessage):
            with suppress(AwsRefused), _aws_errors():
                self._compliance.park(message, reason, message_id=message_id, text=text)
                in_record = True
        elif message is not None:
            connection = self._connection_of(message)
            with suppress(AwsRefused), _aws_errors():
                in_record = self._dispatcher.park(
                    message, connection, reason, message_id=message_id, text=text
                )
        if not in_record:
            with _aws_errors():
                self._parking.park(text=text, message_id=message_id, reason=reason, parked_at=self._clock())
        return Handled(Result(Outcome.PARKED, reason.code), message)

    def _connection_of(self, message: WebhookMessage | Recheck) -> Connection | None:
        """Return the message's connection; parking waits for nothing that may have been why it is parked."""
        with suppress(BridgeError, ClientError, BotoCoreError):
            return self._connections.get(message.connection_id)[0]
        return None


@contextmanager
def _aws_errors() -> Iterator[None]:
    """Tell what AWS refuses for good from what may work the next time.

    Codes of DynamoDB (an item over 400 KB, a key that is too long) and of SQS (a message over 1 MiB,
    characters that it does not take): the same request would be refused again.
    """
    try:
        yield
    except ClientError as error:
        code = _aws_code(error)
        if error.response["Error"]["Code"] in REFUSED_FOR_GOOD:
            raise AwsRefused(f"AWS refuses what would have to be stored ({code})") from error
        raise AwsUnavailable(code) from error
    except BotoCoreError as error:
        raise AwsUnavailable(_aws_code(error)) from error


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
