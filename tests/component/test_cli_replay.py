"""`bridge replay`: an order's webhook mapped anew, for real and as a dry run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from click.testing import Result
from tests.component.conftest import Bridge, Sandbox, settings

from bridge import runtime
from bridge.aws.deliveries import DeliveriesTable
from bridge.dispatching.record import DeliveryRecord, State

Order = Callable[..., bytes]
Run = Callable[..., Result]
NAME = "#1042"  # of the typical order
COMMENTS = '[pickup]\ncomments = "Entrée par la cour"\n'
# By them, in a diff; behind our part stands the weight that CoopCycle printed.
CHANGED = ['-    "comments": "#1042"', r'+    "comments": "#1042\nEntrée par la cour\n\n0.91 kg"']


def key(body: bytes) -> str:
    """Return the order's id."""
    return str(json.loads(body)["id"])


def handle(bridge: Bridge, body: bytes, topic: str = "orders/create", number: int = 1) -> list[str]:
    """Put a webhook through the receiver and the worker."""
    bridge.push(body, topic, webhook_id=f"webhook-{number}")
    return bridge.work()


def apply(bridge: Bridge, text: str, **secrets: str) -> None:
    """Put a connection in force, and let the functions notice it."""
    bridge.connect("acme", text, **secrets)
    runtime.dispatch_runtime.cache_clear()


def record_of(bridge: Bridge, body: bytes) -> DeliveryRecord:
    """Return the order's record."""
    table = DeliveriesTable(boto3.client("dynamodb"), bridge.names["DeliveriesTable"])
    record = table.load("acme", key(body))
    assert record is not None
    return record


def calls(sandbox: Sandbox, method: str) -> int:
    """Return how many requests with this method there were."""
    counted = sandbox.stats()["requests"].items()
    return sum(count["total"] for route, count in counted if route.startswith(f"{method} /api/deliveries"))


