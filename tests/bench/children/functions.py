"""Run by Lambda's Python on the layer alone: calls a handler often, and after each call the bare floor.

Reads {"mode": …, "functions": folder, …} and prints milliseconds of CPU and of the clock, and bytes logged.
"""

from __future__ import annotations

import importlib.util
import io
import json
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any


class Context:
    """What handlers and the Logger read of Lambda's context."""

    function_name = "bench"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:eu-west-3:123456789012:function:bench"
    aws_request_id = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"


class Log(io.StringIO):
    """Standard output while the handler runs; counts instead of keeping."""

    written = 0

    def write(self, text: str) -> int:
        """Count."""
        self.written += len(text.encode())
        return len(text)


def function(folder: str, name: str) -> ModuleType:
    """Load a function."""
    spec = importlib.util.spec_from_file_location(name, Path(folder) / name / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Times:
    """Milliseconds of CPU and of the clock, and bytes logged, one of each a call."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.cpu: list[float] = []
        self.clock: list[float] = []
        self.logged: list[int] = []

    def take(self, call: Callable[[], object]) -> Any:
        """Time one call."""
        before, cpu, clock = self._log.written, time.process_time(), time.perf_counter()
        came = call()
        self.clock.append((time.perf_counter() - clock) * 1000)
        self.cpu.append((time.process_time() - cpu) * 1000)
        self.logged.append(self._log.written - before)
        return came

    def as_json(self, leave_out: int) -> dict[str, Any]:
        """Return all but the first few."""
        return {
            "cpu": self.cpu[leave_out:],
            "clock": self.clock[leave_out:],
            "logged": self.logged[leave_out:],
            "first": self.cpu[0],
        }


def receive(app: ModuleType, asked: dict[str, Any], log: Log) -> dict[str, Any]:
    """Receive each event, and send the same body bare."""
    ours, floor = Times(log), Times(log)
    if asked.get("floor"):
        import boto3

        sqs = boto3.client("sqs")
    for number, event in enumerate(asked["events"]):
        assert ours.take(lambda event=event: app.lambda_handler(event, Context))["statusCode"] == 200
        if asked.get("floor"):
            floor.take(
                lambda number=number, event=event: sqs.send_message(
                    QueueUrl=os.environ["WEBHOOKS_QUEUE_URL"],
                    MessageBody=event["body"],
                    MessageGroupId=f"floor-{number}",
                    MessageDeduplicationId=f"floor-{number}",
                )
            )
    skipped = asked.get("skipped", 0)
    return {"ours": ours.as_json(skipped), "floor": floor.as_json(skipped) if floor.cpu else None}


def dispatch(app: ModuleType, asked: dict[str, Any], log: Log) -> dict[str, Any]:
    """Dispatch each batch, and after each do the bare minimum of its orders: two writes and a POST for each."""
    ours, floor = Times(log), Times(log)
    if asked.get("floor"):
        import boto3
        import requests

        dynamodb, session = boto3.client("dynamodb"), requests.Session()
    table = os.environ["DELIVERIES_TABLE_NAME"]

    def bare(number: int) -> None:
        item = {"connection_id": {"S": "floor"}, "order_id": {"S": str(number)}, "text": {"S": asked["item"]}}
        dynamodb.put_item(TableName=table, Item=item)
        session.post(
            f"{asked['coopcycle']}/api/deliveries",
            data=asked["body"].encode(),
            headers={"Content-Type": "application/ld+json", "Authorization": "Bearer x"},
            timeout=10,
        )
        dynamodb.put_item(TableName=table, Item=item)

    def side_by_side(numbers: list[int]) -> None:
        if len(numbers) == 1:
            bare(numbers[0])
            return
        with ThreadPoolExecutor(len(numbers)) as threads:
            list(threads.map(bare, numbers))

    for number, event in enumerate(asked["events"]):
        assert ours.take(lambda event=event: app.lambda_handler(event, Context)) == {"batchItemFailures": []}
        if asked.get("floor"):
            numbers = [number * 100 + each for each in range(len(event["Records"]))]
            floor.take(lambda numbers=numbers: side_by_side(numbers))
    skipped = asked.get("skipped", 0)
    return {"ours": ours.as_json(skipped), "floor": floor.as_json(skipped) if floor.cpu else None}


def most_memory() -> float:
    """Return the most megabytes that this program had in memory."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def main() -> None:
    """Do what is asked."""
    asked = json.load(sys.stdin)
    log, stdout = Log(), sys.stdout
    sys.stdout = log
    os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"] = "on-demand"
    name, work = {"receive": ("receive_webhook", receive), "dispatch": ("dispatch_delivery", dispatch)}[
        asked["mode"]
    ]
    app = function(asked["functions"], name)
    if "processor" in asked:  # until now an environment has a whole one
        (Path(asked["processor"]) / "cgroup.procs").write_text(str(os.getpid()))
    came = work(app, asked, log)
    came["most_mb"] = most_memory()
    stdout.write("\n" + json.dumps(came) + "\n")


if __name__ == "__main__":
    main()
