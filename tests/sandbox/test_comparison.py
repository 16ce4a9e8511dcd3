"""The comparison finds whatever differs: without this, the recordings would prove nothing."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.sandbox.contract import recordings
from tests.sandbox.contract.comparison import Comparison
from tests.sandbox.contract.kinds import KINDS
from tests.sandbox.contract.recordings import Exchange
from tests.sandbox.contract.replay import Answer, Credentials, Replay

ANSWERS: list[Exchange] = [
    each
    for file in recordings.names()
    for each in recordings.read(file)
    if isinstance(each.answer, dict) and not each.setup and each.members is None
]
in_time = settings(deadline=None)  # an answer of 100 kB takes its time
HOST = "http://127.0.0.1:1"
SECRETS = Credentials({"acme": ("acme", "acme-secret")})

Place = tuple[str | int, ...]
OF_EACH_TYPE: tuple[Any, ...] = (7, 7.5, "seven", True, None, [], {})


def places(value: Any, above: Place = ()) -> Iterator[Place]:
    """Yield the way to each member and entry of a body."""
    pairs: Any = ()
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    for name, each in pairs:
        yield (*above, name)
        yield from places(each, (*above, name))


def at(body: Any, place: Place) -> Any:
    for name in place:
        body = body[name]
    return body


def put(body: Any, place: Place, value: Any) -> Any:
    changed = copy.deepcopy(body)
    at(changed, place[:-1])[place[-1]] = value
    return changed


def as_answered(body: Any) -> Any:
    """Put in what the recordings mask, so that the answer is one that an instance could give."""
    text = json.dumps(body).replace('"<text>"', '"words"').replace('"<masked>"', '"a-secret"')
    return json.loads(text)


def compare(recorded: Any, ours: Any) -> list[str]:
    return Comparison().of_bodies(recorded, ours)


@pytest.mark.parametrize("exchange", ANSWERS, ids=lambda each: f"{each.file}:{each.line}")
def test_an_answer_says_the_same_as_itself(exchange: Exchange) -> None:
    assert compare(exchange.answer, as_answered(exchange.answer)) == []


@in_time
@given(st.data())
def test_a_member_that_is_missing_is_found(data: st.DataObject) -> None:
    """At any depth, in any answer; so is an entry of a list."""
    answer = data.draw(st.sampled_from(ANSWERS)).answer
    place = data.draw(st.sampled_from(list(places(answer))))
    ours = as_answered(answer)
    del at(ours, place[:-1])[place[-1]]
    assert compare(answer, ours)


@in_time
@given(st.data())
def test_a_member_that_is_surplus_is_found(data: st.DataObject) -> None:
    """Even null: a member that is there is not one that is missing."""
    answer = data.draw(st.sampled_from(ANSWERS)).answer
    objects = [place for place in [(), *places(answer)] if isinstance(at(answer, place), dict)]
    place = data.draw(st.sampled_from(objects))
    assert compare(answer, put(as_answered(answer), (*place, "surplus"), None))


@in_time
@given(st.data())
def test_a_value_of_another_type_is_found(data: st.DataObject) -> None:
    """What JSON shows apart is apart: 1, 1.0, "1", true, null, [] and {}; also where a kind is compared."""
    answer = data.draw(st.sampled_from(ANSWERS)).answer
    place = data.draw(st.sampled_from(list(places(answer))))
    own = at(answer, place)
    kind = float if isinstance(own, float) else type(own)
    others = [each for each in OF_EACH_TYPE if type(each) is not kind]
    if own in (0, []) or isinstance(own, float):
        others = [each for each in others if not isinstance(each, int | float) or isinstance(each, bool)]
    assert compare(answer, put(as_answered(answer), place, data.draw(st.sampled_from(others))))


@in_time
@given(st.data())
def test_another_value_of_the_same_type_is_found(data: st.DataObject) -> None:
    """Wherever it is not a clock's, a geocoder's or a router's: texts, numbers, truth values."""
    answer = data.draw(st.sampled_from(ANSWERS)).answer
    leaves = [
        place
        for place in places(answer)
        if not isinstance(at(answer, place), dict | list) and not by_kind(place, at(answer, place))
    ]
    assume(leaves)
    place = data.draw(st.sampled_from(leaves))
    own = at(answer, place)
    whole = -2 if own == -1 else -1
    other: dict[type, Any] = {
        str: f"x{own}",
        int: whole,
        float: -1.5,
        bool: not own,
        type(None): "not null",
    }
    assert compare(answer, put(as_answered(answer), place, other[type(own)]))


def by_kind(place: Place, recorded: Any) -> bool:
    path = "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in place)
    return any(kind.is_one(path, recorded) for kind in KINDS)


