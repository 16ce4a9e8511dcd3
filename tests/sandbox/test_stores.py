"""Stores, their addresses, slots, and the list of their deliveries: stores.feature and time_slots.feature."""

import pytest

LIST = "/api/stores/1/deliveries"


def ids(answer):
    """Return the numbers of the deliveries in a list."""
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["hydra:member"]]


@pytest.fixture
def two(acme):
    """Two deliveries as in the upstream fixtures; the second one is due later."""
    for hour in ("19", "20"):
        acme.create(
            address="18, avenue Ledru-Rollin", after=f"2019-11-12 {hour}:00", before=f"2019-11-12 {hour}:30"
        )
    return acme


def test_saved_addresses(sandbox):
    """Upstream: Retrieve store dropoff addresses; the store's own is left out when dropoffs are asked for."""
    api = sandbox.api("acme2")

    every, dropoffs = api.get("/api/stores/2/addresses"), api.get("/api/stores/2/addresses?type=dropoff")

    assert [each["@id"] for each in every.json()["hydra:member"]] == ["/api/addresses/2", "/api/addresses/3"]
    assert [each["streetAddress"] for each in dropoffs.json()["hydra:member"]] == ["18 Rue des Batignolles"]


def test_saving_an_address(acme):
    """An address that is saved can be listed and used by its IRI."""
    saved = acme.post("/api/stores/1/addresses", {"streetAddress": "1 rue Neuve", "telephone": "0612345678"})

    assert saved.json()["@id"] == "/api/stores/1"
    address = acme.get("/api/stores/1/addresses").json()["hydra:member"][-1]
    assert address["telephone"] == "+33612345678"
    assert address == acme.create(address=address["@id"])["dropoff"]["address"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [1, 2]),
        ("order[dropoff.before]=asc", [1, 2]),
        ("order[createdAt]=desc", [2, 1]),
        ("order[createdAt]=asc", [1, 2]),
        ("order[createdAt]=sideways", [1, 2]),
        ("dropoff.before[after]=2019-11-12 20:30:00&dropoff.before[before]=2019-11-12 20:30:00", [2]),
        ("dropoff.before[after]=2019-11-12 19:30:00", [1, 2]),
        ("dropoff.before[strictly_after]=2019-11-12 19:30:00", [2]),
        ("dropoff.before[strictly_before]=2019-11-12 20:30:00", [1]),
        ("dropoff.after[before]=2019-11-12 19:00:00", [1]),
        ("pickup.before[before]=2019-11-12 19:45:00", [1]),
        ("dropoff.before[after]=2019-11-13", []),
        ("dropoff.before[after]=2019-11-12T20:30:00", [2]),
    ],
)
def test_order_and_filters_of_the_list(two, query, expected):
    """Without an order it is by id; dates in filters are the instance's wall clock."""
    assert expected == ids(two.get(f"{LIST}?{query}"))


def test_pages_of_an_instance_that_has_it_mended(sandbox_with):
    """With `pages_by_query` in the seed, pages work as API Platform means them."""
    api = sandbox_with(instance={"pages_by_query": True}).api()
    for _ in range(5):
        api.create()

    assert ids(api.get(f"{LIST}?page=2&itemsPerPage=2")) == [3, 4]
    assert ids(api.get(f"{LIST}?page=3&itemsPerPage=2")) == [5]


def test_list_holds_only_the_stores_own(acme, acme2):
    """Another store's deliveries are not in the list."""
    acme2.create()
    acme.create()

    assert ids(acme.get(LIST)) == [2]


def test_time_slot(acme):
    """Upstream: Retrieve time slot with opening hours with OAuth."""
    slot = acme.get("/api/time_slots/2").json()

    assert {
        "@context": "/api/contexts/TimeSlot",
        "@id": "/api/time_slots/2",
        "@type": "TimeSlot",
        "name": "Time slot with opening hours",
        "interval": "2 days",
        "priorNotice": None,
        "workingDaysOnly": False,
        "choices": [],
    }.items() <= slot.items()
    weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    assert [("10:00", "11:00", weekdays), ("11:00", "13:00", weekdays), ("14:00", "15:00", ["Sunday"])] == [
        (each["opens"], each["closes"], each["dayOfWeek"]) for each in slot["openingHoursSpecification"]
    ]
    assert acme.get("/api/time_slots/999").status_code == 404


def test_choices_of_the_stores_slot(sandbox):
    """Upstream, time_slots.feature: Retrieve time slot choices."""
    sandbox.clock("2020-04-02 11:00:00")

    answer = sandbox.api().get("/api/time_slots/choices")

    assert (answer.status_code, answer.json()["@type"]) == (200, "TimeSlotChoices")
    assert [(choice["value"], choice["label"]) for choice in answer.json()["choices"]] == [
        ("2020-04-02T10:00:00Z/2020-04-02T12:00:00Z", "Aujourd'hui entre 12:00 et 14:00"),
        ("2020-04-02T12:00:00Z/2020-04-02T15:00:00Z", "Aujourd'hui entre 14:00 et 17:00"),
        ("2020-04-03T10:00:00Z/2020-04-03T12:00:00Z", "Demain entre 12:00 et 14:00"),
        ("2020-04-03T12:00:00Z/2020-04-03T15:00:00Z", "Demain entre 14:00 et 17:00"),
    ]


def test_choices_of_a_friday(sandbox):
    """Upstream: Retrieve timeslots opening hours; a slot of working days offers no Saturday."""
    sandbox.clock("2024-05-31 11:00:00")

    choices = sandbox.api().get("/api/time_slots/1/choices").json()["choices"]

    assert [choice["value"] for choice in choices] == [
        "2024-05-31T10:00:00Z/2024-05-31T12:00:00Z",
        "2024-05-31T12:00:00Z/2024-05-31T15:00:00Z",
    ]


def test_choices_that_have_begun_are_gone(sandbox):
    """A window is offered until it begins."""
    sandbox.clock("2020-04-02 12:00:00")

    first = sandbox.api().get("/api/time_slots/choices").json()["choices"][0]

    assert first["value"] == "2020-04-02T12:00:00Z/2020-04-02T15:00:00Z"


def test_choices_of_a_slot_of_others(sandbox):
    """A slot that is not the store's is 403; a store without a slot breaks the list of its own."""
    assert sandbox.api("acme2").get("/api/time_slots/2/choices").status_code == 403
    assert sandbox.api("acme11").get("/api/time_slots/choices").status_code == 500
