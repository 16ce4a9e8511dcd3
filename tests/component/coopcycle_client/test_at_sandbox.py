"""The client against the sandbox, which answers as the recorded CoopCycle."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import NoReturn

import pytest
from tests.support.client_calls import NOW, failure

from bridge.coopcycle.client import CoopCycleClient
from bridge.coopcycle.payload import delivery_body
from bridge.coopcycle.token import TokenCacheUnavailable, TokenProvider
from bridge.coopcycle.transport import new_session
from bridge.errors import (
    CoopCycleRejected,
    InvalidConnection,
)
from bridge.model import Coordinates, Delivery, Task, TimeWindow
from bridge_laptop.sandbox.client import SandboxClient


class NoCache:
    """A cache that is never there, which a provider does without."""

    def get(self, *_: object, **__: object) -> NoReturn:
        """Fail."""
        raise TokenCacheUnavailable("none")

    claim = put = release = drop = get


@pytest.fixture
def at_sandbox(sandbox: SandboxClient) -> Iterator[CoopCycleClient]:
    """Return a client of the store Acme at the sandbox, with a token of the sandbox's own."""
    with new_session() as session:
        tokens = TokenProvider(
            base_url=sandbox.url,
            client_id="acme",
            client_secret="acme-secret",
            scope="tasks deliveries",
            cache=NoCache(),
            session=session,
        )
        yield CoopCycleClient(sandbox.url, tokens, session=session)


def ordered(comments: str = "") -> dict[str, object]:
    """Return the body of a delivery of tomorrow's shift, with everything a delivery can have."""
    after = NOW + dt.timedelta(days=1)
    hour = dt.timedelta(hours=1)
    dropoff = Task(
        TimeWindow(after + hour, after + 3 * hour),
        street_address="48 Rue de Rivoli, 75004 Paris, France",
        coordinates=Coordinates(48.8570, 2.3534),
        company="Librairie",
        contact_name="Zoë Ünal",
        telephone="+33612345678",
        description="3e étage",
        comments=comments,
        weight_grams=2500,
    )
    return delivery_body(Delivery("acme/1001", Task(TimeWindow(after, after + hour)), dropoff))


def test_life_of_a_delivery(at_sandbox: CoopCycleClient) -> None:
    """A delivery is created, found again by its window and by its reference, changed and cancelled."""
    store, zone = at_sandbox.me().store, at_sandbox.settings().timezone
    assert store is not None
    at_sandbox.assert_feasible(ordered())

    created = at_sandbox.create_delivery(ordered())

    assert created.bridge_ref == "acme/1001"
    assert created.statuses == ("TODO", "TODO")
    end = NOW + dt.timedelta(days=1, hours=3)
    assert created in at_sandbox.list_deliveries(store, before_from=end, before_to=end, timezone=zone).members
    later = end + dt.timedelta(seconds=1)
    assert at_sandbox.list_deliveries(store, before_from=later, before_to=later, timezone=zone).members == ()
    assert created in at_sandbox.list_recent_deliveries(store).members

    updated = at_sandbox.update_delivery(created.delivery_iri, ordered("third floor"))

    assert updated.delivery_iri == created.delivery_iri
    at_sandbox.cancel_delivery(created.delivery_iri)
    assert at_sandbox.get_delivery(created.delivery_iri).statuses == ("CANCELLED", "CANCELLED")


def test_choices_of_the_stores_time_slot(at_sandbox: CoopCycleClient, sandbox: SandboxClient) -> None:
    """The store's default slot of working days is offered until each window begins."""
    sandbox.clock("2020-04-02T12:30:00+02:00")

    choices = at_sandbox.time_slot_choices()

    assert [(2, 12), (3, 10), (3, 12)] == [(choice.after.day, choice.after.hour) for choice in choices]


def test_choices_of_a_store_without_a_time_slot(sandbox: SandboxClient) -> None:
    """The connection is at fault, and says so."""
    with new_session() as session:
        tokens = TokenProvider(
            base_url=sandbox.url,
            client_id="acme11",
            client_secret="acme11-secret",
            scope="deliveries",
            cache=NoCache(),
            session=session,
        )

        with pytest.raises(InvalidConnection, match=r"schedule\.window: the store has no time slot"):
            CoopCycleClient(sandbox.url, tokens, session=session).time_slot_choices()


def test_cancel_after_a_courier_was_assigned(at_sandbox: CoopCycleClient, sandbox: SandboxClient) -> None:
    """CoopCycle refuses to cancel what a courier has, with status 400."""
    created = at_sandbox.create_delivery(ordered())
    sandbox.courier(created.delivery_iri, "assign")

    error = failure(lambda client: client.cancel_delivery(created.delivery_iri), at_sandbox)

    assert isinstance(error, CoopCycleRejected)
    assert error.status == 400


def test_delivery_that_coopcycle_refuses(at_sandbox: CoopCycleClient) -> None:
    """The violations name the property that CoopCycle objects to."""
    body = ordered()
    del body["dropoff"]["before"]  # type: ignore[attr-defined]

    error = failure(lambda client: client.create_delivery(body), at_sandbox)

    assert isinstance(error, CoopCycleRejected)
    assert [violation.property_path for violation in error.violations] == ["items[1].task.doneBefore"]
