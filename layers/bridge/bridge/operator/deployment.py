"""Where a deployment is: its queues, tables, parameters and connections, and the clients that reach them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bridge.aws.connections import ConnectionStore
from bridge.aws.deliveries import KEPT_FOR, DeliveriesTable
from bridge.aws.order_index import OrderIndex
from bridge.aws.queues import ParkedQueue
from bridge.dispatching.retries import BACKOFF_CEILING, GIVE_UP_AFTER
from bridge.errors import BridgeError, InvalidConnection, UnknownConnection
from bridge.operator.connections import ConnectionRegistry, connections_path
from bridge.operator.dead_letters import DeadLetters
from bridge.operator.errors import IndexesMissing, NoSuchConnection, NoSuchStack, StackTooOld, WrongConnection
from bridge.operator.parked import ParkedMessages
from bridge.planning.read_order import name_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient

    from bridge.connections.model import Connection, Secrets
    from bridge.coopcycle.client import CoopCycleClient
    from bridge.coopcycle.token import TokenCache
    from bridge.receiving.messages import WebhookMessage
    from bridge.runtime import CoopCycleClients

MakeClient = Callable[[str], Any]  # the name of a service -> boto3's client of it

# what we need -> the output of the template that says it, and the resource that the output refers to
_OUTPUTS = {
    "webhooks_queue_url": ("WebhooksQueueUrl", "WebhooksQueue"),
    "parked_queue_url": ("DeadLetterQueueUrl", "WebhooksDeadLetterQueue"),
    "deliveries_table_name": ("DeliveriesTableName", "DeliveriesTable"),
    "tokens_table_name": ("TokensTableName", "TokensTable"),  # of a stack that caches tokens in DynamoDB
}
_WEBHOOK_URL = "WebhookUrl"
_SECRETS_KEY = "SecretsKeyArn"  # of a stack whose secrets are under a key of its own
_CONSOLE_URL, _USER_POOL = "ConsoleUrl", "ConsoleUserPoolId"  # of a stack with the page for dispatchers
_EVENTS_QUEUES = {  # of a stack with an event source: resource -> the output that says it
    "EventsQueue": "EventsQueueUrl",
    "EventsDeadLetterQueue": "EventsDeadLetterQueueUrl",
}
_PARAMETERS = (
    "TokenCache",
    "SettleSeconds",
    "BackoffBaseSeconds",
    "HttpReadTimeoutSeconds",
    "OrderIndexes",
    "RetentionDays",
)
ORDER_INDEXES = 3  # how many the table of orders has in the end; CloudFormation makes one an update


@dataclass(frozen=True, slots=True)
class Timings:
    """What decides when the bridge goes on by itself."""

    settle: timedelta  # how long a call of unknown outcome may be at work
    longest_wait: timedelta  # between two tries of a message
    gives_up_after: timedelta  # then it is parked


@dataclass(frozen=True)
class Deployment:
    """One deployment, and how AWS is reached for it."""

    environment: str
    is_local: bool  # the emulator of a stack on this machine
    client: MakeClient
    webhook_url: str  # an address, to which a shop adds its connection's id
    webhooks_queue_url: str
    parked_queue_url: str
    deliveries_table_name: str
    tokens_table_name: str  # empty where tokens are kept in SSM
    token_cache: str  # dynamodb | ssm
    timings: Timings
    backoff_base_seconds: float
    http_read_timeout_seconds: float
    order_indexes: int  # of the table of orders, as many as there are so far
    retention: timedelta = KEPT_FOR  # how long what is personal is kept after an order's last change
    events_queue_urls: tuple[tuple[str, str], ...] = ()  # by the template's names; none without a source
    secrets_key: str = ""  # the KMS key of connections' secrets; empty for AWS's own
    console_url: str = ""  # of the page for dispatchers; empty without it, as is the next
    user_pool_id: str = ""
    log_level: str = "INFO"  # of the functions; what is less is not logged
    log_groups: tuple[tuple[str, str], ...] = ()  # on this machine: by the template's names

    @cached_property
    def sqs(self) -> SQSClient:
        """A client for the queues."""
        client: SQSClient = self.client("sqs")
        return client

    @cached_property
    def ssm(self) -> SSMClient:
        """A client for the connections."""
        client: SSMClient = self.client("ssm")
        return client

    @cached_property
    def _dynamodb(self) -> DynamoDBClient:
        client: DynamoDBClient = self.client("dynamodb")
        return client

    @cached_property
    def orders(self) -> DeliveriesTable:
        """The table of orders."""
        return DeliveriesTable(self._dynamodb, self.deliveries_table_name)

    @cached_property
    def index(self) -> OrderIndex:
        """The table's indexes.

        Raises:
            IndexesMissing: the stack has not all of them yet.
        """
        if self.order_indexes < ORDER_INDEXES:
            raise IndexesMissing(stack_name(self.environment), self.order_indexes)
        return OrderIndex(self._dynamodb, self.deliveries_table_name)

    @cached_property
    def connections(self) -> ConnectionStore:
        """The connections in force, as the dispatcher reads them: without the secrets of webhooks."""
        return ConnectionStore(self.ssm, connections_path(self.environment))

    @cached_property
    def registry(self) -> ConnectionRegistry:
        """The connections as they are put in force."""
        return ConnectionRegistry(self.ssm, connections_path(self.environment), self.secrets_key)

    @cached_property
    def queues_with_orders(self) -> dict[str, ParkedQueue]:
        """The queues that may hold orders for long, by the template's names of them."""
        urls = {"WebhooksDeadLetterQueue": self.parked_queue_url, **dict(self.events_queue_urls)}
        return {name: ParkedQueue(self.sqs, url) for name, url in urls.items()}

    @cached_property
    def dead_letters(self) -> DeadLetters:
        """The dead-letter queue, which has what no order's record holds."""
        return DeadLetters(self.sqs, self.parked_queue_url, self.order_name)

    @cached_property
    def parked(self) -> ParkedMessages:
        """The parked messages."""
        return ParkedMessages(
            self.sqs,
            self.webhooks_queue_url,
            self.orders,
            self.index,
            self.dead_letters,
            kept_for=self.retention,
            clock=lambda: datetime.now(UTC),
        )

    def connection(self, connection_id: str) -> tuple[Connection, Secrets]:
        """Return a connection in force, and the secrets that ask CoopCycle and the shop.

        Raises:
            NoSuchConnection: there is none of that id.
            WrongConnection: its settings do not pass the checks.
        """
        try:
            return self.connections.get(connection_id)
        except UnknownConnection as error:
            raise NoSuchConnection(connection_id, self.registry.path) from error
        except InvalidConnection as error:
            raise WrongConnection(connection_id, error.problems) from error

    def connection_ids(self) -> list[str]:
        """Return the ids of the connections in force."""
        return self.registry.ids()

    def coopcycle(self, connection: Connection, secrets: Secrets) -> CoopCycleClient:
        """Return a client of the connection's instance; it shares the functions' token."""
        return self._coopcycle_clients(connection, secrets)

    @cached_property
    def _coopcycle_clients(self) -> CoopCycleClients:
        from bridge.aws.token_caches import DynamoDbTokenCache, SsmTokenCache
        from bridge.runtime import CoopCycleClients

        caches: dict[str, Callable[[], TokenCache]] = {
            "dynamodb": lambda: DynamoDbTokenCache(self._dynamodb, self.tokens_table_name),
            "ssm": lambda: SsmTokenCache(self.ssm, tokens_path(self.environment)),
        }
        return CoopCycleClients(
            caches[self.token_cache](),
            read_timeout_seconds=self.http_read_timeout_seconds,
            open_seconds=self.backoff_base_seconds,
        )

    def order_name(self, message: WebhookMessage) -> str:
        """Return what people call a webhook's order ("#1042"); empty when nothing here tells."""
        try:
            connection, _ = self.connections.get(message.connection_id)
        except BridgeError:
            return ""
        return name_of(connection, message.payload)

    def zone_of(self, connection_id: str) -> ZoneInfo:
        """Return a connection's time zone; UTC where it has none or is gone."""
        try:
            connection, _ = self.connections.get(connection_id)
        except (UnknownConnection, InvalidConnection):
            return ZoneInfo("UTC")
        return ZoneInfo(connection.timezone or "UTC")

    def waiting(self) -> int:
        """Return how many messages, of all connections, are on the queue or at work."""
        counts = self.sqs.get_queue_attributes(
            QueueUrl=self.webhooks_queue_url,
            AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        )["Attributes"]
        return sum(int(count) for count in counts.values())


