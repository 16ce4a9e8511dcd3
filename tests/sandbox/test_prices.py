"""Prices, quotes, feasibility: retail_prices, delivery_quotes and parts of deliveries.feature."""

import pytest

PICKUP = {"address": "24, Rue de la Paix Paris", "before": "tomorrow 13:00"}
DROPOFF = {"address": "48, Rue de Rivoli Paris", "before": "tomorrow 15:00"}
BODY = {"pickup": PICKUP, "dropoff": DROPOFF}
PRICES = "/api/retail_prices/calculate"


def price(answer):
    """Return the amount and the tax of a price."""
    assert answer.status_code == 200, answer.text
    return answer.json()["amount"], answer.json()["tax"]


def test_price_of_tasks(acme):
    """Upstream: Get delivery price with array of tasks; the types may be missing."""
    assert price(acme.post(PRICES, {"tasks": [PICKUP, DROPOFF]}))[0] == 499


def test_price_of_several_dropoffs(acme, sandbox):
    """Upstream: Get delivery price with multiple dropoffs, with windows of the wall clock."""
    tasks = [
        {"type": "PICKUP", "address": "24, Rue de la Paix", "timeSlot": "2021-08-25 10:00-11:00"},
        {"type": "DROPOFF", "address": "44, Rue de Rivoli", "timeSlot": "2021-08-25 11:30-12:00"},
        {"type": "DROPOFF", "address": "48, Rue de Rivoli", "timeSlot": "2021-08-25 11:30-13:00"},
    ]

    assert price(acme.post(PRICES, {"tasks": tasks}))[0] == 499


def test_price_from_the_stores_address(acme):
    """Upstream: Get delivery price with OAuth (implicit pickup)."""
    assert price(acme.post(PRICES, {"dropoff": DROPOFF}))[0] == 499


def test_price_of_packages(sandbox):
    """Upstream: Get delivery price with packages."""
    body = {**BODY, "packages": [{"type": "XL", "quantity": 2}]}

    assert price(sandbox.api("acme3").post(PRICES, body)) == (1299, {"amount": 217, "included": True})


def test_price_with_coordinates(acme):
    """Upstream: Get delivery price with latLng."""
    body = {
        "weight": 12000,
        "pickup": {**PICKUP, "address": {"streetAddress": "Nowhere 1", "latLng": [48.870134, 2.332221]}},
        "dropoff": {**DROPOFF, "address": {"streetAddress": "Nowhere 2", "latLng": [48.857127, 2.354766]}},
    }

    assert price(acme.post(PRICES, body))[0] == 499


@pytest.mark.parametrize(("weight", "status"), [(1999, 200), (2000, 400)])
def test_price_by_weight(sandbox, weight, status):
    """A rule of the price list may depend on the weight."""
    body = {"pickup": PICKUP, "dropoff": {**DROPOFF, "weight": weight}}

    assert status == sandbox.api("acme4").post(PRICES, body).status_code


def test_price_by_notice(sandbox):
    """A rule may depend on the hours left until the pickup."""
    sandbox.clock("2026-11-23T10:00:00+01:00")
    api = sandbox.api("acme2")

    soon, later = (
        api.post(PRICES, {"pickup": {"before": f"2026-11-23 {hour}"}, "dropoff": {**DROPOFF}})
        for hour in ("11:59", "12:00")
    )

    assert (soon.status_code, later.status_code) == (200, 400)
    assert soon.json()["amount"] == 899


def test_no_rule_matches(sandbox):
    """Upstream: Can't calculate a price; the error shows the calculation."""
    answer = sandbox.api("acme9").post(PRICES, BODY)

    assert (answer.status_code, answer.json()["@type"]) == (400, "hydra:Error")
    assert {"@context", "@type", "hydra:title", "hydra:description", "calculation"} == answer.json().keys()


def test_store_without_a_price_list(sandbox):
    """A store without a price list has no prices: 400, without a calculation."""
    answer = sandbox.api("acme8").post(PRICES, BODY)

    assert (answer.status_code, answer.json()["@type"]) == (400, "hydra:Error")
    assert "calculation" not in answer.json()


@pytest.mark.parametrize("path", [PRICES, "/api/deliveries/quotes", "/api/deliveries/assert"])
def test_prices_for_another_store_are_403(acme, path):
    """Upstream: Can't calculate a price for another store."""
    assert acme.post(path, {**BODY, "store": "/api/stores/2"}).status_code == 403


@pytest.mark.parametrize("path", [PRICES, "/api/deliveries/quotes", "/api/deliveries/assert"])
def test_address_nobody_finds_breaks_these_too(acme, path):
    """An address that cannot be geocoded is a 500 here as well."""
    body = {**BODY, "dropoff": {**DROPOFF, "address": "Nowhere 1"}}

    assert acme.post(path, body).status_code == 500


def test_quote_of_several_pickups_and_a_slot(acme):
    """Upstream: Create delivery quote with multiple tasks and timeSlot."""
    tasks = [
        {"type": "pickup", "address": "24, Rue de la Paix Paris"},
        {"type": "pickup", "address": "28, Rue de la Paix Paris"},
        {
            "type": "dropoff",
            "address": "48, Rue de Rivoli Paris",
            "timeSlot": "2022-08-12T10:00:00Z/2022-08-12T12:00:00Z",
        },
    ]

    assert acme.post("/api/deliveries/quotes", {"tasks": tasks}).status_code == 201
    assert acme.put("/api/deliveries/quotes/1/confirm", {}).status_code == 200
    assert acme.get("/api/deliveries/1").json()["dropoff"]["before"] == "2022-08-12T14:00:00+02:00"


def test_quote_of_another_store(acme, acme2, sandbox):
    """Upstream: Can't confirm delivery quote."""
    acme.post("/api/deliveries/quotes", BODY)

    assert acme2.put("/api/deliveries/quotes/1/confirm", {}).status_code == 403
    assert acme.put("/api/deliveries/quotes/9/confirm", {}).status_code == 404
    assert sandbox.stats()["created"] == 0


def test_quote_without_a_price_is_400(sandbox):
    """What cannot be priced cannot be offered."""
    assert sandbox.api("acme9").post("/api/deliveries/quotes", BODY).status_code == 400


def test_delivery_too_far_is_not_feasible(sandbox_with):
    """Upstream: Check delivery returns HTTP 400."""
    api = sandbox_with(store={"check_expression": "distance < 4000"}).api()

    answer = api.post(
        "/api/deliveries/assert",
        {"dropoff": {"address": "251 avenue louise, 1050 Brussels", "before": "tomorrow 13:30"}},
    )

    assert answer.status_code == 400
    assert [(each["propertyPath"], each["code"]) for each in answer.json()["violations"]] == [("items", None)]


def test_delivery_near_by_is_feasible_and_not_created(sandbox_with):
    """Upstream: Check delivery returns HTTP 200 when dropoff is in check zone."""
    running = sandbox_with(store={"check_expression": "distance < 10000"})

    answer = running.api().post("/api/deliveries/assert", {"dropoff": DROPOFF})

    assert answer.status_code == 200
    assert running.stats()["created"] == 0


def test_condition_of_the_store_does_not_stop_a_creation(sandbox_with):
    """The store's condition is asked by `assert` only."""
    sandbox_with(store={"check_expression": "distance < 10"}).api().create()
