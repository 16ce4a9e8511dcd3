"""Where a deployment is, for the operator's commands: its queues, tables and parameters, and their clients.

A deployed stack is asked for its outputs and parameters; the running `bridge local` has written down its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, update_wrapper
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

import boto3
import click
from botocore.exceptions import ClientError

from bridge.aws.connections import ConnectionStore
from bridge.aws.deliveries import DeliveriesTable
from bridge.dispatching.worker import BACKOFF_CEILING, GIVE_UP_AFTER
from bridge.errors import BridgeError, InvalidConnection, UnknownConnection
from bridge.model import Ignored
from bridge.planning.read_order import parse_order
from bridge_laptop.cli.aws import plain_aws_errors
from bridge_laptop.cli.connections import environment_option
from bridge_laptop.cli.registry import connections_path
from bridge_laptop.local import state
from bridge_laptop.parked import ParkedQueueReader
from bridge_laptop.story import Timings

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient

    from bridge.connections.model import Connection, Secrets
    from bridge.coopcycle.client import CoopCycleClient
    from bridge.receiving.messages import WebhookMessage

P = ParamSpec("P")
R = TypeVar("R")

# what we need -> the output of the template that says it, and the resource that the output refers to
_OUTPUTS = {
    "webhooks_queue_url": ("WebhooksQueueUrl", "WebhooksQueue"),
    "parked_queue_url": ("DeadLetterQueueUrl", "WebhooksDeadLetterQueue"),
    "deliveries_table_name": ("DeliveriesTableName", "DeliveriesTable"),
    "tokens_table_name": ("TokensTableName", "TokensTable"),
}
_PARAMETERS = ("TokenCache", "SettleSeconds", "BackoffBaseSeconds", "HttpReadTimeoutSeconds")


@dataclass(frozen=True)
class Deployment:
    """One deployment, and how AWS is reached for it."""

    options: str  # what a command beside this one has to be given: "--environment prod"
    environment: str
    session: boto3.session.Session
    endpoint_url: str | None
    webhooks_queue_url: str
    parked_queue_url: str
    deliveries_table_name: str
    tokens_table_name: str
    token_cache: str  # dynamodb | ssm
    timings: Timings
    http_read_timeout_seconds: float

    @property
    def connections_path(self) -> str:
        """Where SSM holds the connections."""
        return connections_path(self.environment)

    @cached_property
    def sqs(self) -> SQSClient:
        """A client for the queues."""
        return self.session.client("sqs", endpoint_url=self.endpoint_url)

    @cached_property
    def ssm(self) -> SSMClient:
        """A client for the connections."""
        return self.session.client("ssm", endpoint_url=self.endpoint_url)

    def orders(self) -> DeliveriesTable:
        """Return the table of orders."""
        return DeliveriesTable(self._dynamodb(), self.deliveries_table_name)

    def connections(self) -> ConnectionStore:
        """Return the connections in force."""
        return ConnectionStore(self.ssm, self.connections_path)

    def parked(self) -> ParkedQueueReader:
        """Return the parked messages."""
        return ParkedQueueReader(
            self.sqs,
            parked_queue_url=self.parked_queue_url,
            webhooks_queue_url=self.webhooks_queue_url,
            name_of=OrderNames(self.connections()),
        )

    def coopcycle(self, connection: Connection, secrets: Secrets) -> CoopCycleClient:
        """Return a client of the connection's instance; it shares the functions' token."""
        from bridge.aws.token_caches import DynamoDbTokenCache, SsmTokenCache
        from bridge.coopcycle.client import CoopCycleClient
        from bridge.coopcycle.token import TokenProvider

        cache: DynamoDbTokenCache | SsmTokenCache
        if self.token_cache == "ssm":  # noqa: S105  # the name of a cache
            cache = SsmTokenCache(self.ssm, f"/bridge/{self.environment}/tokens")
        else:
            cache = DynamoDbTokenCache(self._dynamodb(), self.tokens_table_name)
        tokens = TokenProvider(
            base_url=connection.coopcycle_url,
            client_id=secrets.client_id,
            client_secret=secrets.client_secret,
            scope=connection.scope,
            cache=cache,
        )
        return CoopCycleClient(
            connection.coopcycle_url, tokens, read_timeout_seconds=self.http_read_timeout_seconds
        )

    def _dynamodb(self) -> Any:
        return self.session.client("dynamodb", endpoint_url=self.endpoint_url)


class OrderNames:
    """Reads what people call an order ("#1042") out of its webhook, as far as nobody has to be asked."""

    def __init__(self, connections: ConnectionStore) -> None:
        self._connections = connections

    def __call__(self, message: WebhookMessage) -> str:
        """Return the name; empty when the connection is gone, or the body does not hold the order."""
        try:
            connection, _ = self._connections.get(message.connection_id)
            parsed = parse_order(connection, message.payload)
        except (BridgeError, LookupError):
            return ""
        return parsed.order_name if isinstance(parsed, Ignored) else parsed.name


def zone_of(connections: ConnectionStore, connection_id: str) -> ZoneInfo:
    """Return the connection's time zone; UTC where it has none or is gone."""
    try:
        connection, _ = connections.get(connection_id)
    except (UnknownConnection, InvalidConnection):
        return ZoneInfo("UTC")
    return ZoneInfo(connection.timezone or "UTC")


