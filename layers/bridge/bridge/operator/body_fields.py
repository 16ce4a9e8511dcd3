"""A body of CoopCycle's beside our own model: which value of it stands for which field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bridge.coopcycle.payload import REFERENCE_KEY

_MODEL_FIELDS = {
    "type": "kind",
    "address": "address_iri",
    "address.streetAddress": "street_address",
    "address.latLng": "coordinates",
    "address.name": "company",
    "address.contactName": "contact_name",
    "address.telephone": "telephone",
    "address.description": "description",
    "after": "window",
    "before": "window",
    "comments": "comments",
    "weight": "weight_grams",
    "packages": "packages",
    "tags": "tags",
    f"metadata.{REFERENCE_KEY}": "bridge_ref",
}


def fields_of(body: Mapping[str, object]) -> list[tuple[str, str]]:
    """Return every value of a body by its path, with the field of our model that it stands for.

    Such as ("dropoff.address.telephone", "dropoffs[0].telephone"); lists of coordinates, packages and tags
    are one value.
    """
    tasks = body.get("tasks")
    named: list[tuple[str, str, object]] = []
    if isinstance(tasks, list):
        counts = {"pickup": 0, "dropoff": 0}
        for index, task in enumerate(tasks):
            kind = task["type"]
            named.append((f"tasks[{index}]", f"{kind}s[{counts[kind]}]", task))
            counts[kind] += 1
    else:
        named = [(name, f"{name}s[0]", body[name]) for name in ("pickup", "dropoff")]
    return [
        (f"{wire}.{path}", f"{model}.{_MODEL_FIELDS[path]}")
        for wire, model, task in named
        for path in _leaves(task)
    ]


def _leaves(value: object, path: str = "") -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield path
        return
    for key, inner in value.items():
        yield from _leaves(inner, f"{path}.{key}" if path else key)
