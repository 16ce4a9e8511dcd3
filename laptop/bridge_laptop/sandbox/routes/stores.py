"""A store: what it is, and its addresses. Recorded: store_and_slots."""

from __future__ import annotations

from flask import Blueprint, Response

from bridge_laptop.sandbox.http.errors import NotFound
from bridge_laptop.sandbox.http.json_ld import Body, answer, collection, with_context
from bridge_laptop.sandbox.http.request import caller, instance, query, read_body
from bridge_laptop.sandbox.instance.create_and_change import fit_columns
from bridge_laptop.sandbox.instance.geocoding import geocode
from bridge_laptop.sandbox.instance.task_input import TaskReader
from bridge_laptop.sandbox.routes.addresses import address_json
from bridge_laptop.sandbox.seed import Store

routes = Blueprint("stores", __name__)


@routes.get("/api/stores/<int:store_id>")
def read_store(store_id: int) -> Response:
    """Show the caller's store."""
    return _written(_own_store(store_id))


@routes.get("/api/stores/<int:store_id>/addresses")
def list_addresses(store_id: int) -> Response:
    """List the addresses the store has saved."""
    store = _own_store(store_id)
    saved = [instance().addresses[number] for number in instance().store_addresses[store.id]]
    if ("type", "dropoff") in query():
        saved = [each for each in saved if each.id != store.address]
    members = [address_json(each) or {} for each in saved]
    return answer(collection("Address", f"{store.iri}/addresses", members, len(saved)))


@routes.post("/api/stores/<int:store_id>/addresses")
def save_address(store_id: int) -> Response:
    """Save an address in the store's book; the answer is the store."""
    store = _own_store(store_id)
    address = TaskReader(instance(), store).read_address(read_body())
    address.coordinates = address.coordinates or geocode(address.street, instance().seed)
    fit_columns(address)
    kept = instance().keep_address(address)
    if kept.id is not None:
        instance().store_addresses[store.id].append(kept.id)
    return _written(store, 201, location=store.iri)


def _own_store(store_id: int) -> Store:
    asking = caller("deliveries")
    if store_id not in instance().seed.stores:
        raise NotFound
    asking.must_own(store_id)
    return asking.store


def _written(store: Store, status: int = 200, *, location: str | None = None) -> Response:
    return answer(with_context(_store_json(store), "Store"), status, location=location)


def _store_json(store: Store) -> Body:
    rules = instance().seed.rule_set_number(store)
    return {
        "@id": store.iri,
        "@type": "http://schema.org/Store",
        "id": store.id,
        "name": store.name,
        "enabled": True,
        "address": address_json(instance().addresses[store.address]),
        "pricingRuleSet": f"/api/pricing_rule_sets/{rules}" if rules else None,
        "prefillPickupAddress": False,
        "timeSlot": f"/api/time_slots/{store.time_slot}" if store.time_slot else None,
        "weightRequired": store.weight_required,
        "packagesRequired": store.packages_required,
        "multiDropEnabled": False,
        "multiPickupEnabled": False,
        "timeSlots": [f"/api/time_slots/{each}" for each in store.time_slots],
        "cashOnDeliveryEnabled": store.cash_on_delivery,
    }
