"""Deliveries of several stops, saved addresses and CoopCycle's rules, against the sandbox over HTTP."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bridge.connections.model import Connection, OrderFilter
from bridge.coopcycle import payload
from bridge.coopcycle.changes import change_body
from bridge.coopcycle.client import CoopCycleClient
from bridge.coopcycle.token import TokenSource
from bridge.coopcycle.transport import new_session
from bridge.errors import CoopCycleUnavailable, NotFeasible
from bridge.model import Delivery, Ignored, Package, Receipt, Task, TimeWindow
from bridge.operator.credentials import OneToken
from bridge.planning.feasibility import if_feasible
from bridge_laptop.cli.main import main
from bridge_laptop.sandbox.seed import DEFAULT_SEED
from bridge_laptop.sandbox.server import SandboxServer

from .conftest import BODIES, Bridge, Sandbox, settings

NOW = datetime.now(UTC).replace(microsecond=0)
EARLY = TimeWindow(NOW + timedelta(hours=20), NOW + timedelta(hours=21))
LATE = TimeWindow(NOW + timedelta(hours=21), NOW + timedelta(hours=23))


@pytest.fixture
def client_of() -> Iterator[Callable[[str], CoopCycleClient]]:
    """Make clients of the store Acme."""
    with new_session() as session:

        def make(url: str) -> CoopCycleClient:
            source = TokenSource(
                base_url=url,
                client_id="acme",
                client_secret="acme-secret",
                scope="deliveries",
                session=session,
            )
            return CoopCycleClient(url, OneToken(source), session=session)

        yield make


@pytest.fixture
def client(sandbox: Sandbox, client_of: Callable[[str], CoopCycleClient]) -> CoopCycleClient:
    """A client of the store Acme."""
    return client_of(sandbox.url)


def stop(street: str, **more: Any) -> Task:
    """Return a dropoff."""
    return Task(LATE, street_address=f"{street}, 75004 Paris", **more)


PAIR = Delivery("acme/1", Task(EARLY), stop("1 Rue Un"))
THREE = replace(
    PAIR,
    earlier_dropoffs=(stop("1 Rue Un", weight_grams=300, packages=(Package("XL", 1),)), stop("2 Rue Deux")),
    dropoff=stop("3 Rue Trois", weight_grams=500, tags=("cold",)),
)


def streets(client: CoopCycleClient, iri: str) -> list[tuple[int, str]]:
    """Return number and street of each task that CoopCycle lists and that was not cancelled."""
    tasks: Any = client.get_delivery_body(iri)["tasks"]
    live = [task for task in tasks if task["status"] != "CANCELLED"]
    return [(task["id"], task["address"]["streetAddress"].partition(",")[0]) for task in live]


def put(client: CoopCycleClient, before: Delivery, wanted: Delivery, receipt: Receipt) -> Receipt:
    """Change a delivery as the worker does."""
    bodies = [payload.delivery_body(before)], payload.delivery_body(wanted)
    body = change_body(*bodies, client.get_delivery(receipt.delivery_iri))
    return client.update_delivery(receipt.delivery_iri, body)


def test_several_stops_are_created(client: CoopCycleClient) -> None:
    """Tasks in their order, our reference on every dropoff, all of them within the window."""
    receipt = client.create_delivery(payload.delivery_body(THREE))

    tasks: Any = client.get_delivery_body(receipt.delivery_iri)["tasks"]
    assert ["PICKUP", "DROPOFF", "DROPOFF", "DROPOFF"] == [task.kind for task in receipt.tasks]
    assert [None, "acme/1", "acme/1", "acme/1"] == [task["metadata"].get("bridge_ref") for task in tasks]
    assert 1 == len({task["before"] for task in tasks[1:]})
    assert (800, 500) == (tasks[0]["weight"], tasks[3]["weight"])
    assert ["cold"] == [tag["slug"] for tag in tasks[3]["tags"]]


def test_several_stops_are_found_by_their_window(client: CoopCycleClient) -> None:
    """Reconciling asks for the dropoff's window and finds the delivery and its reference."""
    receipt = client.create_delivery(payload.delivery_body(THREE))

    store = client.me().store
    assert store is not None
    found = client.list_deliveries(
        store, before_from=LATE.before, before_to=LATE.before, timezone=client.settings().timezone
    )

    assert [(receipt.delivery_iri, "acme/1")] == [
        (each.delivery_iri, each.bridge_ref) for each in found.members
    ]


def test_several_stops_are_changed_each_in_its_place(client: CoopCycleClient) -> None:
    """A new note, a new address and another order reach the tasks they belong to; none is made or lost."""
    receipt = client.create_delivery(payload.delivery_body(THREE))
    changed = replace(
        THREE,
        earlier_dropoffs=(stop("2 Rue Deux", comments="Two"), stop("4 Rue Quatre")),
        dropoff=stop("3 Rue Trois", comments="Three"),
    )

    updated = put(client, THREE, changed, receipt)

    assert [
        (1, "272"),
        (2, "4 Rue Quatre"),
        (3, "2 Rue Deux"),
        (4, "3 Rue Trois"),
    ] == streets(client, receipt.delivery_iri)
    tasks: Any = client.get_delivery_body(receipt.delivery_iri)["tasks"]
    assert ["Two", "Three"] == [task["comments"] for task in tasks[2:]]
    assert updated.is_live


