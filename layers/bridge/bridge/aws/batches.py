"""A batch of FIFO messages: orders side by side, the messages of one order in their order.

Powertools' FIFO processor keeps the order within a message group: after the first failure the rest
of the group is reported as failed, unseen. Each group has a processor and a thread of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aws_lambda_powertools.utilities.batch import SqsFifoPartialProcessor, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

Record = Mapping[str, Any]


def process_groups(
    event: Mapping[str, Any],
    handle: Callable[[SQSRecord], None],
    after_failure: Callable[[list[SQSRecord]], None],
) -> dict[str, list[dict[str, str]]]:
    """Handle every message and return Lambda's partial batch response.

    ``after_failure`` gets the failed message of a group followed by those that were not tried.
    """
    groups: dict[str, list[Record]] = {}
    for record in event["Records"]:
        groups.setdefault(record["attributes"].get("MessageGroupId", ""), []).append(record)

    def process(records: list[Record]) -> list[dict[str, str]]:
        processor = SqsFifoPartialProcessor()
        processor.raise_on_entire_batch_failure = False  # it must not fail the other groups as well
        response = process_partial_response(
            event={"Records": records}, record_handler=handle, processor=processor
        )
        failed = {str(failure["itemIdentifier"]) for failure in response["batchItemFailures"]}
        if failed:
            after_failure([SQSRecord(dict(r)) for r in records if r["messageId"] in failed])
        return [{"itemIdentifier": message_id} for message_id in sorted(failed)]

    if not groups:
        return {"batchItemFailures": []}
    with ThreadPoolExecutor(max_workers=len(groups)) as threads:
        failures = [failure for part in threads.map(process, groups.values()) for failure in part]
    return {"batchItemFailures": failures}
