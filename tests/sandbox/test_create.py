"""Creating deliveries: what OAuth clients do in CoopCycle's features/deliveries.feature."""

import pytest

JSON_LD = "application/ld+json"


def create(api, **body):
    """Create a delivery; return what was answered."""
    answer = api.post("/api/deliveries", body)
    assert answer.status_code == 201, answer.text
    assert answer.headers["Content-Type"].startswith(JSON_LD)
    return answer.json()


def test_weight_and_packages_are_printed_on_the_pickup(acme):
    """Upstream: Create delivery with weight and packages."""
    made = create(
        acme,
        pickup={"before": "tomorrow 13:00", "comments": "Ring twice"},
        dropoff={
            "address": "48, Rue de Rivoli",
            "before": "tomorrow 13:30",
            "weight": 6000,
            "packages": [{"type": "XL", "quantity": 2}],
        },
    )

    assert made["pickup"]["comments"] == "Ring twice\n\n2 × XL\n6.00 kg"
    assert made["pickup"]["packages"] == made["dropoff"]["packages"]
    [packages] = made["pickup"]["packages"]
    assert (packages["quantity"], len(set(packages["labels"]))) == (2, 2)


def test_weight_and_packages_at_the_top_are_the_dropoffs(acme):
    """The old form, weight and packages beside pickup and dropoff, still lands on the dropoff."""
    made = create(
        acme,
        weight=1500,
        packages=[{"type": "SMALL", "quantity": 1}],
        dropoff={"address": "48, Rue de Rivoli", "before": "tomorrow 13:30"},
    )

    assert (made["dropoff"]["weight"], made["dropoff"]["packages"][0]["name"]) == (1500, "SMALL")


def test_tomorrow_is_counted_from_the_instances_clock(sandbox):
    """Relative times are understood, in the instance's zone."""
    sandbox.clock("2026-11-23T23:30:00Z")

    made = sandbox.api().create(before="tomorrow 13:30")

    assert made["dropoff"]["before"] == "2026-11-25T13:30:00+01:00"


def test_saved_address_by_its_iri(acme):
    """Upstream: Create delivery with existing address & timeSlot with OAuth."""
    made = create(acme, dropoff={"address": "/api/addresses/2", "timeSlot": "2018-08-29 10:00-11:00"})

    assert made["dropoff"]["address"]["@id"] == "/api/addresses/2"
    assert made["dropoff"]["address"]["streetAddress"] == "18, avenue Ledru-Rollin 75012 Paris 12ème"
    assert made["pickup"]["before"].startswith("2018-08-29T11:00"), "same place, so no way between them"


@pytest.mark.parametrize(
    "tags", [["cold", "mon-tag", "no-such-tag"], "cold mon-tag", [{"slug": "cold"}, {"slug": "mon-tag"}]]
)
def test_tags_as_array_or_text(acme, tags):
    """Upstream: Create delivery with tags as string; unknown tags are ignored."""
    made = acme.create(tags=tags)

    assert made["dropoff"]["tags"] == [
        {"slug": "cold", "name": "COLD", "color": "#FF0000"},
        {"slug": "mon-tag", "name": "MON TAG", "color": "#FF00B4"},
    ]


def test_tags_of_the_store_are_on_every_task(sandbox):
    """The store's own tags are added to every task."""
    made = sandbox.api("acme11").create(tags=["warn"])

    assert [tag["slug"] for tag in made["pickup"]["tags"]] == ["cold"]
    assert [tag["slug"] for tag in made["dropoff"]["tags"]] == ["cold", "warn"]


def test_default_courier_has_the_tasks_at_once(sandbox):
    """Upstream: Create delivery with default courier; from then on it cannot be cancelled."""
    api = sandbox.api("acme10")
    made = api.create()

    task = api.get(made["pickup"]["@id"]).json()
    refused = api.delete(made["@id"])

    assert (task["isAssigned"], task["assignedTo"]) == (True, "bob")
    assert refused.status_code == 400


@pytest.mark.parametrize("metadata", [{"bridge_ref": "acme/7", "n": 1}, "bridge_ref=acme/7 n=1"])
def test_metadata_come_back(acme, metadata):
    """Metadata, as an object or as text, are on the task whenever it is read."""
    made = acme.create(metadata=metadata)

    listed = acme.get("/api/stores/1/deliveries?order[createdAt]=desc").json()["hydra:member"][0]
    for shown in (made, acme.get(made["@id"]).json(), listed):
        assert shown["dropoff"]["metadata"]["bridge_ref"] == "acme/7"
        assert str(shown["dropoff"]["metadata"]["n"]) == "1"


def test_default_document_of_the_store(sandbox_with):
    """Upstream: the store's default document is in the metadata of the tasks."""
    made = sandbox_with(store={"document": "delivery-note"}).api().create()

    assert made["dropoff"]["metadata"]["documents"] == ["delivery-note"]


@pytest.mark.parametrize(("client", "status"), [("acme11", 201), ("acme", 400)])
def test_cash_on_delivery_needs_the_stores_leave(sandbox, client, status):
    """Upstream: cash_on_delivery is taken when the store allows it, else 400."""
    body = {
        "dropoff": {"address": "48, Rue de Rivoli", "before": "tomorrow 13:30"},
        "order": {"paymentMethod": "cash_on_delivery"},
    }

    answer = sandbox.api(client).post("/api/deliveries", body)

    assert status == answer.status_code
    if status == 400:
        assert answer.json()["hydra:description"] == "order.paymentMethod is not valid"


@pytest.mark.parametrize("client", ["acme8", "acme9"])
def test_store_without_a_matching_price_may_order_all_the_same(sandbox, client):
    """Upstream (as a store owner): no price list, or none that matches, is a delivery at price 0."""
    assert sandbox.api(client).create()["order"]["total"] == 0


def test_same_body_twice_is_two_deliveries(acme, sandbox):
    """There is no idempotency key: what is sent twice is created twice."""
    first, second = acme.create(metadata={"bridge_ref": "a"}), acme.create(metadata={"bridge_ref": "a"})

    assert first["@id"] != second["@id"]
    assert len(sandbox.stats()["deliveries_by_ref"]["a"]) == 2


def test_other_text_is_another_place_and_the_same_text_the_same(acme):
    """An address always has the same coordinates, near the centre of the city."""
    first, again, other = (
        acme.create(address=text)["dropoff"]["address"]["geo"] for text in ("1 rue A", "1 rue A", "2 rue B")
    )

    assert first == again
    assert first != other
    assert 48.8 < first["latitude"] < 48.9
