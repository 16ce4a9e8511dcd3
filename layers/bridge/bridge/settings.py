"""The environment of a function as a frozen value; a missing variable is named, never defaulted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


class MissingEnvironment(RuntimeError):
    """The function has not the variables it needs: names all of them, or says what `sam local` lacks."""


def _require(environ: Mapping[str, str], names: tuple[str, ...]) -> list[str]:
    # `sam local` hands a function the shell's credentials: without an emulator that is a real account
    if environ.get("AWS_SAM_LOCAL") and not environ.get("AWS_ENDPOINT_URL"):
        raise MissingEnvironment(
            "sam local without AWS_ENDPOINT_URL would use the AWS account of your shell; "
            "run `make run`, then `.venv/bin/bridge sam-local invoke FUNCTION`"
        )
    missing = [name for name in names if not environ.get(name)]
    if missing:
        raise MissingEnvironment("missing environment variables: " + ", ".join(missing))
    return [environ[name] for name in names]


@dataclass(frozen=True, slots=True)
class ReceiveSettings:
    """What ``receive_webhook`` reads."""

    connections_path: str
    connection_ids_path: str
    webhooks_queue_url: str

    VARIABLES = ("CONNECTIONS_PATH", "CONNECTION_IDS_PATH", "WEBHOOKS_QUEUE_URL")

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> ReceiveSettings:
        """Read the variables.

        Raises:
            MissingEnvironment: naming every missing one.

        """
        return cls(*_require(environ, cls.VARIABLES))


@dataclass(frozen=True, slots=True)
class DispatchSettings:
    """What ``dispatch_delivery`` reads; durations in seconds."""

    connections_path: str
    webhooks_queue_url: str
    dead_letter_queue_url: str
    rechecks_queue_url: str
    deliveries_table_name: str
    tokens_table_name: str  # empty where tokens are cached in SSM
    tokens_path: str
    token_cache: str  # dynamodb | ssm
    settle_seconds: float
    backoff_base_seconds: float
    http_read_timeout_seconds: float
    events_queue_urls: tuple[str, ...]  # EventsQueue and its dead letters; none without an event source

    VARIABLES = (
        "CONNECTIONS_PATH",
        "WEBHOOKS_QUEUE_URL",
        "DEAD_LETTER_QUEUE_URL",
        "RECHECKS_QUEUE_URL",
        "DELIVERIES_TABLE_NAME",
        "TOKENS_TABLE_NAME",
        "TOKENS_PATH",
        "TOKEN_CACHE",
        "BRIDGE_SETTLE_SECONDS",
        "BRIDGE_BACKOFF_BASE_SECONDS",
        "BRIDGE_HTTP_READ_TIMEOUT_SECONDS",
        "EVENTS_QUEUE_URL",
        "EVENTS_DEAD_LETTER_QUEUE_URL",
    )
    _OF_EVENTS = ("EVENTS_QUEUE_URL", "EVENTS_DEAD_LETTER_QUEUE_URL")  # empty without an event source

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> DispatchSettings:
        """Read the variables.

        Raises:
            MissingEnvironment: naming every missing one.
            ValueError: a duration that is not a number, or an unknown token cache.

        """
        in_ssm = environ.get("TOKEN_CACHE") == "ssm"
        may_be_empty = (*cls._OF_EVENTS, *(("TOKENS_TABLE_NAME",) if in_ssm else ()))
        wanted = tuple(name for name in cls.VARIABLES if name not in may_be_empty)
        values = {"TOKENS_TABLE_NAME": "", **dict(zip(wanted, _require(environ, wanted), strict=True))}
        if values["TOKEN_CACHE"] not in ("dynamodb", "ssm"):
            raise ValueError("TOKEN_CACHE must be dynamodb or ssm")
        return cls(
            connections_path=values["CONNECTIONS_PATH"],
            webhooks_queue_url=values["WEBHOOKS_QUEUE_URL"],
            dead_letter_queue_url=values["DEAD_LETTER_QUEUE_URL"],
            rechecks_queue_url=values["RECHECKS_QUEUE_URL"],
            deliveries_table_name=values["DELIVERIES_TABLE_NAME"],
            tokens_table_name=values["TOKENS_TABLE_NAME"],
            tokens_path=values["TOKENS_PATH"],
            token_cache=values["TOKEN_CACHE"],
            settle_seconds=float(values["BRIDGE_SETTLE_SECONDS"]),
            backoff_base_seconds=float(values["BRIDGE_BACKOFF_BASE_SECONDS"]),
            http_read_timeout_seconds=float(values["BRIDGE_HTTP_READ_TIMEOUT_SECONDS"]),
            events_queue_urls=tuple(environ[name] for name in cls._OF_EVENTS if environ.get(name)),
        )


@dataclass(frozen=True, slots=True)
class RecheckSettings:
    """What ``queue_recheck`` reads."""

    webhooks_queue_url: str

    VARIABLES = ("WEBHOOKS_QUEUE_URL",)

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> RecheckSettings:
        """Read the variables.

        Raises:
            MissingEnvironment: naming every missing one.

        """
        return cls(*_require(environ, cls.VARIABLES))


@dataclass(frozen=True, slots=True)
class RetentionSettings:
    """What ``redact_orders`` reads."""

    deliveries_table_name: str
    retention_days: int

    VARIABLES = ("DELIVERIES_TABLE_NAME", "RETENTION_DAYS")

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> RetentionSettings:
        """Read the variables.

        Raises:
            MissingEnvironment: naming every missing one.
            ValueError: no whole number of days.

        """
        table_name, days = _require(environ, cls.VARIABLES)
        return cls(table_name, int(days))


@dataclass(frozen=True, slots=True)
class EventSettings:
    """What ``receive_event`` reads."""

    connections_path: str
    webhooks_queue_url: str
    shopify_event_source_name: str

    VARIABLES = ("CONNECTIONS_PATH", "WEBHOOKS_QUEUE_URL", "SHOPIFY_EVENT_SOURCE_NAME")

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> EventSettings:
        """Read the variables.

        Raises:
            MissingEnvironment: naming every missing one.

        """
        return cls(*_require(environ, cls.VARIABLES))


@dataclass(frozen=True, slots=True)
class ConsoleSettings:
    """What ``show_console`` reads; durations in seconds."""

    environment: str
    webhook_url: str  # to which a shop adds its connection's id
    webhooks_queue_url: str
    dead_letter_queue_url: str
    deliveries_table_name: str
    tokens_table_name: str  # empty where tokens are cached in SSM
    token_cache: str  # dynamodb | ssm
    sign_in_url: str  # of the managed login; empty on a developer's machine, where nobody signs in
    sign_in_client_id: str
    settle_seconds: float
    backoff_base_seconds: float
    http_read_timeout_seconds: float
    believed_seconds: float  # how long what CoopCycle said of a delivery is shown without asking again
    order_indexes: int  # of the table of orders

    VARIABLES = (
        "BRIDGE_ENVIRONMENT",
        "WEBHOOK_URL",
        "WEBHOOKS_QUEUE_URL",
        "DEAD_LETTER_QUEUE_URL",
        "DELIVERIES_TABLE_NAME",
        "TOKENS_TABLE_NAME",
        "TOKEN_CACHE",
        "SIGN_IN_URL",
        "SIGN_IN_CLIENT_ID",
        "BRIDGE_SETTLE_SECONDS",
        "BRIDGE_BACKOFF_BASE_SECONDS",
        "BRIDGE_HTTP_READ_TIMEOUT_SECONDS",
        "BRIDGE_CONSOLE_BELIEVED_SECONDS",
        "ORDER_INDEXES",
    )
    _MAY_BE_EMPTY = ("TOKENS_TABLE_NAME",)

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> ConsoleSettings:
        """Read the variables; without a sign-in both of its variables must say so with "none".

        Raises:
            MissingEnvironment: naming every missing one.
            ValueError: a duration that is not a number.

        """
        required = tuple(name for name in cls.VARIABLES if name not in cls._MAY_BE_EMPTY)
        values = dict(zip(required, _require(environ, required), strict=True))
        numbers = [float(values.pop(name)) for name in required if name.endswith("_SECONDS")]
        nobody = values["SIGN_IN_URL"] == "none"
        return cls(
            environment=values["BRIDGE_ENVIRONMENT"],
            webhook_url=values["WEBHOOK_URL"],
            webhooks_queue_url=values["WEBHOOKS_QUEUE_URL"],
            dead_letter_queue_url=values["DEAD_LETTER_QUEUE_URL"],
            deliveries_table_name=values["DELIVERIES_TABLE_NAME"],
            tokens_table_name=environ.get("TOKENS_TABLE_NAME", ""),
            token_cache=values["TOKEN_CACHE"],
            sign_in_url="" if nobody else values["SIGN_IN_URL"],
            sign_in_client_id="" if nobody else values["SIGN_IN_CLIENT_ID"],
            settle_seconds=numbers[0],
            backoff_base_seconds=numbers[1],
            http_read_timeout_seconds=numbers[2],
            believed_seconds=numbers[3],
            order_indexes=int(values["ORDER_INDEXES"]),
        )
