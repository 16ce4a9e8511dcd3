"""A queue in, Lambda events out: what Lambda's SQS event source mapping does in AWS.

Receives batches, invokes the function, deletes what succeeded and leaves the rest to its visibility
timeout. That one message group is never at work twice is the queue's own doing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from bridge_laptop.lambda_events import queue_event
from bridge_laptop.local.runtimes import FunctionFailed, Runtime

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

LOOK_AGAIN_SECONDS = 0.2  # no long poll: moto, asked to wait, spins while a group is blocked


class Poller:
    """Feeds one function from one queue with as many threads as the event source may run at once."""

    def __init__(
        self,
        runtime: Runtime,
        *,
        queue_url: str,
        queue_arn: str,
        batch_size: int,
        concurrency: int,
        again: Callable[[], bool] = lambda: False,
    ) -> None:
        """Start nothing yet.

        ``again`` tells whether a message that was handled is delivered once more all the same, as SQS may
        do ("at-least-once delivery" in its developer guide); then it is not deleted and comes back.
        """
        self._runtime = runtime
        self._queue_url = queue_url
        self._queue_arn = queue_arn
        self._batch_size = batch_size
        self._again = again
        self._delivered_again: set[str] = set()  # message ids; only the first delivery is doubled
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, name=f"poller-{number}", daemon=True)
            for number in range(concurrency)
        ]

    def start(self) -> None:
        """Begin to poll."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish what is at work and end."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(timeout=10)

    def _run(self) -> None:
        sqs = boto3.session.Session().client("sqs")
        while not self._stopping.is_set():
            try:
                messages = sqs.receive_message(
                    QueueUrl=self._queue_url,
                    MaxNumberOfMessages=self._batch_size,
                    AttributeNames=["All"],
                    MessageAttributeNames=["All"],
                ).get("Messages", [])
                if not messages:
                    self._stopping.wait(LOOK_AGAIN_SECONDS)
                    continue
                failed = self._invoke(messages)
                done = [message for message in messages if message["MessageId"] not in failed]
                for message in done:
                    if self._keeps(message["MessageId"]):
                        continue
                    sqs.delete_message(QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"])
            except (ClientError, BotoCoreError):
                self._stopping.wait(1)  # the emulator is away; Lambda's poller goes on trying as well

    @property
    def delivered_again(self) -> int:
        """Return how many messages were delivered once more although they had been handled."""
        return len(self._delivered_again)

    def _keeps(self, message_id: str) -> bool:
        if message_id in self._delivered_again or not self._again():
            return False
        self._delivered_again.add(message_id)
        return True

    def _invoke(self, messages: list[MessageTypeDef]) -> set[str]:
        try:
            answer = self._runtime.invoke(queue_event(messages, self._queue_arn))
        except FunctionFailed:
            return {message["MessageId"] for message in messages}
        return {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
