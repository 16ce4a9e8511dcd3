"""Run by Lambda's Python on the built layer alone: imports all of it, and calls each function for real.

Reads {"functions": folder, "events": [HTTP events], "queue_arn": text} and prints what came of it.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import pkgutil
import sys
from pathlib import Path
from types import ModuleType
from typing import Any


class Context:
    """What handlers and the Logger read of Lambda's context."""

    function_name = "everything"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:eu-west-3:123456789012:function:everything"
    aws_request_id = "1"


def function(folder: str, name: str) -> ModuleType:
    """Load a function's artefact."""
    spec = importlib.util.spec_from_file_location(name, Path(folder) / name / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def queued(sqs: Any, url: str) -> list[dict[str, Any]]:
    """Take every message, as the event source mapping hands it over."""
    records: list[dict[str, Any]] = []
    while True:
        taken = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"])
        if not taken.get("Messages"):
            return records
        records += [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message["Attributes"],
                "eventSource": "aws:sqs",
            }
            for message in taken["Messages"]
        ]


def main() -> None:
    """Do everything once."""
    asked = json.load(sys.stdin)
    import os

    import boto3

    import bridge

    imported = [each.name for each in pkgutil.walk_packages(bridge.__path__, "bridge.")]
    for name in imported:
        importlib.import_module(name)
    receive = function(asked["functions"], "ReceiveWebhookFunction")
    answers = {
        event["pathParameters"]["connection_id"]: receive.lambda_handler(event, Context)["statusCode"]
        for event in asked["events"]
    }
    dispatch = function(asked["functions"], "DispatchDeliveryFunction")
    records = queued(boto3.client("sqs"), os.environ["WEBHOOKS_QUEUE_URL"])
    failed = dispatch.lambda_handler({"Records": records}, Context)["batchItemFailures"]
    for name in ("QueueRecheckFunction", "ReceiveEventFunction"):
        function(asked["functions"], name).lambda_handler({"Records": []}, Context)
    page = function(asked["functions"], "ShowConsoleFunction").lambda_handler(asked["page"], Context)

    from bridge.aws.token_caches import SsmTokenCache

    SsmTokenCache(boto3.client("ssm"), "/bridge/dev/tokens").get("none")
    print(
        json.dumps(
            {
                "modules": len(imported),
                "answers": answers,
                "records": len(records),
                "failed": len(failed),
                "page": page["statusCode"],
                "outside": sorted(
                    {
                        str(module.__file__)
                        for module in sys.modules.values()
                        if "site-packages" in (getattr(module, "__file__", None) or "")
                    }
                ),
            }
        )
    )


if __name__ == "__main__":
    main()
