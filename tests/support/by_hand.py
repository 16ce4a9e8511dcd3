"""What a dispatcher does by hand on CoopCycle, and what he sees there."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import boto3
import requests
from tests.component.conftest import Bridge, Sandbox

from bridge.aws.deliveries import DeliveriesTable
from bridge.dispatching.record import DeliveryRecord

Order = Callable[..., bytes]
NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
REFERENCE = "acme/7"


def at(minutes: float) -> str:
    """Return a moment relative to the present, as Shopify writes it."""
    return (NOW + dt.timedelta(minutes=minutes)).isoformat()


def record_of(bridge: Bridge, order_id: str = "7") -> DeliveryRecord:
    """Return the order's record."""
    record = DeliveriesTable(boto3.client("dynamodb"), bridge.names["DeliveriesTable"]).load("acme", order_id)
    assert record is not None
    return record


def as_the_store(sandbox: Sandbox) -> dict[str, str]:
    """Return the headers of a request with the store's own token."""
    form = {"grant_type": "client_credentials", "scope": "tasks deliveries"}
    token = requests.post(f"{sandbox.url}/oauth2/token", data=form, auth=("acme", "acme-secret"), timeout=5)
    return {
        "Authorization": f"Bearer {token.json()['access_token']}",
        "Accept": "application/ld+json",
        "Content-Type": "application/ld+json",
    }


def held(sandbox: Sandbox, iri: str) -> dict[str, Any]:
    """Return a delivery as CoopCycle shows it."""
    answer = requests.get(f"{sandbox.url}{iri}", headers=as_the_store(sandbox), timeout=5)
    shown: dict[str, Any] = answer.json()
    return shown


def commit_late(sandbox: Sandbox, like: str, reference: str) -> None:
    """Book what an order's request that CoopCycle commits late books: with its reference, like a delivery."""
    shown = held(sandbox, like)
    body = {
        "pickup": {key: shown["pickup"][key] for key in ("after", "before")},
        "dropoff": {
            "after": shown["dropoff"]["after"],
            "before": shown["dropoff"]["before"],
            "address": {"streetAddress": shown["dropoff"]["address"]["streetAddress"]},
            "metadata": {"bridge_ref": reference},
        },
    }
    made = requests.post(
        f"{sandbox.url}/api/deliveries", headers=as_the_store(sandbox), data=json.dumps(body), timeout=5
    )
    assert made.status_code == 201, made.text


def again(bridge: Bridge, message: dict[str, Any]) -> list[str]:
    """Dispatch until the breaker lets a probe through."""
    for _ in range(50):
        failed = bridge.dispatch([message])
        if not failed:
            break
    return failed


def dispatcher(sandbox: Sandbox, task: int, do: str = "", **body: Any) -> None:
    """Do by hand what a dispatcher does to a task on CoopCycle."""
    answer = requests.put(
        f"{sandbox.url}/api/tasks/{task}{do}",
        json=body,
        headers={"Authorization": "Bearer dispatcher", "Content-Type": "application/ld+json"},
        timeout=5,
    )
    assert answer.status_code == 200, answer.text


def task_of(sandbox: Sandbox, iri: str, kind: str) -> int:
    """Return the number of a delivery's pickup or dropoff."""
    number: int = held(sandbox, iri)[kind]["id"]
    return number
