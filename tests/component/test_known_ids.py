"""The list of connection ids: kept by the operator, read by the receiver, in a real Parameter Store."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.aws.connections import ConnectionStore
from bridge.aws.known_ids import LARGEST_PART_BYTES, KnownIds, ids_in, ids_path, read_parts, revised_parts
from bridge.errors import UnknownConnection
from bridge.operator.connections import ConnectionRegistry, write_connection
from bridge_laptop.local import provisioning

from .conftest import Bridge, Clients, Clock, CountingSsm, webhook_event
from .test_connection_store import PATH, SECRETS, SETTINGS, refusal

IDS_PATH = ids_path(PATH)


@pytest.fixture
def ssm(aws: str, clients: Clients) -> Any:
    """Hold connection acme and the list of ids."""
    write_connection(clients["ssm"], PATH, "acme", SETTINGS, SECRETS)
    ConnectionRegistry(clients["ssm"], PATH).list_ids()
    return clients["ssm"]


@pytest.fixture
def store(counting: CountingSsm, clock: Clock) -> ConnectionStore:
    """Make the receiver's store."""
    return receivers(counting, clock)


def receivers(ssm: Any, clock: Clock) -> ConnectionStore:
    """Return a store as the receiver has it."""
    return ConnectionStore(ssm, PATH, known_ids=KnownIds(ssm, IDS_PATH, clock=clock), clock=clock)


def ask_for_strangers(store: ConnectionStore, count: int = 1000) -> None:
    """Ask for ids that nobody has."""
    for number in range(count):
        with pytest.raises(UnknownConnection):
            store.get(f"probe-{number}")


def listed(ssm: Any) -> set[str]:
    """Return the ids on the list."""
    return {each for part in read_parts(ssm, IDS_PATH).values() for each in ids_in(part)}


def test_a_thousand_strangers_cost_one_question(
    store: ConnectionStore, counting: CountingSsm, clock: Clock
) -> None:
    """The list is read once, again after half a minute, and a connection is still found."""
    ask_for_strangers(store)
    assert 1 == counting.calls

    clock.now += 29.9
    ask_for_strangers(store)
    assert 1 == counting.calls

    assert "acme" == store.get("acme")[0].connection_id
    assert 2 == counting.calls

    clock.now += 0.1
    ask_for_strangers(store)
    assert 3 == counting.calls


def test_connection_applied_after_the_list_was_read(store: ConnectionStore, ssm: Any, clock: Clock) -> None:
    """It is found half a minute later at the latest, as without a list."""
    ask_for_strangers(store, 1)
    write_connection(ssm, PATH, "new", SETTINGS, SECRETS)
    ConnectionRegistry(ssm, PATH).list_ids()

    clock.now += 30

    assert "new" == store.get("new")[0].connection_id


def test_known_connection_is_believed_more_than_the_list(
    store: ConnectionStore, ssm: Any, clock: Clock
) -> None:
    """A list that lost an id does not shut a shop out that is being served."""
    store.get("acme")
    ssm.put_parameter(Name=f"{IDS_PATH}/0000", Value="# nothing", Type="String", Overwrite=True)

    clock.now += 600

    assert "acme" == store.get("acme")[0].connection_id


def test_without_a_list(clients: Clients, aws: str, clock: Clock) -> None:
    """A deployment whose connections were applied before there was a list: SSM is asked for each id."""
    write_connection(clients["ssm"], PATH, "acme", SETTINGS, SECRETS)
    counting = CountingSsm(clients["ssm"])
    store = receivers(counting, clock)

    assert "acme" == store.get("acme")[0].connection_id
    ask_for_strangers(store, 10)
    assert 12 == counting.calls


def test_list_that_cannot_be_read(store: ConnectionStore, counting: CountingSsm, clock: Clock) -> None:
    """Never read: the failure is told, so that the sender tries again. Read before: it goes on."""
    counting.failure = refusal("ThrottlingException")
    with pytest.raises(type(counting.failure)):
        store.get("acme")
    counting.failure = None
    ask_for_strangers(store, 1)
    calls = counting.calls

    counting.failure = refusal("ThrottlingException")
    clock.now += 31
    ask_for_strangers(store)

    assert calls + 1 == counting.calls


