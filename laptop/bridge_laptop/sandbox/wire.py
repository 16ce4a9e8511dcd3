"""Writing JSON-LD: one function for each kind of object, in the form of CoopCycle's own feature files."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from bridge_laptop.sandbox.clock import atom
from bridge_laptop.sandbox.places import Address
from bridge_laptop.sandbox.seed import Client, Store, TimeSlot
from bridge_laptop.sandbox.slots import Choice, read_hours
from bridge_laptop.sandbox.state import DROPOFF, PICKUP, Delivery, Order, Quote, Task, Webhook, World

Body = dict[str, Any]


def with_context(body: Body, name: str) -> Body:
    """Put the context in front, as on an object that is a whole answer."""
    return {"@context": f"/api/contexts/{name}", **body}


def address(place: Address) -> Body:
    """Write an address."""
    latitude, longitude = place.coordinates or (None, None)
    return {
        "@id": f"/api/addresses/{place.id}",
        "@type": "http://schema.org/Place",
        "contactName": place.contact_name,
        "geo": {"@type": "GeoCoordinates", "latitude": latitude, "longitude": longitude},
        "provider": None,
        "streetAddress": place.street,
        "telephone": place.telephone,
        "name": place.name,
        "description": place.description,
    }


def delivery(world: World, job: Delivery, base_url: str) -> Body:
    """Write a delivery."""
    tasks = [task_of(world, job, each) for each in job.tasks]
    pickup, dropoff = job.pickup, job.dropoff
    return {
        "@id": job.iri,
        "@type": "http://schema.org/ParcelDelivery",
        "id": job.id,
        "distance": job.distance,
        "duration": job.duration,
        "polyline": job.polyline,
        "tasks": tasks,
        "pickup": task_of(world, job, pickup) if pickup else None,
        "dropoff": task_of(world, job, dropoff) if dropoff else None,
        "trackingUrl": f"{base_url}{world.seed.instance.locale}/pub/d/{job.tracking_hash}",
        "order": order(job.order) if job.order else None,
    }


def task_of(world: World, job: Delivery, task: Task) -> Body:
    """Write a task as part of its delivery; a pickup shows the sums of all tasks."""
    whole = task.type == PICKUP
    return {
        "@id": f"/api/tasks/{task.id}",
        "@type": "Task",
        "id": task.id,
        "type": task.type,
        "status": task.status,
        "address": address(task.address) if task.address else None,
        "comments": task.comments,
        "createdAt": _time(task.created_at),
        "weight": job.weight if whole else task.weight,
        "after": _time(task.after),
        "before": _time(task.before),
        "doneAfter": _time(task.after),
        "doneBefore": _time(task.before),
        "packages": _packages(world, job, job.packages() if whole else task.packages),
        "tags": [vars(world.seed.tags[slug]) for slug in task.tags],
        "metadata": _metadata(job, task),
        "barcode": {"barcode": f"6767{task.id:09d}00076", "label": {"token": _token(task), "download": ""}},
    }


def _metadata(job: Delivery, task: Task) -> Body:
    written: Body = {
        **task.metadata,
        "delivery_position": job.tasks.index(task) + 1 if task in job.tasks else None,
    }
    if job.order:
        written |= {"order_number": job.order.number, "order_total": job.order.total, "zero_waste": False}
        if task.type == DROPOFF:
            written["has_loopeat_returns"] = False
    return written


def _packages(world: World, job: Delivery, packages: dict[str, int]) -> list[Body]:
    known = world.seed.packages_of(job.store)
    return [
        {
            "type": name,
            "name": name,
            "quantity": quantity,
            "volume_per_package": known[name].volume,
            "short_code": known[name].short_code,
            "labels": [],
        }
        for name, quantity in packages.items()
    ]


def _token(task: Task) -> str:
    return hashlib.sha256(f"label {task.id}".encode()).hexdigest()[:24]


def _time(moment: datetime | None) -> str | None:
    return atom(moment) if moment else None


def task(world: World, job: Delivery, stop: Task) -> Body:
    """Write a task on its own, with what couriers' apps see of it."""
    position = job.tasks.index(stop) if stop in job.tasks else 0
    before = job.tasks[position - 1] if position else None
    after = job.tasks[position + 1] if position + 1 < len(job.tasks) else None
    return with_context(
        {
            **task_of(world, job, stop),
            "updatedAt": _time(stop.updated_at),
            "isAssigned": stop.assigned_to is not None,
            "assignedTo": stop.assigned_to,
            "previous": f"/api/tasks/{before.id}" if before else None,
            "next": f"/api/tasks/{after.id}" if after else None,
            "group": None,
            "doorstep": False,
            "orgName": job.store.name,
            "images": [],
        },
        "Task",
    )