def deployment_options(
    command: Callable[Concatenate[Deployment, P], R],
) -> Callable[..., R]:
    """Give a command `--environment` and `--local`, and the deployment they name as its first argument.

    What boto3 raises in the command becomes one line.
    """

    def found(*args: Any, environment: str, is_local: bool, **kwargs: Any) -> R:
        with plain_aws_errors():
            deployment = local_deployment() if is_local else deployed(environment)
            return command(deployment, *args, **kwargs)

    local = click.option("--local", "is_local", is_flag=True, help="Ask the running `bridge local`.")
    return environment_option(local(update_wrapper(found, command)))


def local_deployment() -> Deployment:
    """Return the running local stack.

    Raises:
        click.ClickException: none is running.
    """
    from bridge_laptop.local.isolation import LOCAL_AWS
    from bridge_laptop.local.resources import ENVIRONMENT

    try:
        local = state.read()
    except state.NotRunning as error:
        raise click.ClickException(str(error)) from error
    session = boto3.session.Session(
        aws_access_key_id=LOCAL_AWS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=LOCAL_AWS["AWS_SECRET_ACCESS_KEY"],
        region_name=LOCAL_AWS["AWS_REGION"],
    )
    names = {name: local.names[resource] for name, (_, resource) in _OUTPUTS.items()}
    return _deployment("--local", ENVIRONMENT, session, local.aws_endpoint, names, local.names)


def deployed(environment: str) -> Deployment:
    """Return a deployed stack, by its outputs and parameters.

    Raises:
        click.ClickException: there is no such stack, or it is of a version that does not say enough.
    """
    session = boto3.session.Session()
    name = f"bridge-{environment}"
    cloudformation = session.client("cloudformation")
    try:
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        raise click.ClickException(
            f"no stack {name} in {cloudformation.meta.region_name}; deploy it, "
            "name another with --environment, or ask the running `bridge local` with --local"
        ) from error
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in stack.get("Parameters", [])}
    missing = [output for output, _ in _OUTPUTS.values() if output not in outputs]
    missing += [parameter for parameter in _PARAMETERS if parameter not in parameters]
    if missing:
        raise click.ClickException(f"stack {name} does not say {', '.join(missing)}; deploy this version")
    names = {key: outputs[output] for key, (output, _) in _OUTPUTS.items()}
    return _deployment(f"--environment {environment}", environment, session, None, names, parameters)


def _deployment(
    options: str,
    environment: str,
    session: boto3.session.Session,
    endpoint_url: str | None,
    names: Mapping[str, str],
    parameters: Mapping[str, str],
) -> Deployment:
    return Deployment(
        options=options,
        environment=environment,
        session=session,
        endpoint_url=endpoint_url,
        token_cache=parameters["TokenCache"],
        timings=Timings(
            settle=timedelta(seconds=float(parameters["SettleSeconds"])),
            longest_wait=timedelta(seconds=float(parameters["BackoffBaseSeconds"]) * BACKOFF_CEILING),
            gives_up_after=GIVE_UP_AFTER,
        ),
        http_read_timeout_seconds=float(parameters["HttpReadTimeoutSeconds"]),
        **names,
    )
