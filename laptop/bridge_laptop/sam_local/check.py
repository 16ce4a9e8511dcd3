"""``bridge sam-local --check``: every function under ``sam local``, and what the sandbox holds afterwards."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import boto3
import requests

from bridge import sources
from bridge_laptop.local.engine import Engine
from bridge_laptop.local.stack import LocalStack, Options, running
from bridge_laptop.sam_local.orders import fresh_order
from bridge_laptop.sam_local.prepare import Prepared, clean_environment, prepare, sam_command
from bridge_laptop.sandbox.client import SandboxClient

DELIVERY_SECONDS = 60
START_SECONDS = 120


class CheckFailed(RuntimeError):
    """`sam local` did not do what Lambda would do; the text says what it did."""


def problem_of(answer: str) -> str | None:
    """Return what is wrong with what ``sam local invoke`` printed, or ``None`` for a good answer.

    The SAM CLI exits 0 when the container did not start, when the function raised and when it refused.
    """
    try:
        document = json.loads(answer)
    except ValueError:
        return "there was no answer" if not answer.strip() else f"the answer is not JSON: {answer.strip()}"
    if not isinstance(document, dict):
        return f"the answer is no object: {answer.strip()}"
    if "errorMessage" in document:
        return f"the function failed: {document.get('errorType', '')} {document['errorMessage']}"
    if document.get("batchItemFailures"):
        return f"messages failed: {json.dumps(document['batchItemFailures'])}"
    if "batchItemFailures" not in document and document.get("statusCode") != 200:
        return f"the status is {document.get('statusCode')}: {document.get('body')}"
    return None


def check(engine: Engine, sam_options: Sequence[str]) -> None:
    """Start a stack, run every function of the template against it, then the HTTP API.

    ``sam_options`` are added to each call of ``sam local``.

    Raises:
        CheckFailed: an answer or its consequence is wrong.
        CannotRun: nothing could be prepared.
    """
    with running(Options(port=0)) as stack:
        prepared = prepare(stack.state(), engine)
        _say(
            f"built for {engine.architecture}; the stack is at {stack.aws_endpoint} and {stack.coopcycle_url}"
        )
        _check_functions(stack, prepared, engine, sam_options)
        _check_http(stack, prepared, engine, sam_options)


def _check_functions(
    stack: LocalStack, prepared: Prepared, engine: Engine, sam_options: Sequence[str]
) -> None:
    for function, invocation in prepared.invocations.items():
        if function == "QueueRecheckFunction":
            continue  # below: it looks at an order that there is
        _invoke(prepared, engine, function, prepared.events[function], sam_options)
        _expect_one_delivery(stack, prepared, invocation.order.order_id)
        _say(f"{function}: order {invocation.order.name} stands in the sandbox, once")
    received = prepared.invocations["DispatchDeliveryFunction"].order
    recheck = prepared.events["QueueRecheckFunction"]
    mine = prepared.invocations["QueueRecheckFunction"].order.order_id
    recheck.write_text(recheck.read_text(encoding="utf-8").replace(mine, received.order_id), encoding="utf-8")
    _invoke(prepared, engine, "QueueRecheckFunction", recheck, sam_options)
    _expect_one_delivery(stack, prepared, received.order_id)
    _say(f"QueueRecheckFunction: order {received.name} was looked at again and still stands once")


def _invoke(
    prepared: Prepared, engine: Engine, function: str, event: Path, sam_options: Sequence[str]
) -> None:
    done = subprocess.run(  # the SAM CLI of our own virtual environment
        sam_command(prepared, ["invoke", function, "--event", str(event), *sam_options]),
        env=clean_environment(os.environ, engine),
        capture_output=True,
        text=True,
        check=False,
    )
    problem = problem_of(done.stdout)
    if problem is None and done.returncode != 0:
        problem = f"sam exited {done.returncode}"
    if problem is not None:
        raise CheckFailed(f"{function}: {problem}\n\nWhat sam said:\n{done.stderr}")
    _say(f"{function}: {done.stdout.strip()}")


def _check_http(stack: LocalStack, prepared: Prepared, engine: Engine, sam_options: Sequence[str]) -> None:
    order = fresh_order(prepared.connection, prepared.secrets, int(time.time() * 1000))
    with _start_api(prepared, engine, sam_options) as url:
        address = order.signed.address(url, prepared.connection.connection_id)
        for attempt in ("first", "second"):
            status = _post(address, order.signed, order.signed.body)
            _expect(status == 200, f"start-api, {attempt} signed push: 200", f"the status is {status}")
        _expect_one_delivery(stack, prepared, order.order_id)
        _say(f"start-api: order {order.name}, pushed twice, stands in the sandbox once")
        status = _post(address, order.signed, order.signed.body + b" ")
        _expect(status == 401, "start-api, wrong signature: 401", f"the status is {status}")


def _post(address: str, signed: sources.Signed, body: bytes) -> int:
    return requests.post(address, data=body, headers=dict(signed.headers), timeout=120).status_code


@contextlib.contextmanager
def _start_api(prepared: Prepared, engine: Engine, sam_options: Sequence[str]) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = prepared.config_file.parent / "start-api.log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # the SAM CLI of our own virtual environment
            sam_command(prepared, ["start-api", "--port", str(port), *sam_options]),
            env=clean_environment(os.environ, engine),
            stdout=output,
            stderr=output,
        )
    try:
        started = _until(lambda: _listens(port) or process.poll() is not None, START_SECONDS)
        _expect(started and process.poll() is None, "start-api listens", "it ended, or never did")
        yield f"http://127.0.0.1:{port}"
    except CheckFailed as error:
        raise CheckFailed(f"{error}\n\nWhat sam said:\n{log.read_text(encoding='utf-8')}") from error
    finally:
        process.send_signal(signal.SIGINT)  # it removes the containers that it kept
        process.wait(timeout=60)


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _expect_one_delivery(stack: LocalStack, prepared: Prepared, order_id: str) -> None:
    """Wait until the order's delivery stands in the sandbox and every message is handled: then it is one."""
    reference = f"{prepared.connection.connection_id}/{order_id}"

    def found() -> list[Any]:
        return SandboxClient(stack.coopcycle_url).deliveries_of(reference)

    arrived = _until(lambda: bool(found()) and _is_idle(stack), DELIVERY_SECONDS)
    if not arrived or len(found()) != 1:
        raise CheckFailed(f"the sandbox holds {len(found())} deliveries of {reference}, not one")


def _is_idle(stack: LocalStack) -> bool:
    """Whether no message waits or is at work on the queue of webhooks."""
    found = boto3.client("sqs").get_queue_attributes(
        QueueUrl=stack.names["WebhooksQueue"],
        AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    )
    return all(count == "0" for count in found["Attributes"].values())


def _until(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


def _expect(holds: bool, what: str, otherwise: str) -> None:
    if not holds:
        raise CheckFailed(f"{what}: {otherwise}")
    _say(what)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