def test_each_kind_says_why_and_is_met_in_the_recordings() -> None:
    """A kind that no recorded value is of has no business in the list."""
    assert all(kind.why and kind.name for kind in KINDS)
    met = {
        kind.name
        for exchange in ANSWERS
        for place in places(exchange.answer)
        for kind in KINDS
        if not isinstance(at(exchange.answer, place), dict | list)
        and kind.is_one("".join(f".{each}" for each in place), at(exchange.answer, place))
    }
    assert met == {kind.name for kind in KINDS} - {"a page of HTML"}  # that one is a whole answer


@pytest.mark.parametrize(
    ("recorded", "ours"),
    [
        ({"distance": 2304}, {"distance": 0}),
        ({"distance": 0}, {"distance": 2304}),
        ({"duration": 548}, {"duration": 548.5}),
        ({"polyline": "abc"}, {"polyline": ""}),
        ({"latitude": 48.83673}, {"latitude": 200.0}),
        ({"latitude": 48.857127}, {"latitude": 48.857128}),
        ({"message": "<text>"}, {"message": ""}),
        ({"secret": "<masked>"}, {"secret": "two words"}),
        ({"code": "c1051bb4-d103-4f74-8988-acbcafc7fdc3"}, {"code": "c1051bb4-d103-4f74-8988-acbcafc7fdc4"}),
    ],
)
def test_a_kind_has_its_limits(recorded: Any, ours: Any) -> None:
    assert compare(recorded, ours)


@pytest.mark.parametrize(
    ("recorded", "ours"),
    [
        (["/api/tasks/1", "/api/tasks/2"], ["/api/tasks/7", "/api/tasks/7"]),  # one for two
        (["/api/tasks/1", "/api/tasks/1"], ["/api/tasks/7", "/api/tasks/8"]),  # two for one
        (["/api/tasks/1", "/api/tasks/2"], ["/api/tasks/8", "/api/tasks/7"]),  # the later one is smaller
        (["/api/tasks/1"], ["/api/orders/1"]),
        (["6767001118076", "/api/tasks/1"], ["6767001128076", "/api/tasks/1"]),  # a barcode holds its task
        ([{"@id": "/api/tasks/1", "id": 1}], [{"@id": "/api/tasks/1", "id": 2}]),
        ([{"@id": "/api/tasks/1", "id": 1}], [{"@id": "/api/tasks/1", "id": "1"}]),
    ],
)
def test_numbers_are_mapped_one_to_one_and_keep_their_order(recorded: Any, ours: Any) -> None:
    assert compare(recorded, ours)


def test_other_numbers_that_keep_to_themselves_are_the_same_answer() -> None:
    recorded = next(each for each in ANSWERS if each.file == "create_simple").answer
    text = json.dumps(as_answered(recorded))
    for kind in ("tasks", "deliveries", "orders"):
        text = text.replace(f"/api/{kind}/", f"/api/{kind}/77")
    ours = json.loads(text.replace("67670011", "676700117"))
    for task in (ours["pickup"], ours["dropoff"], *ours["tasks"]):
        task["id"] = int(f"77{task['id']}")
        task["barcode"]["barcode"] = task["barcode"]["barcode"].replace("676700117", "6767001177")
        task["barcode"]["label"]["url"] = task["barcode"]["label"]["url"].replace("676700117", "6767001177")
        task["metadata"]["order_id"] = 771
    ours["id"] = 771
    assert compare(recorded, ours) == []


@pytest.mark.parametrize(
    ("status", "headers", "found"),
    [
        (204, {}, []),
        (200, {}, ["status 200, recorded 204"]),
        (204, {"Content-Type": "text/html"}, ['header Content-Type: "text/html", recorded null']),
        (204, {"Date": "now"}, []),
    ],
)
def test_status_and_headers_are_compared(status: int, headers: dict[str, str], found: list[str]) -> None:
    """Also a header that is there and should not be."""
    cancelled = next(each for each in recordings.read("cancel") if each.status == 204)
    replay = Replay(HOST, SECRETS)
    assert replay.differences(cancelled, Answer(status, headers, None)) == found


def test_a_listing_is_compared_by_who_is_in_it() -> None:
    """The recording holds one member and the numbers of all."""
    listing = next(each for each in recordings.read("listing") if each.members and len(each.members) == 12)
    assert listing.members is not None
    shown = as_answered(listing.answer["hydra:member"][0])
    others = [{**shown, "id": number} for number in listing.members[1:]]

    def found(members: list[Any]) -> list[str]:
        replay = Replay("http://coopcycle.test", SECRETS)
        for number in range(1, 36):
            replay.comparison.numbers.stand_for("deliveries", str(number), str(number))
        answer = {**as_answered(listing.answer), "hydra:member": members}
        return replay.differences(listing, Answer(200, listing.answer_headers, answer))

    assert found([shown, *others]) == []
    assert found([shown, *others[:-1]])
    assert found([*others, shown])
    assert found([shown, *others[:-1], {**shown, "id": 1}])