def task_events(stop: Task) -> Body:
    """Write what has happened to a task."""
    events = [{"@type": "TaskEvent", "name": name, "createdAt": atom(moment)} for name, moment in stop.events]
    return collection("TaskEvent", f"/api/tasks/{stop.id}/events", events, len(events))


def order(bill: Order) -> Body:
    """Write the order of a delivery."""
    return {
        "@id": f"/api/orders/{bill.id}",
        "@type": "http://schema.org/Order",
        "number": bill.number,
        "total": bill.total,
        "taxTotal": bill.tax_total,
        "paymentGateway": "stripe",
    }


def store(world: World, shop: Store) -> Body:
    """Write a store."""
    slot = shop.time_slot
    return with_context(
        {
            "@id": shop.iri,
            "@type": "http://schema.org/Store",
            "id": shop.id,
            "name": shop.name,
            "enabled": True,
            "address": address(world.addresses[shop.address]),
            "timeSlot": f"/api/time_slots/{slot}" if slot else None,
            "timeSlots": [f"/api/time_slots/{each}" for each in shop.time_slots],
            "weightRequired": shop.weight_required,
            "packagesRequired": shop.packages_required,
            "prefillPickupAddress": True,
            "multiDropEnabled": False,
            "multiPickupEnabled": False,
        },
        "Store",
    )


def api_app(world: World, client: Client) -> Body:
    """Write who a token stands for."""
    return {
        "@context": "/api/contexts/ApiApp",
        "@id": f"/api/api_apps/{world.seed.app_number(client)}",
        "@type": "http://schema.org/SoftwareApplication",
        "store": world.store_of(client).iri,
        "name": client.name,
    }


def time_slot(slot: TimeSlot) -> Body:
    """Write the opening hours of a slot."""
    return {
        "@context": "/api/contexts/TimeSlot",
        "@id": f"/api/time_slots/{slot.id}",
        "@type": "TimeSlot",
        "name": slot.name,
        "interval": slot.interval,
        "priorNotice": slot.prior_notice,
        "workingDaysOnly": slot.working_days_only,
        "openingHoursSpecification": [read_hours(line).specification() for line in slot.opening_hours],
        "choices": [],
    }


def time_slot_choices(offered: list[Choice], now: datetime, base_url: str) -> Body:
    """Write the windows that can be chosen."""
    return {
        "@context": {
            "@vocab": f"{base_url}api/docs.jsonld#",
            "hydra": "http://www.w3.org/ns/hydra/core#",
            "choices": "TimeSlotChoices/choices",
        },
        "@type": "TimeSlotChoices",
        "@id": "_:1",
        "choices": [
            {
                "@context": "/api/contexts/TimeSlotChoice",
                "@id": f"_:{number}",
                "@type": "TimeSlotChoice",
                "value": choice.value,
                "label": choice.label(now.date()),
            }
            for number, choice in enumerate(offered, start=2)
        ],
    }


def webhook(subscription: Webhook, *, with_secret: bool = False) -> Body:
    """Write a subscription; its secret is shown once, in the answer to its creation."""
    secret = {"secret": subscription.secret} if with_secret else {}
    return {
        "@context": "/api/contexts/Webhook",
        "@id": f"/api/webhooks/{subscription.id}",
        "@type": "Webhook",
        "url": subscription.url,
        "event": subscription.event,
        **secret,
    }


def quote(world: World, offer: Quote) -> Body:
    """Write a price offer, or after its confirmation the delivery made of it."""
    told: Body = {"delivery": f"/api/deliveries/{offer.delivery}"}
    if offer.delivery is None:
        currency = world.seed.instance.currency_code.upper()
        told = {"amount": offer.amount, "currency": currency, "expiresAt": atom(offer.expires_at)}
    return {
        "@context": "/api/contexts/DeliveryQuote",
        "@id": f"/api/delivery_quotes/{offer.id}",
        "@type": "DeliveryQuote",
        **told,
    }


def collection(context: str, iri: str, members: list[Body], total: int, **more: object) -> Body:
    """Write a list of objects."""
    return {
        "@context": f"/api/contexts/{context}",
        "@id": iri,
        "@type": "hydra:Collection",
        "hydra:member": members,
        "hydra:totalItems": total,
        **more,
    }


def plain(body: object) -> object:
    """Return a JSON-LD body as API Platform writes it for a client that wants plain JSON."""
    if isinstance(body, list):
        return [plain(each) for each in body]
    if not isinstance(body, dict):
        return body
    if "hydra:member" in body:
        return plain(body["hydra:member"])
    return {name: plain(each) for name, each in body.items() if not name.startswith("@")}
