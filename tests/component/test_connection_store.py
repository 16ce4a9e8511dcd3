from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from bridge.aws.connections import (
    ALL_SECRETS,
    DISPATCHING,
    DOUBTED_SECONDS,
    RECEIVING,
    ConnectionStore,
    parameter_name,
)
from bridge.connections.model import Secrets
from bridge.errors import InvalidConnection, UnknownConnection
from bridge.operator.connections import write_connection

from .conftest import Clients, Clock, CountingSsm

PATH = "/bridge/dev"
SETTINGS = 'source = "shopify"\n[coopcycle]\nurl = "https://acme.coopcycle.org"\n'
SECRETS = {"webhook-secret": "w1", "client-id": "i1", "client-secret": "s1"}


def refusal(code: str, status: int = 400) -> ClientError:
    """Make an error as SSM answers it."""
    return ClientError(
        {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]  # the rest is not read
        "GetParameters",
    )


@pytest.fixture
def ssm(aws: str, clients: Clients) -> Any:
    """Hold connection acme."""
    write_connection(clients["ssm"], PATH, "acme", SETTINGS, SECRETS)
    return clients["ssm"]


@pytest.fixture
def store(counting: CountingSsm, clock: Clock) -> ConnectionStore:
    """Make the store under test."""
    return ConnectionStore(counting, PATH, ALL_SECRETS, clock=clock)  # type: ignore[arg-type]  # the one method it uses


def test_settings_and_secrets_in_one_call(store: ConnectionStore, counting: CountingSsm):
    """A connection costs one question, secrets decrypted."""
    connection, secrets = store.get("acme")

    assert ("acme", "https://acme.coopcycle.org") == (connection.connection_id, connection.coopcycle_url)
    assert Secrets(webhook=("w1",), client_id="i1", client_secret="s1") == secrets
    assert 1 == counting.calls


def test_every_secret(ssm: Any, store: ConnectionStore):
    """All secrets arrive in their place, the previous webhook secret after the current one."""
    write_connection(
        ssm,
        PATH,
        "acme",
        None,
        {"webhook-secret-previous": "w0", "status-secret": "st", "shop-token": "t"},
    )

    assert Secrets(("w1", "w0"), "i1", "s1", "st", "t") == store.get("acme")[1]


def test_doubted_connection_is_soon_read_again(
    ssm: Any, store: ConnectionStore, counting: CountingSsm, clock: Clock
):
    """What is mended is noticed in seconds; however often it is doubted, one question is asked in these."""
    store.get("acme")
    write_connection(ssm, PATH, "acme", None, {"client-secret": "mended"})

    for _ in range(100):
        store.doubt("acme")
        assert "s1" == store.get("acme")[1].client_secret
    assert 1 == counting.calls
    clock.now += DOUBTED_SECONDS
    assert "mended" == store.get("acme")[1].client_secret
    clock.now += DOUBTED_SECONDS
    store.get("acme")

    assert 2 == counting.calls, "nobody doubts it any more"


def test_doubted_connection_that_nobody_has_read_costs_nothing(store: ConnectionStore, counting: CountingSsm):
    """It is asked for when it is needed."""
    store.doubt("acme")
    store.doubt("nobody")

    assert 0 == counting.calls


@pytest.mark.parametrize(
    ("secrets", "known"),
    [
        (RECEIVING, Secrets(webhook=("w1",))),
        (DISPATCHING, Secrets(client_id="i1", client_secret="s1", shop_token="t1")),
    ],
)
def test_reader_asks_for_its_own_secrets_alone(
    ssm: Any, counting: CountingSsm, secrets: tuple[str, ...], known: Secrets
):
    """The receiver never holds CoopCycle's credentials or the shop's token, nor the dispatcher what signs."""
    write_connection(ssm, PATH, "acme", None, {"shop-token": "t1", "status-secret": "st"})

    connection, found = ConnectionStore(counting, PATH, secrets).get("acme")  # type: ignore[arg-type]

    assert ("acme", known) == (connection.connection_id, found)
    assert 1 == counting.calls


def test_neighbour_with_the_same_beginning(ssm: Any, store: ConnectionStore):
    """Connection acme reads nothing of acme2, and the other way round."""
    write_connection(ssm, PATH, "acme2", SETTINGS.replace("acme", "acme2"), {"webhook-secret": "other"})

    assert "https://acme.coopcycle.org" == store.get("acme")[0].coopcycle_url
    assert ("w1",) == store.get("acme")[1].webhook
    assert ("other",) == store.get("acme2")[1].webhook


def test_believed_for_five_minutes(ssm: Any, store: ConnectionStore, counting: CountingSsm, clock: Clock):
    """A change in SSM is noticed after five minutes and not asked for before."""
    store.get("acme")
    write_connection(ssm, PATH, "acme", None, {"webhook-secret": "w2"})

    clock.now += 299
    assert ("w1",) == store.get("acme")[1].webhook
    assert 1 == counting.calls
    clock.now += 1
    assert ("w2",) == store.get("acme")[1].webhook


def test_unknown_connection(store: ConnectionStore, counting: CountingSsm):
    """An unknown id is remembered as unknown, so that probing costs one question per id."""
    for _ in range(3):
        with pytest.raises(UnknownConnection):
            store.get("nobody")

    assert 1 == counting.calls


