"""What CoopCycle refuses to create, and in which form it says so."""

import pytest

DROPOFF = {"address": "48, Rue de Rivoli", "before": "tomorrow 13:30"}


def violations(answer):
    """Return the property paths of a list of violations."""
    assert answer.status_code == 400, answer.text
    assert answer.json()["@type"] == "ConstraintViolationList"
    return [each["propertyPath"] for each in answer.json()["violations"]]


def test_task_of_an_unknown_type(acme):
    """A task is a pickup or a dropoff."""
    tasks = [{"type": "pickup"}, {"type": "return", **DROPOFF}, {"type": "dropoff", **DROPOFF}]

    assert violations(acme.post("/api/deliveries", {"tasks": tasks})) == ["items[1].task.type"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"weight": 2.5},
        {"weight": 2000.0},
        {"weight": "2000"},
        {"weight": True},
        {"address": 42},
        {"before": 1762000000},
        {"before": "when you can"},
        {"before": ""},
        {"comments": 7},
        {"packages": "XL"},
        {"metadata": 5},
        {"tags": 5},
        {"address": "/api/addresses/999"},
        {"timeSlotUrl": "/api/time_slots/123456", "timeSlot": "2020-04-02T10:00:00Z/2020-04-02T12:00:00Z"},
    ],
    ids=str,
)
def test_wrong_types_and_unknown_things_are_400(acme, sandbox, wrong):
    """What the serializer cannot take is 400 with hydra's error object, and nothing is created."""
    answer = acme.post("/api/deliveries", {"dropoff": {**DROPOFF, **wrong}})

    assert (answer.status_code, answer.json()["@type"]) == (400, "hydra:Error")
    assert sandbox.stats()["created"] == 0


def test_unknown_time_slot_is_named(acme):
    """Upstream: Can't create a delivery with invalid timeSlotUrl."""
    slot = {"timeSlotUrl": "/api/time_slots/123456", "timeSlot": "2020-04-02T10:00:00Z/2020-04-02T12:00:00Z"}

    answer = acme.post("/api/deliveries", {"dropoff": {"address": "Rue de Rivoli", **slot}})

    assert answer.json()["hydra:description"] == 'Item not found for "/api/time_slots/123456".'


@pytest.mark.parametrize(
    ("interval", "status"),
    [
        ("2020-04-02T10:00:00Z/2020-04-02T12:00:00Z", 201),
        ("2020-04-02T10:05:00Z/2020-04-02T12:05:00Z", 400),
    ],
)
def test_window_must_be_offered_by_the_slot_that_is_named(sandbox, interval, status):
    """Upstream: Create delivery with timeSlot and range; Can't create … with invalid range."""
    sandbox.clock("2020-04-02 11:00:00")
    dropoff = {"address": "Rue de Rivoli", "timeSlotUrl": "/api/time_slots/1", "timeSlot": interval}

    answer = sandbox.api().post("/api/deliveries", {"dropoff": dropoff})

    assert status == answer.status_code
    if status == 400:
        assert answer.json()["hydra:description"] == "task.timeSlot.invalid"


@pytest.mark.parametrize(
    "dropoff",
    [
        {**DROPOFF, "address": "Nowhere 12"},
        {**DROPOFF, "address": {"streetAddress": "12 rue de Nulle Part, Paris"}},
        {**DROPOFF, "address": "75011"},
        {**DROPOFF, "address": {"postalCode": "75011"}},
        {"before": "tomorrow 13:30"},
        {"address": "48, Rue de Rivoli", "timeSlot": "after lunch"},
        {**DROPOFF, "packages": [{"type": "XL"}]},
    ],
    ids=str,
)
def test_what_breaks_coopcycle_is_a_masked_500(acme, sandbox, dropoff):
    """An address nobody finds, none at all, a slot that is none: 500 each time, and no reason."""
    first, again = (acme.post("/api/deliveries", {"dropoff": dropoff}) for _ in range(2))

    assert (first.status_code, again.status_code) == (500, 500)
    assert first.json()["hydra:description"] == "Internal Server Error"
    assert sandbox.stats()["created"] == 0


def test_client_that_wants_plain_json_gets_it(acme):
    """With `Accept: application/json` a delivery has no JSON-LD members, and a list is an array."""
    made = acme.create()

    read = acme.get(made["@id"], headers={"Accept": "application/json"})
    listed = acme.get("/api/stores/1/deliveries?order[createdAt]=asc", headers={"Accept": "application/json"})

    assert "@id" not in read.json()
    assert made["id"] == read.json()["id"]
    assert [made["id"]] == [each["id"] for each in listed.json()]


def test_route_that_is_not_there(acme):
    """An unknown route is 404 and a wrong method 405, both as hydra's error."""
    missing, wrong = acme.get("/api/no_such_thing"), acme.get("/api/deliveries")

    assert (missing.status_code, missing.json()["@type"]) == (404, "hydra:Error")
    assert (wrong.status_code, wrong.json()["@type"]) == (405, "hydra:Error")
