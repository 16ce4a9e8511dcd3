"""The sandbox's control, its server and its seed: what CoopCycle has not."""

import json
import subprocess
import sys

import pytest
import requests

from bridge_laptop.sandbox.seed import DEFAULT_SEED, load_seed
from bridge_laptop.sandbox.server import SandboxServer


def test_reset_goes_back_to_the_seed(acme, sandbox, http):
    """Deliveries, tokens, webhooks, saved addresses, the clock, faults and counts are as at the start."""
    acme.create()
    acme.post("/api/webhooks", {"event": "delivery.picked", "url": "https://example.com"})
    acme.post("/api/stores/1/addresses", {"streetAddress": "1 rue Neuve"})
    sandbox.clock("2018-01-01T00:00:00Z")
    sandbox.fault("unavailable")

    sandbox.reset()

    assert sandbox.stats() == {
        "requests": {},
        "token_requests": 0,
        "created": 0,
        "cancelled": 0,
        "deliveries": 0,
        "deliveries_by_ref": {},
        "faults": [],
        "fault_hits": {},
        "webhooks_sent": [],
    }
    assert acme.get("/api/me").status_code == 401
    again = sandbox.api()
    assert again.get("/api/webhooks/1").status_code == 404
    assert len(again.get("/api/stores/1/addresses").json()["hydra:member"]) == 1
    made = again.create()
    assert (made["@id"], made["dropoff"]["@id"]) == ("/api/deliveries/1", "/api/tasks/1")
    assert made["pickup"]["createdAt"] > "2026"


def test_clock_stands_where_it_is_set_and_runs_again(acme, sandbox):
    """The clock is what `createdAt` says; null lets it run."""
    sandbox.clock("2020-11-23T10:00:00+01:00")
    stopped = sandbox.api().create()
    sandbox.clock(None)
    running = acme.create()

    assert stopped["pickup"]["createdAt"] == "2020-11-23T10:00:00+01:00"
    assert running["pickup"]["createdAt"] > "2026"


def test_time_that_cannot_be_read_is_refused(sandbox, http):
    """The clock says so when it is set to nonsense."""
    answer = http.post(f"{sandbox.url}/_sandbox/clock", json={"now": "later"}, timeout=10)

    assert answer.status_code == 400


def test_statistics_count_routes_and_answers(acme, sandbox):
    """Requests are counted by method and route, with how they ended; the control is not counted."""
    first, _ = acme.create(metadata={"bridge_ref": "a/1"}), acme.create(metadata={"bridge_ref": "a/2"})
    acme.delete(first["@id"])
    acme.get("/api/deliveries/999")

    stats = sandbox.stats()

    assert stats["requests"]["POST /api/deliveries"] == {"total": 2, "201": 2}
    assert stats["requests"]["DELETE /api/deliveries/{id}"] == {"total": 1, "204": 1}
    assert stats["requests"]["GET /api/deliveries/{id}"] == {"total": 1, "404": 1}
    assert stats["token_requests"] == 1
    assert (stats["created"], stats["cancelled"], stats["deliveries"]) == (2, 1, 1)
    assert stats["deliveries_by_ref"] == {
        "a/1": [{"@id": "/api/deliveries/1", "cancelled": True}],
        "a/2": [{"@id": "/api/deliveries/2", "cancelled": False}],
    }
    assert not any("_sandbox" in route for route in stats["requests"])


@pytest.mark.parametrize(
    ("do", "pickup", "dropoff"),
    [
        ("assign", "TODO", "TODO"),
        ("start", "DOING", "TODO"),
        ("pick", "DONE", "TODO"),
        ("transit", "TODO", "DOING"),
        ("drop", "TODO", "DONE"),
        ("fail", "TODO", "FAILED"),
        ("cancel", "CANCELLED", "CANCELLED"),
    ],
)
def test_courier_moves_the_tasks(acme, sandbox, do, pickup, dropoff):
    """Each act leaves the tasks in its status, as seen through the API."""
    made = acme.create()

    sandbox.courier(made["@id"], do)

    shown = acme.get(made["@id"]).json()
    assert (pickup, dropoff) == (shown["pickup"]["status"], shown["dropoff"]["status"])