def delivery(sandbox: Sandbox, iri: str, change: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return a delivery as CoopCycle holds it, after a change that somebody makes there."""
    token = requests.post(
        f"{sandbox.url}/oauth2/token",
        data={"grant_type": "client_credentials", "scope": "tasks deliveries"},
        auth=("acme", "acme-secret"),
        timeout=5,
    ).json()["access_token"]
    answer = requests.request(
        "GET" if change is None else "PUT",
        sandbox.url + iri,
        data=None if change is None else json.dumps(change),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/ld+json"},
        timeout=5,
    )
    answer.raise_for_status()
    body: dict[str, Any] = answer.json()
    return body


def test_changed_settings_are_put(bridge: Bridge, sandbox: Sandbox, deployed: Run, order: Order) -> None:
    """The same state of the order, mapped with the new settings, changes the delivery there is."""
    body = order()
    handle(bridge, body)
    apply(bridge, settings(sandbox.url, COMMENTS))

    result = deployed("replay", "acme", NAME, typed="y\n")
    failed = bridge.work()

    record = record_of(bridge, body)
    assert 0 == result.exit_code, result.output
    assert [] == failed
    assert 1 == calls(sandbox, "PUT")
    assert 1 == sandbox.stats()["created"]
    assert ["created", "replayed", "updated"] == [event.outcome for event in record.history]
    assert "Entrée par la cour" in delivery(sandbox, record.delivery_iri)["pickup"]["comments"]


def test_nothing_changed(bridge: Bridge, sandbox: Sandbox, deployed: Run, order: Order) -> None:
    """A replay that maps to what was sent already calls nobody."""
    handle(bridge, order())

    deployed("replay", "acme", NAME, "--yes")

    assert [] == bridge.work()
    assert 0 == calls(sandbox, "PUT")
    assert 1 == sandbox.stats()["created"]


def test_windows_stay(bridge: Bridge, sandbox: Sandbox, deployed: Run, order: Order) -> None:
    """A delivery that is booked keeps its windows, whatever the schedule says now."""
    body = order()
    handle(bridge, body)
    before = record_of(bridge, body).windows
    apply(bridge, settings(sandbox.url, "preparation_minutes = 1440\n" + COMMENTS))

    deployed("replay", "acme", NAME, "--yes")
    bridge.work()

    assert before == record_of(bridge, body).windows
    assert 1 == calls(sandbox, "PUT")


@pytest.mark.parametrize("stored", ["create", "cancel"])
def test_cancelled_order_stays_cancelled(
    bridge: Bridge, sandbox: Sandbox, deployed: Run, order: Order, tmp_path: Path, stored: str
) -> None:
    """Neither its stored webhook nor the body that created it brings a cancelled order back."""
    body = json.loads(order())
    created = json.dumps(body).encode()
    handle(bridge, created, number=1)
    body |= {"cancelled_at": body["updated_at"]}
    handle(bridge, json.dumps(body).encode(), "orders/cancelled", 2)
    (tmp_path / "created.json").write_bytes(created)
    given = ["--body", str(tmp_path / "created.json")] if stored == "create" else [NAME]

    dry = deployed("replay", "acme", *given, "--dry-run")
    real = deployed("replay", "acme", *given, "--yes")

    assert "nothing would be sent: the order is cancelled\n" == dry.stdout
    assert 0 == real.exit_code
    assert [] == bridge.work()
    assert 1 == sandbox.stats()["created"]
    assert State.CANCELLED is record_of(bridge, created).state
    assert [] == sandbox.live(f"acme/{key(created)}")


def test_order_that_was_filtered_out(bridge: Bridge, sandbox: Sandbox, deployed: Run, order: Order) -> None:
    """An order that the connection let pass becomes a delivery once the connection wants it."""
    apply(bridge, settings(sandbox.url, '[orders]\npostcodes = ["99*"]\n'))
    body = order()
    handle(bridge, body)
    state_before = record_of(bridge, body).state
    apply(bridge, settings(sandbox.url))

    dry = deployed("replay", "acme", NAME, "--dry-run")
    deployed("replay", "acme", NAME, "--yes")
    bridge.work()

    assert State.IGNORED is state_before
    assert dry.stdout.startswith("a delivery would be created\n")
    assert State.CREATED is record_of(bridge, body).state


def test_refused(bridge: Bridge, deployed: Run, order: Order) -> None:
    """Without a yes nothing is queued."""
    handle(bridge, order())

    result = deployed("replay", "acme", NAME, typed="n\n")

    assert 1 == result.exit_code
    assert [] == bridge.receive_messages()


def test_twice_in_a_row(bridge: Bridge, deployed: Run, order: Order) -> None:
    """A second replay within five minutes is no repeat to SQS, which would drop it."""
    handle(bridge, order())

    deployed("replay", "acme", NAME, "--yes")
    deployed("replay", "acme", NAME, "--yes")

    assert 2 == len(bridge.receive_messages())


def test_dry_run_shows_the_difference_and_sends_nothing(
    bridge: Bridge, sandbox: Sandbox, deployed: Run, order: Order
) -> None:
    """What would be sent now against what was sent last, as a unified diff; the delivery is read alone."""
    body = order()
    handle(bridge, body)
    before, requests_before = record_of(bridge, body), sandbox.stats()["requests"]
    apply(bridge, settings(sandbox.url, COMMENTS))

    result = deployed("replay", "acme", NAME, "--dry-run")

    assert 0 == result.exit_code, result.output
    lines = result.stdout.splitlines()
    assert [
        f"{before.delivery_iri} would be changed",
        "--- last sent to CoopCycle",
        "+++ what would be sent",
    ] == lines[:3]
    assert CHANGED == [line for line in lines[3:] if line.startswith(("+", "-"))]
    assert before == record_of(bridge, body)
    asked = sandbox.stats()["requests"]
    assert asked.pop("GET /api/deliveries/{id}")
    assert requests_before == asked
    assert [] == bridge.receive_messages()


def test_dry_run_without_a_difference(bridge: Bridge, deployed: Run, order: Order) -> None:
    """That nothing would be sent is all there is to say."""
    handle(bridge, order())

    result = deployed("replay", "acme", NAME, "--dry-run")

    assert "nothing would be sent: it is what was sent last\n" == result.stdout


def test_dry_run_with_a_file(
    bridge: Bridge, sandbox: Sandbox, deployed: Run, order: Order, tmp_path: Path
) -> None:
    """A connection file is tried before it is applied, whatever it is called."""
    handle(bridge, order())
    file = tmp_path / "draft.toml"
    file.write_text(settings(sandbox.url, COMMENTS), encoding="utf-8")

    result = deployed("replay", "acme", NAME, "--dry-run", "--connection-file", str(file))

    changed = [line for line in result.stdout.splitlines()[3:] if line.startswith(("+", "-"))]
    assert 0 == result.exit_code, result.output
    assert CHANGED == changed


def test_dry_run_with_a_wrong_file(bridge: Bridge, deployed: Run, order: Order, tmp_path: Path) -> None:
    """A file that is wrong is told by key."""
    handle(bridge, order())
    file = tmp_path / "draft.toml"
    file.write_text('source = "shopify"\n', encoding="utf-8")

    result = deployed("replay", "acme", NAME, "--dry-run", "--connection-file", str(file))

    assert 1 == result.exit_code
    assert "coopcycle.url: " in result.stderr


def test_dry_run_against_what_coopcycle_holds(
    bridge: Bridge, sandbox: Sandbox, deployed: Run, order: Order
) -> None:
    """With --live the comparison is with CoopCycle's own answer, as far as we would send something.

    What the dispatcher wrote at the dropoff is none of the change's business.
    """
    body = order()
    handle(bridge, body)
    iri = record_of(bridge, body).delivery_iri
    same = deployed("replay", "acme", NAME, "--dry-run", "--live")
    delivery(sandbox, iri, {"dropoff": {"comments": "Changed by the dispatcher"}})
    apply(bridge, settings(sandbox.url, COMMENTS))

    result = deployed("replay", "acme", NAME, "--dry-run", "--live")

    lines = result.stdout.splitlines()
    assert "nothing would be sent: it is what was sent last\n" == same.stdout
    assert "--- what CoopCycle holds now" == lines[1]
    assert "Changed by the dispatcher" not in result.stdout
    assert set(CHANGED) < set(lines)


STRICT = """
[pickup]
unknown_location = "refuse"
[pickup.locations]
"10002" = { address = "2 Rue Deux, 75002 Paris" }
"""


def test_dry_run_of_a_parked_message(bridge: Bridge, sandbox: Sandbox, deployed: Run, order: Order) -> None:
    """What would become of a parked message is shown, and it stays parked."""
    apply(bridge, settings(sandbox.url, STRICT))
    handle(bridge, order())
    apply(bridge, settings(sandbox.url))
    (parked,) = json.loads(deployed("parked", "list", "--json").stdout)

    result = deployed("replay", "acme", "--parked", parked["message_id"], "--dry-run")

    assert result.stdout.startswith("a delivery would be created\n--- last sent to CoopCycle\n")
    assert f'+      "bridge_ref": "acme/{parked["order_id"]}"' in result.stdout.splitlines()
    assert [parked] == json.loads(deployed("parked", "list", "--json").stdout)
    assert 0 == sandbox.stats()["created"]


def test_dry_run_of_what_would_be_parked_again(bridge: Bridge, deployed: Run, order: Order) -> None:
    """A message that still cannot be mapped is told with the field, as an error."""
    body = json.loads(order())
    body["shipping_address"]["address1"] = ""
    handle(bridge, json.dumps(body).encode())
    (parked,) = json.loads(deployed("parked", "list", "--json").stdout)

    result = deployed("replay", "acme", NAME, "--parked", parked["message_id"], "--dry-run")

    assert 1 == result.exit_code
    assert "it would be parked (unmappable_order): shipping_address.address1: " in result.stderr


def test_parked_message_is_redriven(bridge: Bridge, sandbox: Sandbox, deployed: Run, order: Order) -> None:
    """Without --dry-run a parked message goes back on the queue and is parked no more."""
    apply(bridge, settings(sandbox.url, STRICT))
    body = order()
    handle(bridge, body)
    apply(bridge, settings(sandbox.url))
    (parked,) = json.loads(deployed("parked", "list", "--json").stdout)

    result = deployed("replay", "acme", "--parked", parked["message_id"], "--yes")
    bridge.work()

    assert 0 == result.exit_code, result.output
    assert State.CREATED is record_of(bridge, body).state
    assert [] == json.loads(deployed("parked", "list", "--json").stdout)


def test_body_of_a_file(
    bridge: Bridge, sandbox: Sandbox, deployed: Run, order: Order, tmp_path: Path
) -> None:
    """A body that never came, or came unreadable, is handled as if the shop had sent it."""
    body = order()
    (tmp_path / "order.json").write_bytes(body)

    result = deployed("replay", "acme", "--body", str(tmp_path / "order.json"), "--yes")
    bridge.work()

    assert 0 == result.exit_code, result.output
    assert [record_of(bridge, body).delivery_iri] == sandbox.live(f"acme/{key(body)}")


def cancelled_afterwards(bridge: Bridge, order: Order, file: Path) -> dict[str, Any]:
    """Let an order be delivered, and write into a file how the shop has it once it is cancelled."""
    body: dict[str, Any] = json.loads(order())
    handle(bridge, json.dumps(body).encode())
    body |= {"updated_at": "2099-01-01T00:00:00+01:00", "cancelled_at": "2099-01-01T00:00:00+01:00"}
    file.write_text(json.dumps(body))
    return body


def test_body_with_a_topic(
    bridge: Bridge, sandbox: Sandbox, deployed: Run, order: Order, tmp_path: Path
) -> None:
    """With --topic the body is what that topic makes of it."""
    body = cancelled_afterwards(bridge, order, tmp_path / "order.json")
    given = ["--body", str(tmp_path / "order.json"), "--topic", "orders/cancelled"]

    dry = deployed("replay", "acme", NAME.strip("#"), *given, "--dry-run")
    deployed("replay", "acme", *given, "--yes")
    bridge.work()

    assert 1 == dry.exit_code, "an order named beside a body must be the body's, by its id"
    assert [] == sandbox.live(f"acme/{body['id']}")


def test_dry_run_of_a_cancel(
    bridge: Bridge, sandbox: Sandbox, deployed: Run, order: Order, tmp_path: Path
) -> None:
    """A cancel is told as one, and nothing is cancelled."""
    body = cancelled_afterwards(bridge, order, tmp_path / "order.json")

    result = deployed("replay", "acme", "--body", str(tmp_path / "order.json"), "--dry-run")

    (iri,) = sandbox.live(f"acme/{body['id']}")
    assert f"{iri} would be cancelled, unless a courier has it (cancelled)\n" == result.stdout


def test_record_without_a_webhook(bridge: Bridge, deployed: Run, order: Order) -> None:
    """An order that was parked before it could be mapped has its webhook on the parked message alone."""
    body = json.loads(order())
    body["shipping_address"]["address1"] = ""
    handle(bridge, json.dumps(body).encode())

    result = deployed("replay", "acme", str(body["id"]), "--yes")

    assert 1 == result.exit_code
    assert "holds no webhook; take its parked message with --parked" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], 2),
        ([NAME, "--topic", "orders/create"], 2),
        ([NAME, "--live"], 2),
        ([NAME, "--parked", "x", "--body", __file__], 2),
        ([NAME], 1),
        (["--parked", "x"], 1),
        (["--body", __file__], 1),
    ],
)
def test_what_cannot_be_replayed(deployed: Run, arguments: list[str], code: int) -> None:
    """Wrong options are usage errors, what is not there is an error; each is one clear sentence."""
    result = deployed("replay", "acme", *arguments)

    assert code == result.exit_code
    assert result.stderr.splitlines()[-1].startswith("Error: ")
