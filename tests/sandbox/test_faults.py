"""The sandbox's faults: each does to the client, and to the deliveries, what its table says."""

import threading
import time

import pytest
import requests

BODY = {
    "dropoff": {"address": "48, Rue de Rivoli", "before": "tomorrow 13:30", "metadata": {"bridge_ref": "a/1"}}
}
NEVER = 0.3
"""How long a client waits for an answer that does not come, in seconds."""


def create(api, **more):
    """Create the one delivery of these tests."""
    return api.post("/api/deliveries", BODY, **more)


def eventually(condition):
    """Wait for something another thread does."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)


@pytest.mark.parametrize(
    ("mode", "status"),
    [
        ("unavailable", 503),
        ("maintenance", 503),
        ("throttle", 429),
        ("firewall", 403),
        ("captive_portal", 200),
        ("bad_gateway", 502),
        ("error_500", 500),
    ],
)
def test_refusals_do_nothing(acme, sandbox, mode, status):
    """These answer with their status and create nothing."""
    sandbox.fault(mode)

    answer = create(acme)

    assert status == answer.status_code
    assert sandbox.stats()["created"] == 0


def test_throttling_says_when_to_come_back(acme, sandbox):
    """429 carries Retry-After."""
    sandbox.fault("throttle", retry_after=7)

    assert create(acme).headers["Retry-After"] == "7"


def test_bad_gateway_is_a_page(acme, sandbox):
    """502 comes from a proxy: HTML, not JSON."""
    sandbox.fault("bad_gateway")

    assert create(acme).headers["Content-Type"].partition(";")[0] == "text/html"


def test_reset_before_anything(acme, sandbox):
    """The connection is reset, nothing is created, and the sandbox goes on."""
    sandbox.fault("reset", on="create")

    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        create(acme)
    assert sandbox.stats()["created"] == 0
    assert acme.get("/api/me").status_code == 200


def test_hang_gives_no_answer(acme, sandbox):
    """The client's own timeout is the only end; nothing is created."""
    sandbox.fault("hang", on="create")

    with pytest.raises(requests.ReadTimeout):
        create(acme, timeout=NEVER)
    assert sandbox.stats()["created"] == 0


def test_hang_with_a_delay_ends_in_a_close(acme, sandbox):
    """After its delay the connection is closed without an answer."""
    sandbox.fault("hang", on="create", delay=0)

    with pytest.raises(requests.ConnectionError, match="closed connection without response"):
        create(acme)


@pytest.mark.parametrize(
    ("mode", "error"),
    [("create_then_reset", "reset by peer"), ("create_then_hang", "closed connection without response")],
)
def test_created_and_then_no_answer(acme, sandbox, mode, error):
    """The delivery is there, and the client does not know."""
    sandbox.fault(mode, delay=0)

    with pytest.raises(requests.ConnectionError, match=error):
        create(acme)
    assert sandbox.stats()["deliveries_by_ref"]["a/1"] == [{"@id": "/api/deliveries/1", "cancelled": False}]


def test_created_and_then_silence(acme, sandbox):
    """The delivery is there while the client still waits."""
    sandbox.fault("create_then_hang")

    with pytest.raises(requests.ReadTimeout):
        create(acme, timeout=NEVER)
    assert sandbox.stats()["created"] == 1


@pytest.mark.parametrize(("mode", "status"), [("create_then_500", 500), ("create_then_502", 502)])
def test_created_and_then_an_error(acme, sandbox, mode, status):
    """The delivery is there, and the answer says the opposite."""
    sandbox.fault(mode)

    assert status == create(acme).status_code
    assert sandbox.stats()["created"] == 1


def test_created_and_then_garbage(acme, sandbox):
    """201 with a body nobody can read."""
    sandbox.fault("create_then_garbage")

    answer = create(acme)

    assert answer.status_code == 201
    with pytest.raises(requests.JSONDecodeError):
        answer.json()
    assert sandbox.stats()["created"] == 1


@pytest.mark.parametrize("mode", ["create_then_500", "create_then_reset", "create_then_garbage"])
def test_refusal_is_told_truthfully(acme, sandbox, mode):
    """What CoopCycle refuses anyway is refused as ever."""
    sandbox.fault(mode)

    assert acme.post("/api/deliveries", {"dropoff": {"address": "Rue de Rivoli"}}).status_code == 400


def test_late_commit(acme, sandbox):
    """The client has long gone when the delivery is created."""
    sandbox.fault("commit_late", delay=2 * NEVER)

    with pytest.raises(requests.ReadTimeout):
        create(acme, timeout=NEVER)
    assert sandbox.stats()["created"] == 0
    sandbox.fault(None)

    eventually(lambda: sandbox.stats()["created"] == 1)
    assert len(sandbox.stats()["deliveries_by_ref"]["a/1"]) == 1


def test_late_commit_never_answers(acme, sandbox):
    """A client that waits to the end gets no answer either."""
    sandbox.fault("commit_late", delay=0)

    with pytest.raises(requests.ConnectionError, match="closed connection without response"):
        create(acme)
    assert sandbox.stats()["created"] == 1


def test_slow_answer_is_the_right_one(acme, sandbox):
    """It is late, and true."""
    sandbox.fault("slow", delay=0.01)

    assert create(acme).status_code == 201


