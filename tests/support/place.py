"""An AWS emulator that counts, the template's queues and tables in it, and one connection."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
from tests.support.on_the_layer import ACCOUNT

from bridge.operator.connections import write_connection
from bridge_laptop import sam_template, secrets
from bridge_laptop.http_server import Server
from bridge_laptop.local import moto_server, provisioning


@dataclass
class Counting:
    """The emulator, with its calls counted as "service.Operation"."""

    application: Any
    calls: Counter[str] = field(default_factory=Counter)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Count one call and answer it."""
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        self.calls[target.partition(".")[0].partition("_")[0] + "." + target.rpartition(".")[2]] += 1
        return self.application(environ, start_response)


@dataclass
class Place:
    """Where functions find what the template made."""

    url: str
    environment: dict[str, str]  # of every function
    names: dict[str, str]
    calls: Counter[str]
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
        yield Place(server.url, environment, names, counting.calls, clients)
    finally:
        os.environ.clear()
        os.environ.update(kept)
        server.stop()
