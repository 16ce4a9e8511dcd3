"""What columns and clocks do to a delivery, where the recordings show one case and others follow."""

import pytest

PLACE = {"streetAddress": "12 rue Oberkampf", "latLng": [48.86, 2.37]}
WINDOW = {"after": "2026-12-15T09:00:00Z", "before": "2026-12-15T11:00:00Z"}


@pytest.mark.parametrize("member", ["streetAddress", "name", "contactName"])
@pytest.mark.parametrize("stop", ["pickup", "dropoff"])
@pytest.mark.parametrize(("length", "status"), [(255, 201), (256, 500)])
def test_texts_fit_their_columns(acme, sandbox, member, stop, length, status):
    """The last character that fits and the first that does not, at both ends; a refusal leaves nothing."""
    stops = {"pickup": {**WINDOW, "address": PLACE}, "dropoff": {**WINDOW, "address": PLACE}}
    stops[stop] = {**WINDOW, "address": {**PLACE, member: "é" * length}}

    assert status == acme.post("/api/deliveries", stops).status_code
    assert sandbox.stats()["created"] == (status == 201)


@pytest.mark.parametrize("change", [{"address": {**PLACE, "name": "n" * 256}}, {"weight": 2**31}])
def test_change_that_does_not_fit_changes_nothing(acme, change):
    """A PUT is 500, and the delivery is as before; so is an address of the store's book."""
    made = acme.create(**WINDOW)

    assert acme.put(made["@id"], {"dropoff": {"comments": "new", **change}}).status_code == 500
    assert made == acme.get(made["@id"]).json()
    assert acme.post("/api/stores/1/addresses", {**PLACE, "name": "n" * 256}).status_code == 500


@pytest.mark.parametrize(("telephone", "status"), [("+33612345678", 200), ("+33639981234", 400)])
def test_change_needs_a_valid_number_too(acme, telephone, status):
    """A number that libphonenumber does not hold valid is a violation of the PUT."""
    made = acme.create(**WINDOW)

    answer = acme.put(made["@id"], {"dropoff": {"address": {**PLACE, "telephone": telephone}}})

    assert status == answer.status_code
    if status == 400:
        paths = [each["propertyPath"] for each in answer.json()["violations"]]
        assert paths == ["items[1].task.address.telephone"]
        assert made == acme.get(made["@id"]).json()


def test_delivery_of_the_doubled_hour_cannot_be_changed(acme):
    """Its window came back empty from the database, so each later PUT is refused, whatever it names."""
    night = {"after": "2027-10-31T00:30:00Z", "before": "2027-10-31T01:30:00Z"}
    pickup = {"after": "2027-10-31T00:10:00Z", "before": "2027-10-31T00:20:00Z"}
    made = acme.post("/api/deliveries", {"pickup": pickup, "dropoff": {**night, "address": PLACE}}).json()

    answer = acme.put(made["@id"], {"dropoff": {"comments": "late"}})

    assert made["dropoff"]["after"] != made["dropoff"]["before"]
    assert answer.status_code == 400
    assert [each["propertyPath"] for each in answer.json()["violations"]] == ["items[1].task.doneBefore"]


def test_refused_method_of_payment_leaves_a_delivery(acme, sandbox):
    """The one refusal that leaves something behind."""
    body = {"dropoff": {**WINDOW, "address": PLACE}, "order": {"paymentMethod": "cash_on_delivery"}}

    assert acme.post("/api/deliveries", body).status_code == 400
    assert acme.get("/api/stores/1/deliveries").json()["hydra:totalItems"] == 1


def test_html_is_asked_for_and_nothing_is_done(acme, sandbox):
    """Whoever prefers a page gets one: recorded for a POST, a belief for the others."""
    made = acme.create(**WINDOW)

    answers = [
        acme.send(method, path, {}, headers={"Accept": "text/html,*/*;q=0.8"})
        for method, path in (("POST", "/api/deliveries"), ("GET", made["@id"]), ("DELETE", made["@id"]))
    ]

    assert [(answer.status_code, answer.headers["Content-Type"]) for answer in answers] == [
        (200, "text/html; charset=UTF-8")
    ] * 3
    assert sandbox.stats()["deliveries"] == 1