def test_removed_connection_leaves_an_empty_list(ssm: Any, clock: Clock) -> None:
    """No connection at all is not the same as no list."""
    registry = ConnectionRegistry(ssm, PATH)
    registry.remove(registry.one("acme"))
    registry.list_ids()
    counting = CountingSsm(ssm)

    ask_for_strangers(receivers(counting, clock))

    assert set() == listed(ssm)
    assert 1 == counting.calls


def test_list_heals_itself(ssm: Any) -> None:
    """What is there decides, whatever the list said; what has no settings is no connection."""
    ssm.put_parameter(Name=f"{IDS_PATH}/0000", Value="# x\ngone", Type="String", Overwrite=True)
    write_connection(ssm, PATH, "half", None, SECRETS)

    ConnectionRegistry(ssm, PATH).list_ids()

    assert {"acme"} == listed(ssm)


def test_two_who_apply_at_the_same_time(ssm: Any) -> None:
    """Whoever writes last over the other's list reads again and puts the other's id back."""
    write_connection(ssm, PATH, "mine", SETTINGS, SECRETS)

    class SsmWithANeighbour:
        """Parameter Store where somebody applies ``theirs`` between our reading and our writing."""

        meta = ssm.meta
        get_paginator = ssm.get_paginator
        get_parameters_by_path = ssm.get_parameters_by_path
        is_first = True

        def put_parameter(self, **arguments: Any) -> None:
            if self.is_first:
                self.is_first = False
                write_connection(ssm, PATH, "theirs", SETTINGS, SECRETS)
                ConnectionRegistry(ssm, PATH).list_ids()
            ssm.put_parameter(**arguments)

    ConnectionRegistry(SsmWithANeighbour(), PATH).list_ids()  # type: ignore[arg-type]  # what it uses

    assert {"acme", "mine", "theirs"} == listed(ssm)


def test_receiver_behind_its_policy(bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the function: 401 for a listed id with a wrong signature, 404 for any other."""
    ConnectionRegistry(boto3.client("ssm"), provisioning.CONNECTIONS_PATH).list_ids()
    monkeypatch.setattr(bridge.guard, "allowed", {})

    assert 404 == bridge.receive(webhook_event(b"{}", {}, "stranger"))["statusCode"]
    assert 401 == bridge.receive(webhook_event(b"{}", {}, "acme"))["statusCode"]

    calls = bridge.guard.allowed["ReceiveWebhookFunction"]
    asked = {call.resource.partition("/bridge/dev/")[2] for call in calls if call.action.startswith("ssm:")}
    secrets = ("receiving/acme/webhook-secret", "receiving/acme/webhook-secret-previous")
    assert {"connection-ids", "settings/acme", *secrets} == asked


# --- the parts ------------------------------------------------------------------------------------


def test_ten_thousand_connections_fit() -> None:
    """Ids of the greatest length, in standard parameters."""
    ids = {f"{number:063}" for number in range(10_000)}

    parts = revised_parts({}, ids)

    assert ids == {each for part in parts.values() for each in ids_in(part)}
    assert max(len(part.encode()) for part in parts.values()) <= LARGEST_PART_BYTES


@given(st.lists(st.sets(st.integers(0, 400)), min_size=2, max_size=6))
def test_no_id_is_ever_missing_while_the_list_is_written(wanted: list[set[int]]) -> None:
    """Whatever changes, an id that stays is on the list after each single write, and in the end all are."""
    names = [{f"{number:063}" for number in some} for some in wanted]
    parts: dict[str, str] = dict(revised_parts({}, names[0]))
    for before, after in pairwise(names):
        for name, text in revised_parts(parts, after).items():
            parts[name] = text
            assert before & after <= everything(parts)
        assert after == everything(parts)
        assert {} == revised_parts(parts, after)


def everything(parts: Mapping[str, str]) -> set[str]:
    """Return the ids in all parts."""
    return {each for part in parts.values() for each in ids_in(part)}
