"""Creating deliveries: what OAuth clients do in CoopCycle's features/deliveries.feature."""

import pytest

JSON_LD = "application/ld+json"
TASK_MEMBERS = {
    "@id", "@type", "id", "type", "status", "address", "comments", "createdAt", "weight", "after", "before",
    "doneAfter", "doneBefore", "packages", "tags", "metadata", "barcode",
}  # fmt: skip
ADDRESS_MEMBERS = {
    "@id", "@type", "contactName", "geo", "provider", "streetAddress", "telephone", "name", "description",
}  # fmt: skip
DELIVERY_MEMBERS = {
    "@context", "@id", "@type", "id", "distance", "duration", "polyline", "tasks", "pickup", "dropoff",
    "trackingUrl", "order",
}  # fmt: skip


def create(api, **body):
    """Create a delivery; return what was answered."""
    answer = api.post("/api/deliveries", body)
    assert answer.status_code == 201, answer.text
    assert answer.headers["Content-Type"].startswith(JSON_LD)
    return answer.json()


def test_pickup_and_dropoff(acme):
    """Upstream: Create delivery with pickup & dropoff with OAuth; the shape of the whole answer."""
    made = create(
        acme,
        pickup={"address": "24, Rue de la Paix", "doneBefore": "tomorrow 13:00"},
        dropoff={"address": "48, Rue de Rivoli", "doneBefore": "tomorrow 13:30"},
    )

    assert made.keys() == DELIVERY_MEMBERS
    assert (made["@context"], made["@type"]) == ("/api/contexts/Delivery", "http://schema.org/ParcelDelivery")
    assert f"/api/deliveries/{made['id']}" == made["@id"]
    assert [made["pickup"], made["dropoff"]] == made["tasks"]
    for task, kind in ((made["pickup"], "PICKUP"), (made["dropoff"], "DROPOFF")):
        assert task.keys() == TASK_MEMBERS
        assert ("Task", kind, "TODO") == (task["@type"], task["type"], task["status"])
        assert task["address"].keys() == ADDRESS_MEMBERS
        assert (task["after"], task["before"]) == (task["doneAfter"], task["doneBefore"])
        assert (task["weight"], task["packages"], task["tags"], task["comments"]) == (None, [], [], "")
    assert {"@id", "@type", "number", "total", "taxTotal", "paymentGateway"} == made["order"].keys()
    assert (made["order"]["total"], made["order"]["taxTotal"]) == (499, 83)


def test_pickup_address_is_the_stores_by_default(acme):
    """Upstream: Create delivery with implicit pickup address with OAuth; it can be read back."""
    made = create(
        acme,
        pickup={"doneBefore": "tomorrow 13:00"},
        dropoff={
            "address": "48, Rue de Rivoli",
            "doneBefore": "tomorrow 13:30",
            "comments": "Mind the cat\nIt is shy",
        },
    )

    assert made["pickup"]["address"]["@id"] == "/api/addresses/1"
    assert made["pickup"]["address"]["streetAddress"] == "272, rue Saint Honoré 75001 Paris 1er"
    assert made["dropoff"]["comments"] == "Mind the cat\nIt is shy"
    assert made == acme.get(made["@id"]).json()


def test_weight_is_printed_on_the_pickup(acme):
    """Upstream: Create delivery with weight in dropoff task."""
    made = create(
        acme,
        pickup={"before": "tomorrow 13:00"},
        dropoff={"address": "48, Rue de Rivoli", "before": "tomorrow 13:30", "weight": 2000},
    )

    assert (made["pickup"]["comments"], made["pickup"]["weight"]) == ("2.00 kg", 2000)
    assert (made["dropoff"]["comments"], made["dropoff"]["weight"]) == ("", 2000)


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
    packages = [
        {"type": "XL", "name": "XL", "quantity": 2, "volume_per_package": 3, "short_code": "XL", "labels": []}
    ]
    assert (packages, packages) == (made["pickup"]["packages"], made["dropoff"]["packages"])


def test_weight_and_packages_at_the_top_are_the_dropoffs(acme):
    """The old form, weight and packages beside pickup and dropoff, still lands on the dropoff."""
    made = create(
        acme,
        weight=1500,
        packages=[{"type": "SMALL", "quantity": 1}],
        dropoff={"address": "48, Rue de Rivoli", "before": "tomorrow 13:30"},
    )

    assert (made["dropoff"]["weight"], made["dropoff"]["packages"][0]["name"]) == (1500, "SMALL")