def test_courier_may_fail_at_the_pickup(acme, sandbox):
    """A failure can be the pickup's."""
    made = acme.create()

    sandbox.courier(made["@id"], "fail", task="pickup")

    assert acme.get(made["@id"]).json()["pickup"]["status"] == "FAILED"


def test_courier_can_be_named_and_taken_off(acme, sandbox):
    """The first courier of the seed is the default; without one the delivery can be cancelled again."""
    made = acme.create()
    names = []
    for more in ({}, {"courier": "sarah"}):
        sandbox.courier(made["@id"], "assign", **more)
        names.append(acme.get(made["pickup"]["@id"]).json()["assignedTo"])
    sandbox.courier(made["@id"], "unassign")

    assert names == ["bob", "sarah"]
    assert acme.delete(made["@id"]).status_code == 204


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"delivery": "/api/deliveries/1", "do": "fly"}, 400),
        ({"delivery": "/api/deliveries/9", "do": "pick"}, 404),
    ],
)
def test_impossible_act_is_refused(acme, sandbox, http, asked, status):
    """An unknown act or delivery is refused."""
    acme.create()

    assert status == http.post(f"{sandbox.url}/_sandbox/courier", json=asked, timeout=10).status_code


def test_connection_is_kept_alive(sandbox):
    """A client may send its next request over the same connection, also after a body nobody read."""
    with requests.Session() as session:
        for _ in range(3):
            unread = session.post(f"{sandbox.url}/api/nothing", data=b"x" * 70_000, timeout=10)
            read = session.get(f"{sandbox.url}/api/settings", timeout=10)
            assert (unread.status_code, read.status_code) == (404, 200)
        pools = session.get_adapter(sandbox.url).poolmanager.pools
        assert [pools.get(key).num_connections for key in pools.keys()] == [1]  # noqa: SIM118 - no dictionary


def test_body_in_chunks(acme):
    """A body of unknown length is read as well."""
    body = json.dumps({"dropoff": {"address": "Rue de Rivoli", "before": "tomorrow 13:30"}}).encode()

    assert acme.send("POST", "/api/deliveries", data=iter([body[:10], body[10:]])).status_code == 201


def test_stopped_server_is_gone(http):
    """Nothing answers after `stop`, not even a connection that was kept alive, and the port is free."""
    server = SandboxServer().start()
    http.get(f"{server.url}/api/settings", timeout=10)
    port = server.port

    server.stop()

    with pytest.raises(requests.ConnectionError):
        http.get(f"{server.url}/api/settings", timeout=10)
    with SandboxServer(port=port) as again:
        assert http.get(f"{again.url}/api/settings", timeout=10).status_code == 200


def test_seed_from_a_file(tmp_path, http):
    """A seed may be a file of one's own."""
    seed = tmp_path / "seed.json"
    own = {
        "instance": {
            "country": "be", "locale": "fr", "timezone": "Europe/Brussels", "currency_code": "eur",
            "latlng": "50.85,4.35", "administrator_email": "a@example.org",
            "brand_name": "Molenbike", "phone_number": "+3225119988", "tax_rate": 0.21,
        },
        "addresses": [{"id": 1, "streetAddress": "1 Grand-Place", "latLng": [50.85, 4.35]}],
        "stores": [{"id": 7, "name": "Fleurs", "address": 1}],
        "clients": [{"id": "fleurs", "secret": "s", "name": "Fleurs", "store": 7}],
    }  # fmt: skip
    seed.write_text(json.dumps(own), encoding="utf-8")

    with SandboxServer(seed=str(seed)) as server:
        settings = http.get(f"{server.url}/api/settings", timeout=10).json()

    assert (settings["country"], settings["brand_name"]) == ("be", "Molenbike")


@pytest.mark.parametrize(
    "change",
    [{"shops": []}, {"stores": [{"id": 1, "name": "A", "adress": 1}]}, {"clients": None}, {"instance": {}}],
)
def test_seed_that_is_wrong_is_refused(change):
    """A misspelt or incomplete seed is an error at the start."""
    with pytest.raises(ValueError, match="seed"):
        load_seed({"instance": {}, "stores": [], "clients": [], **change})


