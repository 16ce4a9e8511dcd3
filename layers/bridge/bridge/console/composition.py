"""The page's own composition root: built once per execution environment, while that starts."""

from __future__ import annotations

import os
from datetime import timedelta
from functools import lru_cache

import boto3

from bridge.console.desk import Desk
from bridge.console.live import LiveCoopCycle
from bridge.console.routes import Console, SignIn
from bridge.dispatching.retries import BACKOFF_CEILING, GIVE_UP_AFTER
from bridge.operator.deployment import Deployment, Timings
from bridge.runtime import utc_now
from bridge.settings import ConsoleSettings

READ_TIMEOUT_SECONDS = 3.0  # the most that somebody who looks at a page waits for CoopCycle


@lru_cache(maxsize=1)
def console() -> Console:
    """Return the page of this environment."""
    settings = ConsoleSettings.from_env(os.environ)
    deployment = Deployment(
        environment=settings.environment,
        is_local=not settings.sign_in_url,
        client=lambda service: boto3.client(service),  # type: ignore[call-overload]  # its name
        webhook_url=settings.webhook_url,
        webhooks_queue_url=settings.webhooks_queue_url,
        parked_queue_url=settings.dead_letter_queue_url,
        deliveries_table_name=settings.deliveries_table_name,
        tokens_table_name=settings.tokens_table_name,
        token_cache=settings.token_cache,
        timings=Timings(
            settle=timedelta(seconds=settings.settle_seconds),
            longest_wait=timedelta(seconds=settings.backoff_base_seconds * BACKOFF_CEILING),
            gives_up_after=GIVE_UP_AFTER,
        ),
        backoff_base_seconds=settings.backoff_base_seconds,
        http_read_timeout_seconds=min(READ_TIMEOUT_SECONDS, settings.http_read_timeout_seconds),
        order_indexes=settings.order_indexes,
    )
    _ = deployment.orders, deployment.ssm  # whose clients are made now, and not while somebody waits
    return Console(
        Desk(deployment, utc_now),
        LiveCoopCycle(deployment, utc_now, believed_seconds=settings.believed_seconds),
        SignIn(settings.sign_in_url, settings.sign_in_client_id),
        clock=utc_now,
    )