def test_package_the_store_does_not_have_is_dropped(acme):
    """An unknown kind of parcel is ignored without a word."""
    made = acme.create(packages=[{"type": "GIANT", "quantity": 1}])

    assert made["dropoff"]["packages"] == []


def test_wall_clock_times_are_the_instances(acme):
    """Upstream: Create delivery with implicit pickup address with OAuth (with before & after)."""
    made = create(
        acme,
        pickup={"before": "2022-03-25 13:00"},
        dropoff={"address": "48, Rue de Rivoli", "after": "2022-03-25 12:30", "before": "2022-03-25 13:30"},
    )

    assert made["dropoff"]["after"] == "2022-03-25T12:30:00+01:00"
    assert made["dropoff"]["before"] == "2022-03-25T13:30:00+01:00"
    assert made["pickup"]["after"] == "2022-03-25T12:45:00+01:00"


def test_utc_times_are_converted(sandbox, acme):
    """Upstream: Create delivery with dates in UTC."""
    made = create(
        acme,
        pickup={"before": "2022-05-06T11:50:00+00:00"},
        dropoff={
            "address": "48, Rue de Rivoli",
            "after": "2022-05-06T09:50:00Z",
            "before": "2022-05-06T11:50:00+00:00",
        },
    )

    assert made["dropoff"]["after"] == "2022-05-06T11:50:00+02:00"
    assert made["dropoff"]["before"] == "2022-05-06T13:50:00+02:00"


def test_missing_times_are_made_up(acme):
    """Upstream: Create delivery with implicit pickup address & implicit time with OAuth.

    The pickup ends when the way to the dropoff begins, each window is a quarter of an hour, and a window
    in the past is taken.
    """
    made = create(acme, dropoff={"address": "48, Rue de Rivoli", "doneBefore": "2018-08-29 13:30:00"})

    assert made["dropoff"]["before"] == "2018-08-29T13:30:00+02:00"
    assert made["dropoff"]["after"] == "2018-08-29T13:15:00+02:00"
    assert "2018-08-29T13:15:00" < made["pickup"]["before"] < "2018-08-29T13:30:00"


def test_tomorrow_is_counted_from_the_instances_clock(sandbox):
    """Relative times are understood, in the instance's zone."""
    sandbox.clock("2026-11-23T23:30:00Z")

    made = sandbox.api().create(before="tomorrow 13:30")

    assert made["dropoff"]["before"] == "2026-11-25T13:30:00+01:00"


def test_address_object_with_details(acme):
    """Upstream: Create delivery with details with OAuth; the phone number is put into E.164."""
    made = acme.create(
        address={
            "streetAddress": "48, Rue de Rivoli Paris",
            "telephone": "0612345678",
            "contactName": "John Doe",
            "name": "Hôtel",
        }
    )

    address = made["dropoff"]["address"]
    assert (
        address["telephone"],
        address["contactName"],
        address["name"],
    ) == ("+33612345678", "John Doe", "Hôtel")


@pytest.mark.parametrize("telephone", ["", False, None])
def test_no_telephone_is_null(acme, telephone):
    """Upstream: Create delivery with address.telephone = false with OAuth; an empty one likewise."""
    made = acme.create(address={"streetAddress": "48, Rue de Rivoli Paris", "telephone": telephone})

    assert made["dropoff"]["address"]["telephone"] is None


def test_text_that_is_no_telephone_is_refused(acme, sandbox):
    """Upstream: an invalid phone number makes the whole request a 400, and nothing is created."""
    body = {
        "dropoff": {
            "address": {"streetAddress": "48, Rue de Rivoli Paris", "telephone": "call me"},
            "before": "tomorrow 13:30",
        }
    }

    answer = acme.post("/api/deliveries", body)

    assert (answer.status_code, answer.json()["@type"]) == (400, "hydra:Error")
    assert answer.json()["hydra:description"] == "The string supplied did not seem to be a phone number."
    assert sandbox.stats()["created"] == 0