def test_stop_is_taken_off(client: CoopCycleClient) -> None:
    """What is left out is cancelled by CoopCycle, down to one pickup and one dropoff."""
    receipt = client.create_delivery(payload.delivery_body(THREE))
    two = replace(THREE, earlier_dropoffs=THREE.earlier_dropoffs[1:])

    put(client, THREE, two, receipt)
    left = streets(client, receipt.delivery_iri)
    one = replace(PAIR, dropoff=THREE.dropoff)
    put(client, two, one, receipt)

    assert [(1, "272"), (3, "2 Rue Deux"), (4, "3 Rue Trois")] == left
    assert [(1, "272"), (4, "3 Rue Trois")] == streets(client, receipt.delivery_iri)
    assert client.get_delivery(receipt.delivery_iri).is_live


def test_stop_is_added(client: CoopCycleClient) -> None:
    """An element without an id is a new stop; the others keep their tasks."""
    receipt = client.create_delivery(payload.delivery_body(PAIR))
    two = replace(PAIR, earlier_dropoffs=(PAIR.dropoff,), dropoff=stop("2 Rue Deux"))

    put(client, PAIR, two, receipt)

    assert ["272", "1 Rue Un", "2 Rue Deux"] == [
        street for _, street in streets(client, receipt.delivery_iri)
    ]
    assert client.get_delivery(receipt.delivery_iri).is_live


def test_saved_address(client: CoopCycleClient) -> None:
    """It is named, not copied: the task is at that address, and what is saved stays as it was."""
    delivery = replace(PAIR, dropoff=Task(LATE, address_iri="/api/addresses/3", contact_name="Someone else"))

    receipt = client.create_delivery(payload.delivery_body(delivery))

    address: Any = client.get_delivery_body(receipt.delivery_iri)["dropoff"]
    assert ("/api/addresses/3", "18 Rue des Batignolles") == (
        address["address"]["@id"],
        address["address"]["streetAddress"],
    )
    assert address["address"]["contactName"] is None


# --- what CoopCycle's rules allow ---------------------------------------------------------------


@pytest.fixture
def choosy() -> Iterator[SandboxServer]:
    """An instance whose store Acme takes less than a kilogram."""
    seed = copy.deepcopy(json.loads(DEFAULT_SEED.read_text(encoding="utf-8")))
    seed["stores"][0]["check_expression"] = "weight < 1000"
    with SandboxServer(seed=seed) as server:
        yield server


def asking(if_infeasible: str = "park", *, check_feasibility: bool = True) -> Connection:
    """Return a connection that asks."""
    orders = OrderFilter(check_feasibility=check_feasibility, if_infeasible=if_infeasible)
    return Connection("acme", "shopify", "http://127.0.0.1", orders=orders)


HEAVY = replace(THREE, dropoff=stop("3 Rue Trois", weight_grams=900))


def test_delivery_that_the_rules_allow(
    choosy: SandboxServer, client_of: Callable[[str], CoopCycleClient]
) -> None:
    """Asked and allowed, it goes on as it is; several stops count together."""
    assert THREE == if_feasible(THREE, asking(), client_of(choosy.url))


def test_delivery_that_the_rules_refuse(
    choosy: SandboxServer, client_of: Callable[[str], CoopCycleClient]
) -> None:
    """It is parked with CoopCycle's property path, or ignored where the connection says so."""
    client = client_of(choosy.url)

    with pytest.raises(NotFeasible, match=r"do not allow this delivery: CoopCycle answered 400 for items$"):
        if_feasible(HEAVY, asking(), client)

    assert Ignored("not_feasible") == if_feasible(HEAVY, asking("ignore"), client)
    assert HEAVY == if_feasible(HEAVY, asking(check_feasibility=False), client)


def test_address_that_coopcycle_cannot_find_is_no_matter_of_rules(client: CoopCycleClient) -> None:
    """The 500 is left to the creation, which knows what to do with it."""
    nowhere = replace(PAIR, dropoff=Task(LATE, street_address="Nowhere"))

    assert nowhere == if_feasible(nowhere, asking(), client)


def test_instance_that_is_down_cannot_be_asked(client: CoopCycleClient, sandbox: Sandbox) -> None:
    """The order waits: it is neither created unasked nor parked."""
    sandbox.fault("unavailable", on="price")

    with pytest.raises(CoopCycleUnavailable):
        if_feasible(PAIR, asking(), client)