def tokens_path(environment: str) -> str:
    """Return where the tokens of an environment are, if SSM keeps them, as the template sets it."""
    return f"/bridge/{environment}/tokens"


def stack_name(environment: str) -> str:
    """Return the name of an environment's stack, as samconfig.toml sets it."""
    return f"bridge-{environment}"


def deployed(environment: str, client: MakeClient) -> Deployment:
    """Return a deployed stack, by its outputs and parameters.

    Raises:
        NoSuchStack: there is none.
        StackTooOld: it is of a version that does not say enough.
    """
    cloudformation = client("cloudformation")
    name = stack_name(environment)
    try:
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except cloudformation.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        raise NoSuchStack(name, cloudformation.meta.region_name) from error
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in stack.get("Parameters", [])}
    wanted = [_WEBHOOK_URL, *(output for output, _ in _OUTPUTS.values())]
    if parameters.get("TokenCache") == "ssm":
        wanted.remove("TokensTableName")
    missing = [output for output in wanted if output not in outputs]
    missing += [parameter for parameter in _PARAMETERS if parameter not in parameters]
    if missing:
        raise StackTooOld(name, missing)
    names = {key: outputs.get(output, "") for key, (output, _) in _OUTPUTS.items()}
    here = _deployment(
        environment, client, names, parameters, webhook_url=outputs[_WEBHOOK_URL], is_local=False
    )
    return replace(
        here,
        secrets_key=outputs.get(_SECRETS_KEY, ""),
        console_url=outputs.get(_CONSOLE_URL, ""),
        user_pool_id=outputs.get(_USER_POOL, ""),
        events_queue_urls=tuple(
            (queue, outputs[output]) for queue, output in _EVENTS_QUEUES.items() if output in outputs
        ),
    )


