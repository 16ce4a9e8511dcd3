"""Reading, changing and cancelling deliveries."""

import pytest


def test_other_stores_delivery_is_403(acme, acme2):
    """Upstream: Not authorized to read delivery; nor may it be changed or cancelled."""
    iri = acme.create()["@id"]

    answers = [acme2.get(iri), acme2.put(iri, {}), acme2.delete(iri)]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert answers[0].json()["@type"] == "hydra:Error"
    assert acme.get(iri).json()["dropoff"]["status"] == "TODO"


def test_unknown_delivery_is_404(acme):
    """An id that does not exist is 404 for each method."""
    answers = [
        acme.get("/api/deliveries/9"),
        acme.put("/api/deliveries/9", {}),
        acme.delete("/api/deliveries/9"),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]


def test_put_changes_what_it_names_and_nothing_else(acme):
    """A PUT is partial: the members it does not name stay."""
    made = acme.create(comments="Mind the cat", weight=2000, metadata={"bridge_ref": "a"})

    answer = acme.put(made["@id"], {"dropoff": {"address": "24, Rue de la Paix", "metadata": {"b": "2"}}})

    assert answer.status_code == 200
    changed = answer.json()["dropoff"]
    assert changed["address"]["streetAddress"] == "24, Rue de la Paix"
    assert (changed["comments"], changed["weight"]) == ("Mind the cat", 2000)
    assert (made["dropoff"]["before"], made["dropoff"]["@id"]) == (changed["before"], changed["@id"])
    assert (changed["metadata"]["bridge_ref"], changed["metadata"]["b"]) == ("a", "2")
    assert answer.json() == acme.get(made["@id"]).json()
    assert made["distance"] != answer.json()["distance"]


def test_tags_are_replaced(acme):
    """Upstream: Create delivery with tag and then update it with another tag."""
    made = acme.create(tags=["cold"], weight=2000, comments="Mind the cat")

    changed = acme.put(made["@id"], {"dropoff": {"tags": ["cold", "mon-tag"]}}).json()

    assert [tag["slug"] for tag in changed["dropoff"]["tags"]] == ["cold", "mon-tag"]
    assert changed["pickup"]["comments"] == "2.00 kg", "it is printed once, on creation"


@pytest.mark.parametrize(
    "nothing", [{"comments": ""}, {"weight": 0}, {"tags": []}, {"packages": []}, {"address": None}]
)
def test_nothing_can_be_cleared(acme, nothing):
    """An empty value leaves the old one."""
    made = acme.create(
        comments="Mind the cat", weight=2000, tags=["cold"], packages=[{"type": "XL", "quantity": 1}]
    )

    assert made == acme.put(made["@id"], {"dropoff": nothing}).json()


def test_put_is_checked_like_a_post_and_changes_nothing_when_refused(acme):
    """Constraints hold for changes too; a refused change leaves the delivery as it was."""
    made = acme.create()

    refused = acme.put(made["@id"], {"dropoff": {"before": "yesterday 13:30", "comments": "new"}})
    lost = acme.put(made["@id"], {"dropoff": {"address": "Nowhere 1", "comments": "new"}})

    assert (refused.status_code, lost.status_code) == (400, 500)
    assert made == acme.get(made["@id"]).json()


def test_moving_the_window_forward_needs_the_pickup_too(acme):
    """An earlier dropoff alone falls before the pickup; both together are taken."""
    made = acme.create(after="2026-12-01 12:00", before="2026-12-01 14:00")
    earlier = {"after": "2026-12-01 09:00", "before": "2026-12-01 10:00"}

    alone = acme.put(made["@id"], {"dropoff": earlier})
    both = acme.put(
        made["@id"],
        {"pickup": {"after": "2026-12-01 08:00", "before": "2026-12-01 09:00"}, "dropoff": earlier},
    )

    assert (alone.status_code, both.status_code) == (400, 200)


