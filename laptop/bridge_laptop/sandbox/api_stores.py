"""Routes about a store: what it is, its addresses, its time slots."""

from __future__ import annotations

from flask import Blueprint, Response

from bridge_laptop.sandbox import wire
from bridge_laptop.sandbox.intake import TaskReader
from bridge_laptop.sandbox.places import geocode
from bridge_laptop.sandbox.problems import Forbidden, NotFound, ServerFault
from bridge_laptop.sandbox.seed import Store, TimeSlot
from bridge_laptop.sandbox.slots import choices
from bridge_laptop.sandbox.web import answer, base_url, caller, query, read_body, world

routes = Blueprint("stores", __name__)


def _own_store(store_id: int) -> Store:
    asking = caller("deliveries")
    if store_id not in world().seed.stores:
        raise NotFound
    asking.must_own(store_id)
    return asking.store


def _slot(slot_id: int) -> TimeSlot:
    slot = world().seed.time_slots.get(slot_id)
    if slot is None:
        raise NotFound
    return slot


@routes.get("/api/stores/<int:store_id>")
def read_store(store_id: int) -> Response:
    """Show the caller's store."""
    with world().lock:
        return answer(wire.store(world(), _own_store(store_id)))


@routes.get("/api/stores/<int:store_id>/addresses")
def list_addresses(store_id: int) -> Response:
    """List the addresses the store has saved."""
    with world().lock:
        store = _own_store(store_id)
        iri = f"{store.iri}/addresses"
        saved = [world().addresses[number] for number in world().store_addresses[store.id]]
        if ("type", "dropoff") in query():
            saved = [each for each in saved if each.id != store.address]
        return answer(wire.collection("Address", iri, [wire.address(each) for each in saved], len(saved)))


@routes.post("/api/stores/<int:store_id>/addresses")
def save_address(store_id: int) -> Response:
    """Save an address in the store's book."""
    with world().lock:
        store = _own_store(store_id)
        address = TaskReader(world(), store).read_address(read_body())
        address.coordinates = address.coordinates or geocode(address.street, world().seed)
        kept = world().keep_address(address)
        if kept.id is not None:
            world().store_addresses[store.id].append(kept.id)
        return answer(wire.with_context(wire.address(kept), "Address"), 201)


@routes.get("/api/time_slots/choices")
def own_choices() -> Response:
    """List the windows of the store's default slot; a store without one breaks CoopCycle."""
    with world().lock:
        asking = caller("deliveries")
        if asking.store.time_slot is None:
            raise ServerFault
        return _choices(_slot(asking.store.time_slot))


@routes.get("/api/time_slots/<int:slot_id>")
def read_time_slot(slot_id: int) -> Response:
    """Show opening hours."""
    with world().lock:
        caller("deliveries")
        return answer(wire.time_slot(_slot(slot_id)))


@routes.get("/api/time_slots/<int:slot_id>/choices")
def slot_choices(slot_id: int) -> Response:
    """List the windows of one of the store's slots."""
    with world().lock:
        asking = caller("deliveries")
        slot = _slot(slot_id)
        if slot_id not in {asking.store.time_slot, *asking.store.time_slots}:
            raise Forbidden
        return _choices(slot)


def _choices(slot: TimeSlot) -> Response:
    now = world().clock.now()
    return answer(wire.time_slot_choices(choices(slot, now), now, base_url()))
