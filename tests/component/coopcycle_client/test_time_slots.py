"""The choices of a store's time slot."""

from __future__ import annotations

import datetime as dt

import pytest
from tests.support.client_calls import Serve, failure
from tests.support.fake_server import Request, http

from bridge.errors import (
    CoopCycleUnavailable,
    InvalidConnection,
)

CHOICES = {
    "@type": "TimeSlotChoices",
    "choices": [
        {"@type": "TimeSlotChoice", "value": "2020-04-02T12:00:00Z/2020-04-02T15:00:00Z", "label": "…"},
        {"@type": "TimeSlotChoice", "value": "2020-04-02T10:00:00Z/2020-04-02T12:00:00Z", "label": "…"},
    ],
}


def test_choices_come_in_their_order(serve: Serve) -> None:
    """The values of time_slots.feature become windows, the earliest first."""
    server, client = serve(http(200, CHOICES))

    choices = client.time_slot_choices()

    assert [10, 12] == [choice.after.hour for choice in choices]
    assert dt.datetime(2020, 4, 2, 12, tzinfo=dt.UTC) == choices[0].before
    assert ["GET /api/time_slots/choices"] == [f"{each.method} {each.path}" for each in server.requests]


@pytest.mark.parametrize("time_slot", ["/api/time_slots/1", None])
def test_a_500_to_choices_is_looked_into(serve: Serve, time_slot: str | None) -> None:
    """A store without a time slot breaks the route for good; any other 500 may pass."""

    def answer(request: Request) -> bytes:
        if request.path == "/api/me":
            return http(200, {"store": "/api/stores/1"})
        if request.path == "/api/stores/1":
            return http(200, {"@id": "/api/stores/1", "timeSlot": time_slot})
        return http(500, {"@type": "hydra:Error"})

    _, client = serve(answer)

    error = failure(lambda client: client.time_slot_choices(), client)

    assert (InvalidConnection if time_slot is None else CoopCycleUnavailable) is type(error)


def test_a_gateway_error_to_choices_costs_one_request(serve: Serve) -> None:
    """Only a 500 can mean that the store has no slot."""
    server, client = serve(http(502, {}))

    error = failure(lambda client: client.time_slot_choices(), client)

    assert isinstance(error, CoopCycleUnavailable)
    assert 1 == len(server.requests)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"choices": None},
        {"choices": ["x"]},
        {"choices": [{"value": 7}]},
        {"choices": [{"value": "2020-04-02T10:00:00Z"}]},
        {"choices": [{"value": "2020-04-02T10:00:00/2020-04-02T12:00:00"}]},
        {"choices": [{"value": "2020-04-02T12:00:00Z/2020-04-02T10:00:00Z"}]},
        {"choices": [{"value": "today/tomorrow"}]},
    ],
)
def test_choices_that_are_none_are_no_answer(serve: Serve, body: dict[str, object]) -> None:
    """What cannot be read is asked for again later."""
    _, client = serve(http(200, body))

    error = failure(lambda client: client.time_slot_choices(), client)

    assert isinstance(error, CoopCycleUnavailable)
