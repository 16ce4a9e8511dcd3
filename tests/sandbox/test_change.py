"""Reading, changing and cancelling deliveries."""

import pytest


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


def test_price_stays_when_a_delivery_changes(acme):
    """The order keeps its number and its total."""
    made = acme.create()

    assert made["order"] == acme.put(made["@id"], {"dropoff": {"address": "Brussels"}}).json()["order"]


def test_cancel(acme, sandbox):
    """Upstream: Cancel delivery; it stays where it was, with its tasks cancelled."""
    made = acme.create()

    answer = acme.delete(made["@id"])

    assert (answer.status_code, answer.content) == (204, b"")
    listed = acme.get("/api/stores/1/deliveries?order[createdAt]=desc").json()["hydra:member"]
    for shown in (acme.get(made["@id"]).json(), listed[0]):
        assert [task["status"] for task in shown["tasks"]] == ["CANCELLED", "CANCELLED"]
    assert tuple(sandbox.stats()[name] for name in ("created", "cancelled", "deliveries")) == (1, 1, 0)


def test_order_of_a_delivery(acme, acme2):
    """The order can be read by the store it was made for."""
    made = acme.create()

    assert made["order"]["total"] == acme.get(made["order"]["@id"]).json()["total"]
    assert acme2.get(made["order"]["@id"]).status_code == 403
    assert acme.get("/api/orders/999").status_code == 404
