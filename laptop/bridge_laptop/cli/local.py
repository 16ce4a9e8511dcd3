"""`bridge local`: the stack in the foreground, with one sample order put through."""

from __future__ import annotations

import logging
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
import click
import requests

from bridge.aws.deliveries import DeliveriesTable
from bridge.dispatching.record import State
from bridge.errors import InvalidConnection
from bridge.operator.logs import read_entry
from bridge_laptop.cli.happenings import Happenings
from bridge_laptop.cli.stopping import Stopping
from bridge_laptop.local import sample
from bridge_laptop.local.running_stack import announced
from bridge_laptop.local.stack import EndpointNotReachable, LocalStack, Options, running

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


@click.command()
@click.option("--port", default=3000, show_default=True, help="Port of the HTTP front.")
@click.option("--coopcycle-url", help="An instance to use instead of the sandbox.")
@click.option("--aws-endpoint", help="An AWS emulator to use instead of moto in this process.")
@click.option(
    "--connections",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of connection files.  [default: connections/]",
)
@click.option(
    "--runtime",
    type=click.Choice(["inprocess", "rie"]),
    default="inprocess",
    show_default=True,
    help="Handlers in this process, or each under the Lambda Runtime Interface Emulator.",
)
@click.option("--no-sample", is_flag=True, help="Put no sample order through.")
@click.option(
    "--log-level",
    type=click.Choice(LEVELS, case_sensitive=False),
    help="Print the functions' own log too, from this level on.  [default: warnings that no line tells]",
)
def local(
    port: int,
    coopcycle_url: str | None,
    aws_endpoint: str | None,
    connections: Path | None,
    runtime: str,
    no_sample: bool,
    log_level: str | None,
) -> None:
    """Run the whole bridge on this machine until Ctrl-C.

    Prints a line for each webhook that comes in (-->) and for what becomes of its order (<--).
    """
    teller = _Teller(log_level)
    options = Options(port=port, coopcycle_url=coopcycle_url, aws_endpoint=aws_endpoint, runtime=runtime)
    options.tell, options.log_level = teller, "DEBUG" if log_level == "DEBUG" else "INFO"
    if connections is not None:
        options.connections = connections
    stopping = Stopping()
    try:
        with running(options) as stack, announced(stack.state()):
            teller.know(stack)
            _print_addresses(stack)
            if not no_sample:
                _put_sample_through(stack, stopping)
            print(
                f"\nReady. Ctrl-C stops everything. What happens is on the page:\nopen {stack.url}",
                flush=True,
            )
            stopping.wait()
            print("Stopping.", flush=True)
    except InvalidConnection as error:
        _fail("\n".join(error.problems))
    except (EndpointNotReachable, FileNotFoundError) as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"port {port}: {error.strerror or error}; choose another with --port")


class _Teller:
    """Prints what happens, and the functions' own log as far as it is wanted."""

    def __init__(self, log_level: str | None) -> None:
        self._happenings = Happenings()
        self._level = logging.getLevelNamesMapping()[log_level or "WARNING"]
        self._prints_all = log_level is not None  # also what is told anyway

    def know(self, stack: LocalStack) -> None:
        """Know the orders of a stack by their names from now on."""
        self._happenings.load = DeliveriesTable(boto3.client("dynamodb"), stack.names["DeliveriesTable"]).load

    def __call__(self, function: str, at: datetime, text: str) -> None:
        """Print what a line of a function tells."""
        entry = read_entry(text, at, function)
        told = self._happenings.line(entry) if entry else None
        if told is not None:
            click.echo(told)
        level = logging.getLevelNamesMapping().get(entry.level, logging.ERROR) if entry else logging.INFO
        if level >= self._level and (told is None or self._prints_all):
            click.echo(text, err=True)


def _fail(message: str) -> None:
    print(message, file=sys.stderr)
    sys.exit(1)


def _print_addresses(stack: LocalStack) -> None:
    ours = " (our sandbox)" if stack.sandbox else ""
    print(f"bridge      {stack.url}/webhooks/{{connection_id}}")
    print(f"CoopCycle   {stack.coopcycle_url}{ours}")
    print(f"AWS         {stack.aws_endpoint}")
    if stack.containers.gateway:
        print(f"containers  reach both at {stack.containers.gateway}, their gateway (for `bridge sam-local`)")
    print(f"connections {', '.join(stack.connections) or 'none'}", flush=True)


def _put_sample_through(stack: LocalStack, stopping: Stopping) -> None:
    connection_id = next((c.connection_id for c in stack.connections.values() if c.source == "shopify"), None)
    if connection_id is None:
        print("\nNo connection of a Shopify shop here: no sample order was sent.")
        return
    try:
        order_id = sample.send(stack, connection_id)
    except requests.RequestException as error:
        print(f"\nThe sample order was not accepted: {error}")
        return
    print(f"\nA signed Shopify order was sent to {stack.url}/webhooks/{connection_id}", flush=True)
    record = sample.wait_for(stack, connection_id, order_id)
    if stopping.is_asked:
        return
    if record is None or record.state is not State.CREATED:
        state = record.state.value if record else "waiting"
        print(
            f"It is {state} ({record.reason if record else ''}); is CoopCycle up, are the credentials right?"
        )
        return
    delivery = sample.fetch_delivery(stack, connection_id, record.delivery_iri)
    print(f"CoopCycle holds order {record.order_name} as {record.delivery_iri}:\n")
    for name in ("pickup", "dropoff"):
        print("\n".join(_task_lines(name, delivery[name])))
    print(f"  tracking  {record.tracking_url}")


def _task_lines(name: str, task: dict[str, Any]) -> list[str]:
    address = task.get("address") or {}
    lines = [
        f"  {name:<9} {address.get('streetAddress', '')}",
        f"            {task['after']} – {task['before']}",
    ]
    contact = " ".join(str(address[key]) for key in ("contactName", "telephone") if address.get(key))
    if contact:
        lines.append(f"            {contact}")
    lines += [f"            {line}" for line in (task.get("comments") or "").splitlines()]
    return lines
