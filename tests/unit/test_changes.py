"""What a PUT carries: cases of the recordings ``dispatcher_edits``, ``change`` and ``change_stops``."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bridge.coopcycle.changes import cannot_clear, change_body, differs, merged, seen_differences
from bridge.model import PlacedTask, Receipt, TimeWindow

EARLY = {"after": "2026-12-15T08:00:00Z", "before": "2026-12-15T09:00:00Z"}
LATE = {"after": "2026-12-15T09:00:00Z", "before": "2026-12-15T11:00:00Z"}
MOVED = TimeWindow(datetime(2026, 12, 20, 9, tzinfo=UTC), datetime(2026, 12, 20, 11, tzinfo=UTC))
RIVOLI = {"streetAddress": "48 Rue de Rivoli, 75004 Paris", "latLng": [48.857127, 2.354766]}
OBERKAMPF = {"streetAddress": "12 rue Oberkampf, 75011 Paris"}
SENT: dict[str, Any] = {
    "pickup": {**EARLY, "comments": "#1042"},
    "dropoff": {"address": RIVOLI, **LATE, "comments": "#1042\nfirst", "weight": 1250},
}


def dropoff(**changes: Any) -> dict[str, Any]:
    """Return the body with other members of its dropoff; ``None`` takes one away."""
    members = {**SENT["dropoff"], **changes}
    return {**SENT, "dropoff": {name: value for name, value in members.items() if value is not None}}


def task(number: int, kind: str, body: dict[str, Any], **changes: Any) -> PlacedTask:
    """Return the task that CoopCycle made of a stop."""
    placed = PlacedTask(
        f"/api/tasks/{number}",
        kind,
        "TODO",
        TimeWindow.parse(body["after"], body["before"]),
        body.get("comments", ""),
        body.get("address", {}).get("streetAddress", "272, rue Saint Honoré 75001 Paris 1er"),
    )
    return replace(placed, **changes)


PICKUP = task(2, "PICKUP", SENT["pickup"], comments="#1042\n1.25 kg")
DROPOFF = task(1, "DROPOFF", SENT["dropoff"])


def held(*tasks: PlacedTask) -> Receipt:
    """Return a delivery of these tasks."""
    return Receipt("/api/deliveries/1", tasks=tasks, statuses=tuple(each.status for each in tasks))


def test_only_the_note_when_only_the_note_changed() -> None:
    """The dispatcher's window and the line with the weight at the pickup are not named, so they stay."""
    body = change_body(
        [SENT], dropoff(comments="#1042\nsecond"), held(PICKUP, replace(DROPOFF, window=MOVED))
    )

    assert {"dropoff": {"comments": "#1042\nsecond"}} == body


def test_pickup_comments_keep_the_weight_that_coopcycle_printed() -> None:
    """The PUT of 24 November lost it: "the line that CoopCycle printed at the pickup is gone"."""
    wanted = {**SENT, "pickup": {**SENT["pickup"], "comments": "#1042 bis"}}

    assert {"pickup": {"comments": "#1042 bis\n1.25 kg"}} == change_body(
        [SENT], wanted, held(PICKUP, DROPOFF)
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#1042\nfirst", "#1042\nnew"),
        ("#1042\nfirst\nring at the back door", "#1042\nnew\nring at the back door"),
        ("ring at the back door\n#1042\nfirst", "ring at the back door\n#1042\nnew"),
        ("ring at the back door", "#1042\nnew\nring at the back door"),
        ("", "#1042\nnew"),
        ("#1042\nnew\n1.25 kg", "#1042\nnew\n1.25 kg"),
    ],
)
def test_our_part_of_the_text(text: str, expected: str) -> None:
    """Ours is replaced, his stays; where ours is gone the new one comes first."""
    assert expected == merged(text, ["#1042\nfirst"], "#1042\nnew")


def test_both_ends_of_a_window() -> None:
    """A window is one member, and the other stop's is not touched."""
    later = {"after": "2026-12-15T10:00:00Z"}

    body = change_body([SENT], dropoff(**later), held(PICKUP, DROPOFF))

    assert {"dropoff": {"after": "2026-12-15T10:00:00Z", "before": LATE["before"]}} == body


def test_an_address_is_sent_whole() -> None:
    """CoopCycle replaces it whole: a telephone that is left out is gone."""
    wanted = dropoff(address={**RIVOLI, "telephone": "+33612345678"})

    assert {"dropoff": {"address": wanted["dropoff"]["address"]}} == change_body(
        [SENT], wanted, held(PICKUP, DROPOFF)
    )