def test_price_stays_when_a_delivery_changes(acme):
    """The order keeps its number and its total."""
    made = acme.create()

    assert made["order"] == acme.put(made["@id"], {"dropoff": {"address": "Brussels"}}).json()["order"]


def test_tasks_left_out_of_a_put_are_cancelled(acme):
    """Upstream (as an admin): with `tasks`, those left out go, and the price stays."""
    stop = {"address": "48, Rue de Rivoli"}
    tasks = [
        {"type": "pickup", **stop, "before": "tomorrow 13:00"},
        {"type": "dropoff", **stop, "before": "tomorrow 13:30"},
        {"type": "dropoff", **stop, "before": "tomorrow 15:30"},
    ]
    made = acme.post("/api/deliveries", {"tasks": tasks}).json()
    first, second, third = (task["id"] for task in made["tasks"])

    changed = acme.put(made["@id"], {"tasks": [{"id": first}, {"id": second, "weight": 3000}]})

    assert changed.status_code == 200
    assert [first, second] == [task["id"] for task in changed.json()["tasks"]]
    assert changed.json()["tasks"][1]["weight"] == 3000
    assert made["order"]["total"] == changed.json()["order"]["total"]
    assert acme.get(f"/api/tasks/{third}").json()["status"] == "CANCELLED"


def test_unknown_task_in_a_put_is_400(acme):
    """A task that is not the delivery's is refused by its name."""
    answer = acme.put(acme.create()["@id"], {"tasks": [{"id": 999}]})

    assert (answer.status_code, answer.json()["hydra:description"]) == (400, "task.id")


def test_cancel(acme, sandbox):
    """Upstream: Cancel delivery; it stays where it was, with its tasks cancelled."""
    made = acme.create()

    answer = acme.delete(made["@id"])

    assert (answer.status_code, answer.content) == (204, b"")
    listed = acme.get("/api/stores/1/deliveries?order[createdAt]=desc").json()["hydra:member"]
    for shown in (acme.get(made["@id"]).json(), listed[0]):
        assert [task["status"] for task in shown["tasks"]] == ["CANCELLED", "CANCELLED"]
    assert tuple(sandbox.stats()[name] for name in ("created", "cancelled", "deliveries")) == (1, 1, 0)


def test_cancel_twice_is_204_twice(acme):
    """A second DELETE changes nothing and is no error."""
    iri = acme.create()["@id"]

    assert [acme.delete(iri).status_code for _ in range(2)] == [204, 204]


def test_assigned_delivery_cannot_be_cancelled(acme, sandbox):
    """As soon as a courier has it, DELETE is 400 for good; a PUT is still taken."""
    made = acme.create()
    sandbox.courier(made, "assign")

    refused = acme.delete(made["@id"])

    assert (refused.status_code, refused.json()["@type"]) == (400, "hydra:Error")
    assert refused.json()["hydra:description"] == "Tasks have already been assigned"
    assert acme.get(made["@id"]).json()["dropoff"]["status"] == "TODO"
    assert acme.put(made["@id"], {"dropoff": {"comments": "late"}}).status_code == 200


def test_task_and_its_events(acme, acme2, sandbox):
    """A task can be read on its own, with what happened to it, by its own store only."""
    made = acme.create()
    sandbox.courier(made, "pick")

    task = acme.get(made["pickup"]["@id"])
    events = acme.get(made["pickup"]["@id"] + "/events").json()["hydra:member"]

    assert ("DONE", made["dropoff"]["@id"]) == (task.json()["status"], task.json()["next"])
    assert [event["name"] for event in events] == ["task:created", "task:done"]
    assert acme2.get(made["pickup"]["@id"]).status_code == 403
    assert acme.get("/api/tasks/999").status_code == 404


def test_order_of_a_delivery(acme, acme2):
    """The order can be read by the store it was made for."""
    made = acme.create()

    assert made["order"]["total"] == acme.get(made["order"]["@id"]).json()["total"]
    assert acme2.get(made["order"]["@id"]).status_code == 403
    assert acme.get("/api/orders/999").status_code == 404
