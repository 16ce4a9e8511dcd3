"""Time slots: opening hours, and the windows that may still be chosen. Recorded: store_and_slots."""

from __future__ import annotations

import uuid

from flask import Blueprint, Response

from bridge_laptop.sandbox.http.errors import Forbidden, NotFound, ServerFault
from bridge_laptop.sandbox.http.json_ld import anonymous, answer, vocabulary, with_context
from bridge_laptop.sandbox.http.request import caller, instance
from bridge_laptop.sandbox.instance.slots import choices, read_hours
from bridge_laptop.sandbox.seed import TimeSlot

routes = Blueprint("time_slots", __name__)


@routes.get("/api/time_slots/choices")
def own_choices() -> Response:
    """List the windows of the store's default slot; that a store without one breaks CoopCycle is a belief."""
    asking = caller("deliveries")
    if asking.store.time_slot is None:
        raise ServerFault
    return _choices(_slot(asking.store.time_slot))


@routes.get("/api/time_slots/<int:slot_id>")
def read_time_slot(slot_id: int) -> Response:
    """Show opening hours."""
    caller("deliveries")
    slot = _slot(slot_id)
    return answer(
        with_context(
            {
                "@id": f"/api/time_slots/{slot.id}",
                "@type": "TimeSlot",
                "name": slot.name,
                "interval": slot.interval,
                "workingDaysOnly": slot.working_days_only,
                "choices": [],
                "priorNotice": slot.prior_notice,
                "openingHoursSpecification": [
                    read_hours(line).specification() for line in slot.opening_hours
                ],
            },
            "TimeSlot",
        )
    )


@routes.get("/api/time_slots/<int:slot_id>/choices")
def slot_choices(slot_id: int) -> Response:
    """List the windows of one of the store's slots."""
    asking = caller("deliveries")
    slot = _slot(slot_id)
    if slot_id not in {asking.store.time_slot, *asking.store.time_slots}:
        raise Forbidden
    return _choices(slot)


def _slot(slot_id: int) -> TimeSlot:
    slot = instance().seed.time_slots.get(slot_id)
    if slot is None:
        raise NotFound
    return slot


def _choices(slot: TimeSlot) -> Response:
    now = instance().clock.now()
    offered = [
        with_context(
            {
                "@id": f"/api/time_slot_choices/{uuid.uuid4()}",
                "@type": "TimeSlotChoice",
                "value": choice.value,
                "label": choice.label(now.date()),
            },
            "TimeSlotChoice",
        )
        for choice in choices(slot, now)
    ]
    context = vocabulary("TimeSlotChoices", "choices")
    return answer({"@context": context, "@type": "TimeSlotChoices", "@id": anonymous(), "choices": offered})