def test_what_a_change_of_unknown_end_may_have_done_is_said_again() -> None:
    """The order went back to what it was: CoopCycle may hold the change in between."""
    between = dropoff(comments="#1042\nbetween", weight=2000)
    arrived = replace(DROPOFF, comments="#1042\nbetween")

    assert differs([SENT, between], SENT)
    assert {"dropoff": {"comments": "#1042\nfirst", "weight": 1250}} == change_body(
        [SENT, between], SENT, held(PICKUP, arrived)
    )


def test_nothing_known_is_everything_said() -> None:
    """As after a redaction."""
    assert differs([], SENT)
    body = change_body([], SENT, held(PICKUP, DROPOFF))

    assert SENT["dropoff"].keys() - {"comments"} == body["dropoff"].keys()


def test_nothing_can_be_taken_away() -> None:
    """An empty value changes nothing on CoopCycle, so none is sent, and it is named."""
    lighter = dropoff(weight=None)

    assert not differs([SENT], lighter)
    assert ["dropoff.weight"] == cannot_clear([SENT], lighter)


THIRD = {"address": OBERKAMPF, **LATE, "comments": "third"}
THREE = {
    "tasks": [
        {"type": "pickup", **SENT["pickup"]},
        {"type": "dropoff", **SENT["dropoff"]},
        {"type": "dropoff", **THIRD},
    ]
}


def test_a_stop_more_is_added_without_an_id() -> None:
    """The others are named by their ids, or they would be cancelled."""
    assert differs([SENT], THREE)
    body = change_body([SENT], THREE, held(PICKUP, DROPOFF))

    assert {"tasks": [{"id": 2}, {"id": 1}, {"type": "dropoff", **THIRD}]} == body


def test_a_stop_more_that_may_be_there_already() -> None:
    """The first PUT of unknown end added it: it is found by its address and not added twice."""
    body = change_body([SENT, THREE], THREE, held(PICKUP, DROPOFF, task(3, "DROPOFF", THIRD)))

    assert [2, 1, 3] == [each["id"] for each in body["tasks"]]


def test_a_stop_less_is_left_out() -> None:
    """Which cancels it."""
    body = change_body([THREE], SENT, held(PICKUP, DROPOFF, task(3, "DROPOFF", THIRD)))

    assert {"tasks": [{"id": 2}, {"id": 1}]} == body


def test_a_change_of_one_stop_of_several() -> None:
    """It finds its task by the address, whatever its place."""
    tasks = THREE["tasks"]
    wanted = {"tasks": [tasks[0], {**tasks[2], "comments": "third, at the back"}, tasks[1]]}

    body = change_body([THREE], wanted, held(PICKUP, DROPOFF, task(3, "DROPOFF", THIRD)))

    assert {"tasks": [{"id": 2}, {"id": 3, "comments": "third, at the back"}, {"id": 1}]} == body


def test_what_the_dispatcher_did_to_the_stops_stays() -> None:
    """One that he cancelled is not added again, one that he added is not cancelled."""
    his = task(4, "DROPOFF", {**LATE, "address": {"streetAddress": "1 rue de la Paix, 75002 Paris"}})
    gone = task(3, "DROPOFF", THIRD, status="CANCELLED")
    tasks = THREE["tasks"]
    wanted = {"tasks": [tasks[0], {**tasks[1], "comments": "new"}, tasks[2]]}

    body = change_body([THREE], wanted, held(PICKUP, DROPOFF, gone, his))

    assert {"tasks": [{"id": 2}, {"id": 1, "comments": "new"}, {"id": 4}]} == body


def test_what_is_seen() -> None:
    """A window that nobody of us sent, a text without our part; CoopCycle's own lines are no difference."""
    as_sent = seen_differences([SENT], held(PICKUP, DROPOFF))
    moved = seen_differences([SENT], held(PICKUP, replace(DROPOFF, window=MOVED)))
    reworded = seen_differences([SENT], held(PICKUP, replace(DROPOFF, comments="ring at the back door")))

    assert (False, False) == (as_sent.moved, as_sent.reworded)
    assert (True, False) == (moved.moved, moved.reworded)
    assert (False, True) == (reworded.moved, reworded.reworded)