def test_connection_that_comes_to_be(ssm: Any, store: ConnectionStore, clock: Clock):
    """A new connection is found half a minute after it was asked for in vain."""
    with pytest.raises(UnknownConnection):
        store.get("new")
    write_connection(ssm, PATH, "new", SETTINGS, SECRETS)

    clock.now += 30

    assert "new" == store.get("new")[0].connection_id


def test_removed_connection(ssm: Any, store: ConnectionStore, clock: Clock):
    """A removed connection is unknown once its age is up."""
    store.get("acme")
    ssm.delete_parameters(Names=[parameter_name(PATH, "acme", name) for name in (*SECRETS, "settings")])

    clock.now += 300

    with pytest.raises(UnknownConnection):
        store.get("acme")


@pytest.mark.parametrize("connection_id", ["", "Acme", "../acme", "acme/", "a" * 64, "acme\n"])
def test_id_of_a_wrong_form(store: ConnectionStore, counting: CountingSsm, connection_id: str):
    """What cannot be an id is unknown without asking anybody."""
    with pytest.raises(UnknownConnection):
        store.get(connection_id)

    assert 0 == counting.calls


def test_secrets_without_settings(ssm: Any, store: ConnectionStore):
    """A connection that is being written is unknown until its settings are there."""
    write_connection(ssm, PATH, "half", None, SECRETS)

    with pytest.raises(UnknownConnection):
        store.get("half")


def test_broken_settings(ssm: Any, store: ConnectionStore, counting: CountingSsm, clock: Clock):
    """Settings that do not pass the checks are named, and asked for again after half a minute only."""
    write_connection(ssm, PATH, "acme", "source = 1", {})

    for _ in range(2):
        with pytest.raises(InvalidConnection, match="source: must be a text"):
            store.get("acme")
    assert 1 == counting.calls
    write_connection(ssm, PATH, "acme", SETTINGS, {})
    clock.now += 30
    assert "acme" == store.get("acme")[0].connection_id


@pytest.mark.parametrize(
    "failure",
    [
        refusal("ThrottlingException"),
        refusal("InternalServerError", 500),
        EndpointConnectionError(endpoint_url="https://ssm"),
    ],
)
def test_ssm_that_does_not_answer(
    store: ConnectionStore, counting: CountingSsm, clock: Clock, failure: Exception
):
    """While SSM is out, the last known value serves for an hour, and SSM is asked twice a minute."""
    known = store.get("acme")
    counting.failure = failure

    clock.now += 300
    assert known == store.get("acme")
    clock.now += 29
    assert known == store.get("acme")
    assert 2 == counting.calls
    clock.now += 1
    assert known == store.get("acme")
    assert 3 == counting.calls
    clock.now = 1000 + 3600
    with pytest.raises(type(failure)):
        store.get("acme")


def test_ssm_back_after_an_outage(ssm: Any, store: ConnectionStore, counting: CountingSsm, clock: Clock):
    """After an outage the next question brings the new value."""
    store.get("acme")
    counting.failure = refusal("ThrottlingException")
    clock.now += 300
    store.get("acme")
    counting.failure = None
    write_connection(ssm, PATH, "acme", None, {"webhook-secret": "w2"})

    clock.now += 30

    assert ("w2",) == store.get("acme")[1].webhook


def test_refused_access(store: ConnectionStore, counting: CountingSsm, clock: Clock):
    """A refusal is no outage: access taken away works at once."""
    store.get("acme")
    counting.failure = refusal("AccessDeniedException")
    clock.now += 300

    with pytest.raises(ClientError):
        store.get("acme")


def test_unknown_connection_during_an_outage(store: ConnectionStore, counting: CountingSsm):
    """What was never read cannot be served; the error passes, so that the sender tries again."""
    counting.failure = refusal("ThrottlingException")

    with pytest.raises(ClientError):
        store.get("acme")


def test_removed_connection_during_an_outage(
    ssm: Any, store: ConnectionStore, counting: CountingSsm, clock: Clock
):
    """A connection that was seen to be removed does not come back when SSM fails."""
    store.get("acme")
    ssm.delete_parameters(Names=[f"{PATH}/settings/acme"])
    clock.now += 300
    with pytest.raises(UnknownConnection):
        store.get("acme")
    counting.failure = refusal("ThrottlingException")
    clock.now += 30

    with pytest.raises(ClientError):
        store.get("acme")


def test_many_threads(counting: CountingSsm):
    """Threads that start together ask once."""

    class SlowSsm:
        def get_parameters(self, **arguments: Any) -> Any:
            time.sleep(0.05)
            return counting.get_parameters(**arguments)

    store = ConnectionStore(SlowSsm(), PATH)  # type: ignore[arg-type]  # the one method it uses
    barrier = threading.Barrier(8)
    found: list[Any] = []

    def get() -> None:
        barrier.wait()
        found.append(store.get("acme"))

    threads = [threading.Thread(target=get) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 8 == len(found)
    assert 1 == counting.calls


def test_many_unknown_ids():
    """Ids come from outside, so the memory of unknown ones does not grow without bound."""
    asked: list[str] = []

    class EmptySsm:
        def get_parameters(self, **arguments: Any) -> Any:
            asked.append(arguments["Names"][0])
            return {"Parameters": []}

    store = ConnectionStore(EmptySsm(), PATH, clock=Clock())  # type: ignore[arg-type]  # the one method it uses
    for number in (*range(1001), 0):
        with pytest.raises(UnknownConnection):
            store.get(f"probe-{number}")

    assert 1002 == len(asked)
