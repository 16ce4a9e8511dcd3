"""Deliveries of several stops: features/deliveries_multi.feature, as an OAuth client."""


def pickup(street="24, Rue de la Paix", **more):
    """Return a pickup."""
    return {"type": "pickup", "address": street, **more}


def dropoff(before="tomorrow 13:30", **more):
    """Return a dropoff of 1.5 kg."""
    return {"type": "dropoff", "address": "48, Rue de Rivoli", "before": before, "weight": 1500, **more}


XL = {"packages": [{"type": "XL", "quantity": 2}]}


def create(api, *tasks):
    """Create a delivery of these stops; return what was answered."""
    answer = api.post("/api/deliveries", {"tasks": list(tasks)})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_one_pickup_and_one_dropoff_as_tasks(acme):
    """Upstream: Create delivery with pickup & dropoff with OAuth."""
    made = create(acme, pickup(before="tomorrow 13:00"), dropoff())

    assert [task["type"] for task in made["tasks"]] == ["PICKUP", "DROPOFF"]
    assert (
        made["pickup"]["comments"],
        made["pickup"]["weight"],
        made["dropoff"]["weight"],
    ) == ("1.50 kg", 1500, 1500)


def test_several_dropoffs(acme):
    """Upstream: Create delivery with pickup & dropoff + packages with OAuth; the pickup shows the sums."""
    made = create(acme, pickup(before="tomorrow 13:00"), dropoff(**XL), dropoff("tomorrow 14:30", **XL))

    assert len(made["tasks"]) == 3
    assert (made["pickup"]["comments"], made["pickup"]["weight"]) == ("4 × XL\n3.00 kg", 3000)
    assert made["pickup"]["packages"][0]["quantity"] == 4
    assert (made["dropoff"]["weight"], made["dropoff"]["packages"][0]["quantity"]) == (1500, 2)
    assert "T14:30:00" in made["dropoff"]["before"], "the last dropoff is the dropoff"


def test_several_pickups(acme):
    """Upstream: Create delivery with multiple pickups & 1 dropoff + packages with OAuth."""
    made = create(
        acme,
        pickup(before="tomorrow 13:00"),
        pickup("22, Rue de la Paix", before="tomorrow 13:15"),
        dropoff(**XL),
    )

    assert (made["pickup"]["@id"], made["dropoff"]["@id"]) == ("/api/tasks/1", "/api/tasks/3")
    assert made["pickup"]["comments"] == "2 × XL\n1.50 kg"
    assert made["tasks"][1]["comments"] == ""


def test_several_pickups_without_a_window(acme):
    """Upstream: Create delivery with multiple pickups & 1 dropoff, without time slot for pickups."""
    made = create(acme, pickup(), pickup("22, Rue de la Paix"), dropoff())

    first, second, last = (task["before"] for task in made["tasks"])
    assert first == second < last


def test_tasks_come_before_pickup_and_dropoff(acme):
    """With tasks, `pickup` and `dropoff` of the same body are ignored."""
    body = {"tasks": [pickup(), dropoff()], "dropoff": {"address": "Nowhere", "comments": "ignored"}}

    made = acme.post("/api/deliveries", body)

    assert (made.status_code, made.json()["dropoff"]["comments"]) == (201, "")


def test_first_task_is_a_pickup_whatever_it_says(acme):
    """Tasks without a type: the first is the pickup, the others are dropoffs."""
    made = create(
        acme,
        {"address": "24, Rue de la Paix", "before": "tomorrow 13:00"},
        {"address": "48, Rue de Rivoli", "before": "tomorrow 15:00"},
    )

    assert [task["type"] for task in made["tasks"]] == ["PICKUP", "DROPOFF"]
