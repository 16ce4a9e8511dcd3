"""An AWS emulator that counts, the template's queues and tables in it, and one connection."""

from __future__ import annotations

import base64
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import boto3
from tests.support.on_the_layer import ACCOUNT

from bridge.operator.connections import write_connection
from bridge_laptop import sam_template, secrets
from bridge_laptop.http_server import Server
from bridge_laptop.local import moto_server, provisioning


@dataclass
class Counting:
    """The emulator, with its calls counted as "service.Operation", and the items that PutItem wrote."""

    application: Any
    calls: Counter[str] = field(default_factory=Counter)
    items: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Count one call and answer it."""
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        call = target.partition(".")[0].partition("_")[0] + "." + target.rpartition(".")[2]
        self.calls[call] += 1
        if call == "DynamoDB.PutItem":
            sent = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
            environ["wsgi.input"] = BytesIO(sent)
            self.items.append(json.loads(sent)["Item"])
        return self.application(environ, start_response)


def item_bytes(item: Mapping[str, Any]) -> int:
    """Return what DynamoDB counts of an item as it is sent: names and values.

    "DynamoDB item sizes and formats" (Developer Guide): a list or map has three bytes more, and one for each
    member; a number half a byte a digit and one or two more. Bytes travel as base64.
    """
    return sum(len(name.encode()) + _bytes_of(value) for name, value in item.items())


def _bytes_of(attribute: Mapping[str, Any]) -> int:
    ((kind, value),) = attribute.items()
    match kind:
        case "M":
            return 3 + item_bytes(value) + len(value)
        case "L":
            return 3 + sum(1 + _bytes_of(each) for each in value)
        case "S":
            return len(value.encode())
        case "B":
            return len(base64.b64decode(value))
        case "N":
            return len(value) // 2 + 2
        case _:
            return 1


@dataclass
class Place:
    """Where functions find what the template made."""

    url: str
    environment: dict[str, str]  # of every function
    names: dict[str, str]
    calls: Counter[str]
    items: list[dict[str, Any]]  # as PutItem wrote them
    clients: dict[str, Any]

    def connect(self, connection_id: str, settings: str, **given: str) -> None:
        """Put a connection in force."""
        values = secrets.local_defaults(connection_id) | given
        write_connection(self.clients["ssm"], provisioning.CONNECTIONS_PATH, connection_id, settings, values)


TIMINGS = {
    "BRIDGE_SETTLE_SECONDS": "1",
    "BRIDGE_BACKOFF_BASE_SECONDS": "0.1",
    "BRIDGE_HTTP_READ_TIMEOUT_SECONDS": "8",
}


@contextmanager
def place(**more: str) -> Iterator[Place]:
    """Make it; ``more`` are environment variables that choose among the template's parameters."""
    counting = Counting(moto_server.application())
    server = Server(counting)
    server.start()
    kept = dict(os.environ)
    os.environ.update({**ACCOUNT, "AWS_ENDPOINT_URL": server.url})
    try:
        moto_server.empty()
        template = sam_template.load()
        names = provisioning.provision(template, {**os.environ, **TIMINGS, **more})
        environment: dict[str, str] = {}
        for function in sam_template.functions(template, names):
            environment |= function.environment
        environment |= {**ACCOUNT, **TIMINGS, "AWS_ENDPOINT_URL": server.url}
        clients = {
            name: boto3.client(name)  # type: ignore[call-overload]  # a name of three
            for name in ("sqs", "ssm", "dynamodb")
        }
        counting.calls.clear()
        yield Place(server.url, environment, names, counting.calls, counting.items, clients)
    finally:
        os.environ.clear()
        os.environ.update(kept)
        server.stop()