@pytest.mark.parametrize(
    ("table", "change", "named"),
    [
        ("stores", {"address": 99}, "address 99 of store Acme"),
        ("stores", {"pricing": "gold"}, "pricing 'gold' of store Acme"),
        ("stores", {"time_slots": [1, 99]}, "time_slots 99 of store Acme"),
        ("stores", {"tags": ["no-such-tag"]}, "tags 'no-such-tag' of store Acme"),
        ("clients", {"store": 99}, "store 99 of client acme"),
    ],
)
def test_seed_that_names_what_it_has_not_is_refused(table, change, named):
    """A store without its address, or a client without its store, is an error at the start, by name."""
    seed = json.loads(DEFAULT_SEED.read_text(encoding="utf-8"))
    seed[table][0] |= change

    with pytest.raises(ValueError, match=named):
        load_seed(seed)


def test_person_of_another_role_is_refused():
    """Only dispatchers and couriers work on tasks."""
    seed = json.loads(DEFAULT_SEED.read_text(encoding="utf-8"))
    seed["people"][0]["role"] = "baker"

    with pytest.raises(ValueError, match="dispatcher, courier, not 'baker'"):
        load_seed(seed)


def test_server_in_the_foreground_ends_with_a_signal():
    """`serve_forever` serves until it is interrupted, and ends without a trace."""
    program = (
        "import signal, threading, urllib.request, os\n"
        "from bridge_laptop.sandbox.server import SandboxServer\n"
        "server = SandboxServer()\n"
        "def ask():\n"
        "    urllib.request.urlopen(server.url + '/api/settings', timeout=10).close()\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "threading.Thread(target=ask).start()\n"
        "server.serve_forever()\n"
        "print('ended')\n"
    )

    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )

    assert (ended.returncode, ended.stdout.strip(), ended.stderr) == (0, "ended", "")


@pytest.mark.parametrize("what", ["fault", "clock", "courier", "reset"])
@pytest.mark.parametrize("body", [b"mode=hang", b"[]", b'"none"', b"{"])
def test_body_that_is_no_json_object_changes_nothing(acme, sandbox, http, what, body):
    """A control request that cannot be read is 400, and a fault that is set stays set."""
    sandbox.clock("2026-11-23T10:00:00+01:00")
    made = sandbox.api().create()
    sandbox.fault("unavailable", on="price")

    answer = http.post(f"{sandbox.url}/_sandbox/{what}", data=body, timeout=10)

    assert answer.status_code == 400
    assert "JSON" in answer.json()["error"]
    assert sandbox.stats()["faults"] == ["unavailable"]
    assert (sandbox.stats()["created"], made["pickup"]["createdAt"]) == (1, "2026-11-23T10:00:00+01:00")


@pytest.mark.parametrize("what", ["fault", "clock", "courier"])
def test_only_a_reset_needs_no_body(sandbox, http, what):
    """Without a body only a reset is done."""
    assert http.post(f"{sandbox.url}/_sandbox/{what}", timeout=10).status_code == 400
    assert http.post(f"{sandbox.url}/_sandbox/reset", timeout=10).status_code == 200


@pytest.mark.parametrize("body", [{}, {"now": 7}, {"now": "soon"}])
def test_clock_is_set_to_a_time_or_to_null(sandbox, http, body):
    """What is no time leaves the clock as it was."""
    sandbox.clock("2026-11-23T10:00:00+01:00")

    assert http.post(f"{sandbox.url}/_sandbox/clock", json=body, timeout=10).status_code == 400
    assert sandbox.api().create()["pickup"]["createdAt"] == "2026-11-23T10:00:00+01:00"


def test_client_says_why_it_was_refused(sandbox):
    """The client of the control raises with the sandbox's own words."""
    with pytest.raises(requests.HTTPError, match="no fault is called 'meteor'"):
        sandbox.fault("meteor")


def test_client_finds_deliveries_by_reference(acme, sandbox):
    """Those that carry a reference of ours, and those of them that live."""
    first, second = (acme.create(metadata={"bridge_ref": "a/1"})["@id"] for _ in range(2))
    acme.delete(first)

    assert [second] == sandbox.live("a/1")
    assert sandbox.deliveries_of("a/1") == [
        {"@id": first, "cancelled": True},
        {"@id": second, "cancelled": False},
    ]
    assert sandbox.live("a/2") == []