@pytest.mark.parametrize("address", ["12 Rue Maudite", {"streetAddress": "12 Rue Maudite"}])
def test_cursed_address(acme, sandbox, address):
    """An address with the given text is a 500 for ever; others are as ever."""
    sandbox.fault("bad_address", match="rue maudite")
    body = {"dropoff": {**BODY["dropoff"], "address": address}}

    answers = [acme.post("/api/deliveries", body) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [500, 500]
    assert create(acme).status_code == 201


def test_revoked_tokens(acme, sandbox):
    """All tokens issued so far are refused; a new one is good."""
    sandbox.fault("revoke_tokens")

    assert acme.get("/api/me").status_code == 401
    assert sandbox.api().get("/api/me").status_code == 200
    assert sandbox.stats()["faults"] == [], "it is done once"


@pytest.mark.parametrize(("mode", "status"), [("token_unavailable", 503), ("token_500", 500)])
def test_no_token_to_be_had(acme, sandbox, http, mode, status):
    """The token endpoint fails, and the rest works."""
    sandbox.fault(mode)

    answer = http.post(f"{sandbox.url}/oauth2/token", auth=("acme", "acme-secret"), timeout=10)

    assert status == answer.status_code
    assert create(acme).status_code == 201


def test_malformed_token(sandbox, http):
    """The answer has a token and no lifetime."""
    sandbox.fault("token_malformed")
    form = {"grant_type": "client_credentials"}

    answer = http.post(f"{sandbox.url}/oauth2/token", data=form, auth=("acme", "acme-secret"), timeout=10)

    assert answer.status_code == 200
    assert {"token_type", "access_token"} == answer.json().keys()


@pytest.mark.parametrize(
    ("on", "failing"),
    [
        ("create", {"create"}),
        ("change", {"put", "delete"}),
        ("list", {"list"}),
        ("read", {"get"}),
        ("price", {"price"}),
        ("all", {"create", "put", "delete", "list", "get", "price"}),
    ],
)
def test_fault_hits_the_requests_it_is_for(acme, sandbox, on, failing):
    """`on` says which requests a fault hits."""
    iri = acme.create()["@id"]
    sandbox.fault("unavailable", on=on)

    answers = {
        "create": create(acme),
        "get": acme.get(iri),
        "list": acme.get("/api/stores/1/deliveries"),
        "price": acme.post("/api/retail_prices/calculate", BODY),
        "put": acme.put(iri, {}),
        "delete": acme.delete(iri),
    }

    assert failing == {name for name, answer in answers.items() if answer.status_code == 503}


def test_share_is_drawn_and_can_be_repeated(acme, sandbox):
    """A share hits some of the requests, the same ones for the same seed."""
    runs = []
    for _ in range(2):
        sandbox.fault(None)
        sandbox.fault("unavailable", share=0.5, seed=7)
        runs.append([acme.get("/api/me").status_code for _ in range(20)])

    assert runs[0] == runs[1]
    assert {200, 503} == set(runs[0])


def test_two_faults_at_once(acme, sandbox):
    """Several faults may be set; each request gets the first that hits it."""
    sandbox.fault("error_500", on="create")
    sandbox.fault("unavailable")

    assert (create(acme).status_code, acme.get("/api/me").status_code) == (500, 503)


def test_fault_runs_out(sandbox_with):
    """After its seconds a fault is over."""
    running = sandbox_with()
    api = running.api()
    gate = running.server.app.extensions["faults"]
    gate.now = lambda: 1000.0
    running.fault("unavailable", seconds=10)

    during = api.get("/api/me").status_code
    gate.now = lambda: 1010.0
    after = api.get("/api/me").status_code

    assert (during, after) == (503, 200)


@pytest.mark.parametrize("mode", [None, "none"])
def test_faults_are_ended(acme, sandbox, mode):
    """Null and "none" end every fault."""
    sandbox.fault("unavailable")

    sandbox.fault(mode)

    assert acme.get("/api/me").status_code == 200


@pytest.mark.parametrize(
    "wrong", [{"mode": "meteor"}, {"mode": "hang", "on": "sundays"}, {"mode": "hang", "wait": 3}]
)
def test_unknown_fault_is_refused(sandbox, http, wrong):
    """A misspelt fault must not pass for one that is set."""
    assert http.post(f"{sandbox.url}/_sandbox/fault", json=wrong, timeout=10).status_code == 400


@pytest.mark.parametrize("mode", ["hang", "commit_late"])
@pytest.mark.parametrize("end", ["reset", "stop"])
def test_reset_and_stop_end_every_wait(sandbox_with, mode, end):
    """A request that hangs is let go, and what it would have committed is dropped."""
    running = sandbox_with()
    api = running.api()
    running.fault(mode, on="create", delay=3600)
    ended = []

    def ask():
        with pytest.raises(requests.ConnectionError) as error:
            create(api, timeout=60)
        ended.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    eventually(lambda: running.stats()["requests"].get("POST /api/deliveries"))
    world = running.server.app.extensions["instance"]
    if end == "reset":
        running.reset()
    else:
        running.server.stop()
    asking.join(timeout=30)

    assert len(ended) == 1
    assert world.deliveries == {}