def test_coordinates_in_the_address(acme):
    """Upstream: Create delivery with latLng with OAuth."""
    made = acme.create(
        address={
            "streetAddress": "48, Rue de Rivoli Paris",
            "description": "Code A1B2",
            "latLng": [48.85, 2.35],
        }
    )

    address = made["dropoff"]["address"]
    assert address["geo"] == {"@type": "GeoCoordinates", "latitude": 48.85, "longitude": 2.35}
    assert address["description"] == "Code A1B2"


def test_coordinates_as_geo_or_on_the_task(acme):
    """Coordinates are also taken as `geo` of the address, or as `latLng` beside it."""
    by_geo = acme.create(
        address={"streetAddress": "Nowhere 1", "geo": {"latitude": 48.85, "longitude": 2.35}}
    )
    by_task = acme.create(address={"streetAddress": "Nowhere 1"}, latLng=[48.85, 2.35])

    for made in (by_geo, by_task):
        geo = made["dropoff"]["address"]["geo"]
        assert (geo["latitude"], geo["longitude"]) == (48.85, 2.35)


def test_time_slot_as_wall_clock(acme):
    """Upstream: Create delivery with latLng & timeSlot with OAuth."""
    made = create(
        acme,
        dropoff={
            "address": {"streetAddress": "48, Rue de Rivoli Paris", "latLng": [48.857127, 2.354766]},
            "timeSlot": "2018-08-29 10:00-11:00",
        },
    )

    assert made["dropoff"]["after"] == "2018-08-29T10:00:00+02:00"
    assert made["dropoff"]["before"] == "2018-08-29T11:00:00+02:00"


def test_time_slot_as_interval_in_utc(sandbox):
    """Upstream: Create delivery with latLng & timeSlot ISO 8601 with OAuth."""
    sandbox.clock("2020-04-02 11:00:00")

    made = create(
        sandbox.api(),
        dropoff={
            "address": {"streetAddress": "48, Rue de Rivoli Paris", "latLng": [48.857127, 2.354766]},
            "timeSlot": "2020-04-02T10:00:00Z/2020-04-02T12:00:00Z",
        },
    )

    assert made["dropoff"]["after"] == "2020-04-02T12:00:00+02:00"
    assert made["dropoff"]["before"] == "2020-04-02T14:00:00+02:00"


def test_time_slot_as_interval_of_the_wall_clock(acme):
    """An interval without offsets is the instance's wall clock."""
    made = create(
        acme,
        dropoff={"address": "48, Rue de Rivoli", "timeSlot": "2026-09-01T10:00:00/2026-09-01T12:00:00"},
    )

    assert made["dropoff"]["after"] == "2026-09-01T10:00:00+02:00"


def test_time_slot_as_pair_loses_its_offset(acme):
    """The trap: two values in an array are not converted, so that UTC is stored as wall clock."""
    made = create(
        acme,
        dropoff={
            "address": "48, Rue de Rivoli",
            "timeSlot": ["2026-09-01T10:00:00Z", "2026-09-01T12:00:00Z"],
        },
    )

    assert made["dropoff"]["after"] == "2026-09-01T10:00:00+02:00"


def test_saved_address_by_its_iri(acme):
    """Upstream: Create delivery with existing address & timeSlot with OAuth."""
    made = create(acme, dropoff={"address": "/api/addresses/2", "timeSlot": "2018-08-29 10:00-11:00"})

    assert made["dropoff"]["address"]["@id"] == "/api/addresses/2"
    assert made["dropoff"]["address"]["streetAddress"] == "18, avenue Ledru-Rollin 75012 Paris 12ème"
    assert made["pickup"]["before"].startswith("2018-08-29T11:00"), "same place, so no way between them"


def test_own_store_may_be_named(acme):
    """Upstream: Check delivery returns HTTP 201 when creating order and sending "store" key."""
    made = create(
        acme, store="/api/stores/1", dropoff={"address": "Rue de Rivoli", "before": "tomorrow 13:30"}
    )

    assert (made["@id"], made["dropoff"]["address"]["@id"]) == ("/api/deliveries/1", "/api/addresses/4")


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


def test_unknown_members_are_ignored(acme):
    """A misspelt or unknown member is ignored without a word."""
    assert acme.create(commments="Mind the cat", ref="A-1")["dropoff"]["comments"] == ""


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
