"""Tokens and bearers of a CoopCycle instance (league/oauth2-server, Lexik's answers)."""

import base64

import pytest

CREDENTIALS = {"grant_type": "client_credentials", "client_id": "acme", "client_secret": "acme-secret"}


def ask(http, sandbox, form, **more):
    """Ask for a token."""
    return http.post(f"{sandbox.url}/oauth2/token", data=form, timeout=10, **more)


def test_wrong_secret_in_the_form_is_not_challenged(sandbox, http):
    """A wrong secret in the form is 401 invalid_client without a challenge."""
    answer = ask(http, sandbox, {**CREDENTIALS, "client_secret": "wrong"})

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert "WWW-Authenticate" not in answer.headers


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"client_id": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": ""}, 400, "unsupported_grant_type"),
        ({"scope": "everything"}, 400, "invalid_scope"),
        ({"scope": "deliveries orders"}, 400, "invalid_scope"),
    ],
)
def test_refused_grants_name_their_error(sandbox, http, change, status, error):
    """Each way to be refused has the status and the error of RFC 6749, as league answers it."""
    answer = ask(http, sandbox, {**CREDENTIALS, **change})

    assert (status, error) == (answer.status_code, answer.json()["error"])
    assert answer.json()["error_description"] == answer.json()["message"]


def test_broken_basic_header_counts_as_none(sandbox, http):
    """A Basic header that cannot be read leaves the request without a client."""
    header = {"Authorization": "Basic " + base64.b64encode(b"no colon").decode()}

    answer = ask(http, sandbox, {"grant_type": "client_credentials"}, headers=header)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_token_dies_after_an_hour_of_the_instance(sandbox):
    """A token is good for an hour of the instance's clock, and not a second longer."""
    sandbox.clock("2026-11-23T10:00:00+01:00")
    api = sandbox.api()

    sandbox.clock("2026-11-23T10:59:59+01:00")
    before = api.get("/api/me")
    sandbox.clock("2026-11-23T11:00:00+01:00")
    after = api.get("/api/me")

    assert (before.status_code, after.status_code) == (200, 401)


def test_two_tokens_of_one_client_live_side_by_side(sandbox):
    """A new token does not end the old one."""
    first, second = sandbox.api(), sandbox.api()

    assert (first.get("/api/me").status_code, second.get("/api/me").status_code) == (200, 200)


@pytest.mark.parametrize(
    "path",
    ["/api/stores/1/packages", "/api/stores/1/time_slots", "/api/stores/1/payment_methods", "/api/stores"],
)
def test_routes_for_people_refuse_a_good_token(acme, path):
    """A route outside the list for API apps answers 401 to a valid OAuth token."""
    assert acme.get(path).status_code == 401


def test_token_without_the_scope_is_403(sandbox, http):
    """A token with only the scope `tasks` may not touch deliveries."""
    token = ask(http, sandbox, {**CREDENTIALS, "scope": "tasks"}).json()["access_token"]

    answer = sandbox.api().get("/api/stores/1/deliveries", headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 403
