"""The composition root: what a function needs, built once per execution environment.

Nothing happens at import but imports (in Lambda the functions build it then: :mod:`bridge.startup`), and the
worker's imports happen only when the worker is built: the receiving function must not pay for ``requests``
and ``phonenumbers``. The clients are botocore's own: boto3 would only hand them on, and its import is a part
of every cold start.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore import __version__ as botocore_version
from botocore.config import Config

from bridge import sources
from bridge.aws.connections import DISPATCHING, RECEIVING, ConnectionStore
from bridge.aws.known_ids import KnownIds
from bridge.aws.queues import ParkedQueue, RechecksQueue, WebhooksQueue
from bridge.metrics import Stopwatch
from bridge.receiving.http import Receiver
from bridge.settings import (
    DispatchSettings,
    EventSettings,
    ReceiveSettings,
    RecheckSettings,
    RetentionSettings,
)

if TYPE_CHECKING:
    from bridge.connections.model import Connection, Secrets
    from bridge.coopcycle.breaker import CircuitBreaker
    from bridge.coopcycle.client import CoopCycleClient
    from bridge.coopcycle.token import TokenCache
    from bridge.dispatching.privacy import Retention
    from bridge.dispatching.retries import Backoff
    from bridge.dispatching.worker import Worker
    from bridge.receiving.events import EventReceiver


def utc_now() -> datetime:
    """Return the present, aware."""
    return datetime.now(UTC)


_OF_EACH_CALL = Config(
    parameter_validation=False,  # AWS checks too; ours are checked against its models by the tests
    user_agent=f"coopcycle-bridge Botocore/{botocore_version}",  # else put together anew for each request
)


def _client(session: botocore.session.Session, service: str) -> Any:
    """Return a client; those of one session share what botocore has read of its models."""
    return session.create_client(service, config=_OF_EACH_CALL)


@lru_cache(maxsize=1)
def receiver() -> Receiver:
    """Return the receiver of this environment."""
    settings = ReceiveSettings.from_env(os.environ)
    session = botocore.session.Session()
    ssm = _client(session, "ssm")
    known_ids = KnownIds(ssm, settings.connection_ids_path)
    return Receiver(
        ConnectionStore(ssm, settings.connections_path, RECEIVING, known_ids=known_ids),
        WebhooksQueue(_client(session, "sqs"), settings.webhooks_queue_url),
        clock=utc_now,
    )


def prepare_receiver() -> None:
    """Make and import all that any webhook may need, without a call to AWS: a snapshot is taken after it."""
    receiver()
    for name in sources.NAMES:
        sources.get(name)


@dataclass(frozen=True, slots=True)
class DispatchRuntime:
    """What ``dispatch_delivery`` works with."""

    worker: Worker
    queue: WebhooksQueue
    backoff: Backoff
    stopwatch: Stopwatch


def token_cache(settings: DispatchSettings, session: botocore.session.Session | None = None) -> TokenCache:
    """Return the token cache that the template's parameter TokenCache chose."""
    from bridge.aws.token_caches import DynamoDbTokenCache, SsmTokenCache

    session = session or botocore.session.Session()
    if settings.token_cache == "ssm":  # the name of a cache
        return SsmTokenCache(_client(session, "ssm"), settings.tokens_path)
    return DynamoDbTokenCache(_client(session, "dynamodb"), settings.tokens_table_name)


