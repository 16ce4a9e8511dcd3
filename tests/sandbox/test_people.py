"""What dispatchers and couriers may do, where no recording says it; and what they change for clients."""

import pytest

ACTIONS = ("assign", "unassign", "cancel", "restore", "reschedule", "start", "done", "failed")


def as_(api, bearer, method, path, body=None):
    """Send a request as a dispatcher or a courier."""
    return api.send(method, path, body, headers={"Authorization": f"Bearer {bearer}"})


@pytest.mark.parametrize("action", ["", *(f"/{action}" for action in ACTIONS)])
def test_client_may_not_work_on_tasks(acme, action):
    """An OAuth client may read its tasks, and nothing more; who is nobody is 401."""
    task = acme.create()["dropoff"]["@id"]

    assert acme.put(task + action, {}).status_code == 403
    assert as_(acme, "nobody", "PUT", task + action, {}).status_code == 401
    assert acme.get(task).json()["status"] == "TODO"


@pytest.mark.parametrize("action", ["", "/assign", "/unassign", "/cancel", "/restore", "/reschedule"])
def test_courier_may_not_dispatch(acme, action):
    """These are for dispatchers."""
    task = acme.create()["dropoff"]["@id"]

    assert as_(acme, "courier", "PUT", task + action, {}).status_code == 403


@pytest.mark.parametrize("action", ["start", "done", "failed"])
def test_courier_may_act_on_what_he_has(acme, sandbox, action):
    """A task that another has is refused to him; a dispatcher may act for anybody."""
    made = acme.create()
    path = f"{made['dropoff']['@id']}/{action}"
    sandbox.courier(made["@id"], "assign", courier="bob")

    assert as_(acme, "courier", "PUT", path, {}).status_code == 403
    assert as_(acme, "dispatcher", "PUT", path, {}).status_code == 200
    sandbox.courier(made["@id"], "assign", courier="sarah")
    assert as_(acme, "courier", "PUT", path).status_code == 200


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("", {"after": "soon"}),
        ("/reschedule", {"after": "soon", "before": "later"}),
        ("/reschedule", {}),
        ("/assign", {"username": "nobody"}),
        ("/assign", {}),
    ],
)
def test_what_cannot_be_done_changes_nothing(acme, action, body):
    """A time that is none and a courier whom nobody knows are 400."""
    made = acme.create()
    task = made["dropoff"]["@id"]

    assert as_(acme, "dispatcher", "PUT", task + action, body).status_code == 400
    assert made == acme.get(made["@id"]).json()


def test_unknown_task(acme):
    """A task that there is not is 404."""
    assert as_(acme, "dispatcher", "PUT", "/api/tasks/9/cancel").status_code == 404


def test_events_as_they_were_recorded(sandbox):
    """With the clock as it was then, the events come in the recorded order: of a second, the last first."""
    sandbox.clock("2026-11-25T01:33:36+01:00")
    api = sandbox.api()
    made = api.create()
    pickup, dropoff = made["pickup"]["@id"], made["dropoff"]["@id"]
    steps = [
        (37, "dispatcher", f"{pickup}/assign", {"username": "sarah"}),
        (37, "courier", f"{pickup}/done", None),
        (37, "courier", f"{dropoff}/start", None),
        (38, "courier", f"{dropoff}/failed", {"notes": "Nobody there"}),
        (38, "dispatcher", f"{dropoff}/reschedule", {
            "after": "2026-12-16T09:00:00Z", "before": "2026-12-16T11:00:00+02:00",
        }),
    ]  # fmt: skip
    for second, who, path, body in steps:
        sandbox.clock(f"2026-11-25T01:33:{second}+01:00")
        assert as_(api, who, "PUT", path, body).status_code == 200

    events = api.get(f"{dropoff}/events").json()["hydra:member"]

    assert [event["name"].removeprefix("task:") for event in events] == [
        "created", "started", "assigned", "updated", "rescheduled", "unassigned", "failed",
    ]  # fmt: skip
    assert events[4]["data"]["rescheduled_before"] == {
        "date": "2026-12-16 11:00:00.000000",
        "timezone_type": 1,
        "timezone": "+02:00",
    }


def test_tracking_page(acme, http):
    """The address that a customer is given leads to a page; one that was made up does not."""
    made = acme.create(address="12 <rue> Oberkampf")

    page = http.get(made["trackingUrl"], timeout=10)
    nowhere = http.get(made["trackingUrl"] + "x", timeout=10)

    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=UTF-8")
    assert "12 &lt;rue&gt; Oberkampf, TODO" in page.text
    assert nowhere.status_code == 404