def on_this_machine(
    environment: str, client: MakeClient, names: Mapping[str, str], *, webhook_url: str
) -> Deployment:
    """Return a stack that runs on this machine; ``names`` are what references of the template mean there."""
    known = {key: names.get(resource, "") for key, (_, resource) in _OUTPUTS.items()}
    here = _deployment(environment, client, known, names, webhook_url=webhook_url, is_local=True)
    events = tuple((queue, names[queue]) for queue in _EVENTS_QUEUES if queue in names)
    groups = tuple((name, group) for name, group in names.items() if name.endswith("LogGroup"))
    return replace(here, events_queue_urls=events, log_groups=groups)


def _deployment(
    environment: str,
    client: MakeClient,
    names: Mapping[str, str],
    parameters: Mapping[str, str],
    *,
    webhook_url: str,
    is_local: bool,
) -> Deployment:
    backoff_base_seconds = float(parameters["BackoffBaseSeconds"])
    return Deployment(
        environment=environment,
        is_local=is_local,
        client=client,
        webhook_url=webhook_url,
        token_cache=parameters["TokenCache"],
        timings=Timings(
            settle=timedelta(seconds=float(parameters["SettleSeconds"])),
            longest_wait=timedelta(seconds=backoff_base_seconds * BACKOFF_CEILING),
            gives_up_after=GIVE_UP_AFTER,
        ),
        backoff_base_seconds=backoff_base_seconds,
        http_read_timeout_seconds=float(parameters["HttpReadTimeoutSeconds"]),
        order_indexes=int(parameters["OrderIndexes"]),
        retention=timedelta(days=int(parameters["RetentionDays"])),
        log_level=parameters.get("LogLevel", "INFO"),
        webhooks_queue_url=names["webhooks_queue_url"],
        parked_queue_url=names["parked_queue_url"],
        deliveries_table_name=names["deliveries_table_name"],
        tokens_table_name=names["tokens_table_name"],
    )