class CoopCycleClients:
    """One client per connection and credentials, one circuit breaker per instance, kept while we live."""

    def __init__(
        self,
        cache: TokenCache,
        *,
        read_timeout_seconds: float,
        open_seconds: float,
        stopwatch: Stopwatch | None = None,
    ) -> None:
        self._cache = cache
        self._read_timeout_seconds = read_timeout_seconds
        self._open_seconds = open_seconds
        self._stopwatch = stopwatch  # where nobody drains one, nothing is collected
        self._breakers: dict[str, CircuitBreaker] = {}
        self._clients: dict[tuple[str, str, str, str], CoopCycleClient] = {}
        self._lock = threading.Lock()

    def __call__(self, connection: Connection, secrets: Secrets) -> CoopCycleClient:
        """Return the client of a connection."""
        from bridge.coopcycle.breaker import CredentialsBreaker
        from bridge.coopcycle.client import CoopCycleClient
        from bridge.coopcycle.token import TokenProvider

        key = (connection.coopcycle_url, connection.scope, secrets.client_id, secrets.client_secret)
        with self._lock:
            client = self._clients.get(key)
            if client is None:
                tokens = TokenProvider(
                    base_url=connection.coopcycle_url,
                    client_id=secrets.client_id,
                    client_secret=secrets.client_secret,
                    scope=connection.scope,
                    cache=self._cache,
                )
                client = CoopCycleClient(
                    connection.coopcycle_url,
                    tokens,
                    read_timeout_seconds=self._read_timeout_seconds,
                    breaker=self._breaker(connection.coopcycle_url),
                    took=self._took(connection.coopcycle_url),
                    credentials_breaker=CredentialsBreaker(
                        open_seconds=self._open_seconds, clock=time.monotonic
                    ),
                )
                self._clients[key] = client
        return client

    def _took(self, url: str) -> Callable[[float], None] | None:
        return self._stopwatch.of(url.partition("://")[2]) if self._stopwatch else None

    def _breaker(self, coopcycle_url: str) -> CircuitBreaker:
        from bridge.coopcycle.breaker import CircuitBreaker

        if coopcycle_url not in self._breakers:
            self._breakers[coopcycle_url] = CircuitBreaker(
                open_seconds=self._open_seconds, clock=time.monotonic
            )
        return self._breakers[coopcycle_url]


@lru_cache(maxsize=1)
def dispatch_runtime() -> DispatchRuntime:
    """Return what ``dispatch_delivery`` works with in this environment."""
    from bridge.aws.deliveries import DeliveriesTable
    from bridge.dispatching.dispatcher import Dispatcher
    from bridge.dispatching.privacy import Compliance
    from bridge.dispatching.retries import Backoff
    from bridge.dispatching.worker import Worker
    from bridge.sources.shared.shop_api import ShopApi

    settings = DispatchSettings.from_env(os.environ)
    session = botocore.session.Session()
    sqs = _client(session, "sqs")
    deliveries = DeliveriesTable(_client(session, "dynamodb"), settings.deliveries_table_name)
    parked = ParkedQueue(sqs, settings.dead_letter_queue_url)
    backoff = Backoff(settings.backoff_base_seconds, random.random)
    stopwatch = Stopwatch()
    dispatcher = Dispatcher(
        deliveries,
        RechecksQueue(sqs, settings.rechecks_queue_url),
        CoopCycleClients(
            token_cache(settings, session),
            read_timeout_seconds=settings.http_read_timeout_seconds,
            open_seconds=settings.backoff_base_seconds,
            stopwatch=stopwatch,
        ),
        lambda secrets: ShopApi(secrets.shop_token, read_timeout_seconds=settings.http_read_timeout_seconds),
        clock=utc_now,
        settle_seconds=settings.settle_seconds,
    )
    worker = Worker(
        ConnectionStore(_client(session, "ssm"), settings.connections_path, DISPATCHING),
        dispatcher,
        parked,
        Compliance(
            deliveries,
            (parked, *(ParkedQueue(sqs, url) for url in settings.events_queue_urls)),
            clock=utc_now,
        ),
        backoff,
        clock=utc_now,
    )
    return DispatchRuntime(worker, WebhooksQueue(sqs, settings.webhooks_queue_url), backoff, stopwatch)


@lru_cache(maxsize=1)
def retention() -> Retention:
    """Return what ``redact_orders`` works with in this environment."""
    from bridge.aws.deliveries import DeliveriesTable
    from bridge.dispatching.privacy import Retention

    settings = RetentionSettings.from_env(os.environ)
    table = DeliveriesTable(_client(botocore.session.Session(), "dynamodb"), settings.deliveries_table_name)
    return Retention(table, kept_for=timedelta(days=settings.retention_days))


@lru_cache(maxsize=1)
def webhooks_queue() -> WebhooksQueue:
    """Return the queue to which ``queue_recheck`` sends what is due."""
    settings = RecheckSettings.from_env(os.environ)
    return WebhooksQueue(_client(botocore.session.Session(), "sqs"), settings.webhooks_queue_url)


@lru_cache(maxsize=1)
def event_receiver() -> EventReceiver:
    """Return what ``receive_event`` works with in this environment."""
    from bridge.aws.connection_index import ConnectionIndex
    from bridge.receiving.events import EventReceiver

    settings = EventSettings.from_env(os.environ)
    session = botocore.session.Session()
    return EventReceiver(
        ConnectionIndex(_client(session, "ssm"), settings.connections_path),
        WebhooksQueue(_client(session, "sqs"), settings.webhooks_queue_url),
        source_name=settings.shopify_event_source_name,
        clock=utc_now,
    )
