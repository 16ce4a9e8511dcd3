"""Faults that reality showed: a real instance's refusals, and what stands between it and us."""

import re

import pytest
import requests

from bridge_laptop.sandbox.faults import modes

BODY = {"dropoff": {"address": "48, Rue de Rivoli", "before": "tomorrow 13:30"}}


def create(api):
    """Create the one delivery of these tests."""
    return api.post("/api/deliveries", BODY)


def test_maintenance_leaves_tokens_and_settings(acme, sandbox, http):
    """Recorded, refused_access: 503 with a message, but for the token and the settings."""
    sandbox.fault("maintenance")

    refused = acme.get("/api/me", headers={"Authorization": "Bearer a.b.c"})

    assert (refused.status_code, refused.headers["Content-Type"]) == (503, "application/json")
    assert {"message"} == refused.json().keys()
    assert http.get(f"{sandbox.url}/api/settings", timeout=10).status_code == 200
    assert sandbox.api().fetch_token()


@pytest.mark.parametrize(("client", "refused"), [("acme", {"acme"}), (None, {"acme", "acme2"})])
def test_disabled_client(sandbox, http, client, refused):
    """Recorded, refused_access: the token endpoint refuses it like one that it does not know."""
    sandbox.fault("disabled_client", client=client)
    form = {"grant_type": "client_credentials"}

    answers = {
        name: http.post(f"{sandbox.url}/oauth2/token", data=form, auth=(name, f"{name}-secret"), timeout=10)
        for name in ("acme", "acme2")
    }

    assert refused == {name for name, answer in answers.items() if answer.status_code == 401}
    assert answers["acme"].json()["error"] == "invalid_client"
    assert answers["acme"].headers["WWW-Authenticate"] == 'Basic realm="OAuth"'


@pytest.mark.parametrize(
    ("mode", "settings", "status"),
    [
        ("firewall", {"status": 401}, 401),
        ("firewall", {}, 403),
        ("firewall", {"status": 429}, 429),
        ("captive_portal", {}, 200),
        ("captive_portal", {"status": 201}, 201),
    ],
)
def test_pages_that_are_not_coopcycles(acme, sandbox, mode, settings, status):
    """A firewall or a portal answers with a page of HTML, nothing of CoopCycle's, and nothing is done."""
    sandbox.fault(mode, **settings)

    answer = create(acme)

    assert (status, "text/html") == (answer.status_code, answer.headers["Content-Type"].partition(";")[0])
    assert "WWW-Authenticate" not in answer.headers
    assert sandbox.stats()["created"] == 0


def test_created_and_then_a_page(acme, sandbox):
    """The delivery is there, and the answer is a page of HTML with 200."""
    sandbox.fault("create_then_html")

    answer = create(acme)

    assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (200, "text/html")
    assert sandbox.stats()["created"] == 1


def test_telephones_are_refused(acme, sandbox):
    """An instance with older metadata names each number it refuses; without one it goes through."""
    sandbox.fault("refuse_phones")
    place = {"streetAddress": "12 rue Oberkampf", "telephone": "+33612345678"}
    body = {"pickup": {"address": place}, "dropoff": {**BODY["dropoff"], "address": place}}
    stops = {"tasks": [{"type": "pickup", **BODY["dropoff"]}, {**body["dropoff"]}]}

    both, second = acme.post("/api/deliveries", body), acme.post("/api/deliveries", stops)

    assert [[each["propertyPath"] for each in answer.json()["violations"]] for answer in (both, second)] == [
        ["items[0].task.address.telephone", "items[1].task.address.telephone"],
        ["items[1].task.address.telephone"],
    ]
    assert sandbox.stats()["created"] == 0
    assert create(acme).status_code == 201


def test_some_telephones_are_refused(acme, sandbox):
    """`match` says which."""
    sandbox.fault("refuse_phones", match="+336")
    place = {"streetAddress": "12 rue Oberkampf"}
    numbers = ("+33612345678", "+33142000000")

    answers = [
        acme.post(
            "/api/deliveries", {"dropoff": {**BODY["dropoff"], "address": {**place, "telephone": each}}}
        )
        for each in numbers
    ]

    assert [answer.status_code for answer in answers] == [400, 201]


def test_dripping_answer_is_whole_in_the_end(acme, sandbox):
    """It comes byte by byte, and is the right one."""
    sandbox.fault("drip", delay=0)

    assert create(acme).json()["@id"] == "/api/deliveries/1"


def test_dripping_answer_begins_at_once(acme, sandbox):
    """Its head comes while its body takes an hour; a reset ends it."""
    sandbox.fault("drip", delay=3600, on="read")
    iri = create(acme).json()["@id"]

    with acme.get(iri, stream=True) as answer:
        assert answer.status_code == 200
    sandbox.reset()


@pytest.mark.parametrize("settings", [{"delay": "1"}, {"share": "0.5"}, {"status": "403"}, {"match": 6}])
def test_setting_of_the_wrong_type_is_refused(sandbox, settings):
    """A number that came as text must not pass for a fault."""
    with pytest.raises(requests.HTTPError, match="400"):
        sandbox.fault("firewall", **settings)


def test_every_mode_is_in_the_table():
    """The table of the module names each mode, and the requests it hits unless told otherwise."""
    rows = re.findall(r"^\| (\w+) +\| (\w*) +\|", modes.__doc__, re.MULTILINE)
    told = {mode: on for mode, on in rows if mode not in {"mode"}}

    assert told == {name: mode.on for name, mode in modes.MODES.items()} | dict.fromkeys(modes.AT_ONCE, "")