@pytest.mark.parametrize(
    ("if_infeasible", "weight", "code", "said"),
    [
        ("park", 900, 0, "CoopCycle: feasible"),
        ("park", 1200, 2, "error: CoopCycle's rules for the store do not allow this delivery"),
        ("ignore", 1200, 3, "ignored: CoopCycle's rules for the store do not allow this delivery"),
    ],
)
def test_dry_run_that_asks(
    choosy: SandboxServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    if_infeasible: str,
    weight: int,
    code: int,
    said: str,
) -> None:
    """`bridge map --assert` prints the body all the same, and nothing is created."""
    monkeypatch.setenv("BRIDGE_ACME_CLIENT_ID", "acme")
    monkeypatch.setenv("BRIDGE_ACME_CLIENT_SECRET", "acme-secret")
    rules = f'[orders]\ncheck_feasibility = true\nif_infeasible = "{if_infeasible}"\n'
    (tmp_path / "acme.toml").write_text(settings(choosy.url, rules), encoding="utf-8")
    order = json.loads((BODIES / "order-typical.json").read_bytes())
    order["line_items"][0]["grams"] = weight - 10
    (tmp_path / "body.json").write_text(json.dumps(order), encoding="utf-8")

    result = CliRunner().invoke(
        main, ["map", str(tmp_path / "acme.toml"), str(tmp_path / "body.json"), "--assert"]
    )

    assert (code, weight) == (result.exit_code, json.loads(result.stdout)["dropoff"]["weight"])
    assert said in result.stderr


# --- the whole way ------------------------------------------------------------------------------

PLACES = """
[pickup]
address = "1 Rue Une, 75001 Paris"
[pickup.locations.10002]
address = "2 Rue Deux, 75002 Paris"
[pickup.locations.10003]
address = "3 Rue Trois, 75003 Paris"
"""


def order_at(*locations: str, second: int = 9) -> bytes:
    """Return the sample's order with the delivery locations of Zapiet, updated at some second."""
    order = json.loads((BODIES / "order-typical.json").read_bytes())
    order["updated_at"] = f"2026-11-23T10:12:{second:02}+01:00"
    order["note_attributes"] = [{"name": "Delivery-Location-Id", "value": key} for key in locations]
    return json.dumps(order).encode()


def dispatched(bridge: Bridge, body: bytes, number: int) -> None:
    """Handle a webhook as the worker does."""
    assert [] == bridge.dispatch([bridge.message(body, "orders/updated", number)])


@pytest.fixture
def two_places(bridge: Bridge, sandbox: Sandbox) -> Bridge:
    """The functions with a shop of two places and a usual one."""
    bridge.connect("acme", settings(sandbox.url, PLACES))
    return bridge


REFERENCE = "acme/5940139491042"


def test_goods_from_two_places_are_one_delivery(
    two_places: Bridge, sandbox: Sandbox, client: CoopCycleClient
) -> None:
    """Two pickups, one dropoff, one delivery; the same webhook state again changes nothing."""
    dispatched(two_places, order_at("10002", "10003"), 1)
    dispatched(two_places, order_at("10002", "10003", second=10), 2)

    [iri] = sandbox.live(REFERENCE)
    assert [(1, "2 Rue Deux"), (2, "3 Rue Trois"), (3, "48 Rue de Rivoli")] == streets(client, iri)
    assert not [route for route in sandbox.stats()["requests"] if route.startswith("PUT ")]


def test_place_less_is_the_same_delivery(
    two_places: Bridge, sandbox: Sandbox, client: CoopCycleClient
) -> None:
    """The pickup that is not wanted any more is taken off, and a later change finds the rest."""
    dispatched(two_places, order_at("10002", "10003"), 1)
    dispatched(two_places, order_at("10003", second=10), 2)
    dispatched(two_places, order_at("10002", second=11), 3)

    assert [route for route in sandbox.stats()["requests"] if route.startswith("PUT ")]

    [iri] = sandbox.live(REFERENCE)
    assert [(2, "2 Rue Deux"), (3, "48 Rue de Rivoli")] == streets(client, iri)


def test_place_more_is_the_same_delivery(
    two_places: Bridge, sandbox: Sandbox, client: CoopCycleClient
) -> None:
    """A stop is added to the delivery that there is, also when a courier has it."""
    dispatched(two_places, order_at("10002"), 1)
    before = sandbox.live(REFERENCE)
    sandbox.courier(before[0], "assign")
    dispatched(two_places, order_at("10002", "10003", second=10), 2)

    assert before == sandbox.live(REFERENCE)
    assert ["2 Rue Deux", "3 Rue Trois", "48 Rue de Rivoli"] == sorted(
        street for _, street in streets(client, before[0])
    )


def test_cancelled_order_of_several_places(two_places: Bridge, sandbox: Sandbox) -> None:
    """All of its stops are cancelled."""
    dispatched(two_places, order_at("10002", "10003"), 1)
    order = json.loads(order_at("10002", "10003", second=10))
    order["cancelled_at"] = "2026-11-23T10:12:10+01:00"
    dispatched(two_places, json.dumps(order).encode(), 2)

    assert [] == sandbox.live(REFERENCE)
