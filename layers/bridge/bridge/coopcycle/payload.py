"""CoopCycle's wire format: the one module that knows how CoopCycle spells a delivery.

From :class:`bridge.model.Delivery` to the body of ``POST /api/deliveries``; what is answered:
:mod:`bridge.coopcycle.answers`.
CoopCycle ignores a field it does not know without a word (recorded: create_texts, "unknown members"), so a
body is checked here before it is sent. Pure: no HTTP, no clock. Source of every name: the recordings,
``features/deliveries.feature`` and ``src/Api/Dto/TaskDto.php`` of coopcycle/coopcycle-web.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from bridge.errors import Violation
from bridge.model import (
    COLUMN_LENGTH,
    Coordinates,
    Delivery,
    Task,
    is_saved_address,
)

# In the dropoff's metadata; CoopCycle stores it and gives it back (recorded: create_simple).
REFERENCE_KEY = "bridge_ref"

_PICKUP, _DROPOFF = "pickup", "dropoff"
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_TELEPHONE_PATH = re.compile(r"items\[(\d{1,3})\]\.task\.address\.telephone", re.ASCII)


def delivery_body(delivery: Delivery) -> dict[str, object]:
    """Return the body of a create or an update; what is empty is left out.

    One pickup and one dropoff are sent as such, more as ``tasks``. Both windows are sent whole, because
    CoopCycle's own defaults surprise: a missing ``after`` becomes ``before`` minus 15 minutes (recorded:
    create_windows, "before only, no pickup").

    Raises:
        ValueError: a value CoopCycle would refuse, misread or answer with 500 (a weight that is no whole
            number, a telephone that is not E.164, a dropoff without an address, a text longer than its
            column: recorded in create_addresses); the sentence names the field and never quotes the value.

    """
    if not delivery.bridge_ref:
        raise ValueError("bridge_ref: must not be empty, it is how the delivery is found again")
    reference = {"metadata": {REFERENCE_KEY: delivery.bridge_ref}}
    if not delivery.further_pickups and not delivery.earlier_dropoffs:
        _require_address("dropoff", delivery.dropoff)
        return {
            "pickup": _task("pickup", delivery.pickup),
            "dropoff": _task("dropoff", delivery.dropoff) | reference,
        }
    tasks: list[dict[str, object]] = []
    for index, task in enumerate(delivery.pickups):
        if index:  # the first one may be at the store's own address
            _require_address(f"pickups[{index}]", task)
        tasks.append({"type": _PICKUP, **_task(f"pickups[{index}]", task)})
    for index, task in enumerate(delivery.dropoffs):
        _require_address(f"dropoffs[{index}]", task)
        tasks.append({"type": _DROPOFF, **_task(f"dropoffs[{index}]", task), **reference})
    return {"tasks": tasks}


def _require_address(name: str, task: Task) -> None:
    if not task.street_address and not task.address_iri:
        raise ValueError(f"{name}.street_address: must not be empty")


def assert_body(body: Mapping[str, object]) -> dict[str, object]:
    """Return the same for ``POST /api/deliveries/assert``, whose older reader needs no metadata.

    It takes them as an object too (recorded: feasibility_and_price, "metadata as an object"); upstream tests
    them as text alone, so they are left out.
    """
    asked: dict[str, object] = {}
    for name, value in body.items():
        if isinstance(value, Mapping):
            asked[name] = _without_metadata(value)
        elif isinstance(value, list):
            asked[name] = [_without_metadata(task) for task in value]
    return asked


def _without_metadata(task: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in task.items() if key != "metadata"}


def without_telephones(body: Mapping[str, object], violations: Sequence[Violation]) -> dict[str, object]:
    """Return a body without the telephones that CoopCycle's violations name, which the courier reads instead.

    CoopCycle may know fewer ranges of numbers than we do. Paths are such as "items[1].task.address.telephone"
    (recorded: phones), the pickup being item 0; where one names no item that is there, all numbers go.
    """
    wanted = {
        int(found[1]) for each in violations if (found := _TELEPHONE_PATH.fullmatch(each.property_path))
    }
    tasks = body.get("tasks")
    numbered: list[tuple[str | int, object]] = (
        list(enumerate(tasks))
        if isinstance(tasks, list)
        else [(name, body.get(name)) for name in ("pickup", "dropoff")]
    )
    if len(wanted) < len(violations) or not wanted <= set(range(len(numbered))):
        wanted = set(range(len(numbered)))
    changed = {
        key: _with_telephone_in_words(task) if index in wanted and isinstance(task, Mapping) else task
        for index, (key, task) in enumerate(numbered)
        if task is not None
    }
    if isinstance(tasks, list):
        return {**body, "tasks": list(changed.values())}
    return {**body, **{str(name): task for name, task in changed.items()}}


def _with_telephone_in_words(task: Mapping[str, object]) -> dict[str, object]:
    address = task.get("address")
    if not isinstance(address, Mapping) or "telephone" not in address:
        return dict(task)
    words = f"Phone as given: {address['telephone']}"
    return {
        **task,
        "address": {key: value for key, value in address.items() if key != "telephone"},
        "comments": "\n".join(line for line in (_text_of(task.get("comments")), words) if line),
    }


def encode(body: Mapping[str, object]) -> bytes:
    """Return the body as canonical JSON: the same delivery always gives the same bytes.

    Raises:
        ValueError: a number that JSON has no word for (NaN, infinity).

    """
    return json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def fingerprint(body: Mapping[str, object]) -> str:
    """Return the SHA-256 of the body, to tell that nothing changed in what we would send."""
    return hashlib.sha256(encode(body)).hexdigest()


def _task(name: str, task: Task) -> dict[str, object]:
    if isinstance(task.weight_grams, bool) or not isinstance(task.weight_grams, int) or task.weight_grams < 0:
        raise ValueError(f"{name}.weight_grams: must be a whole number of grams, 0 or more")
    for package in task.packages:
        if not package.name or not isinstance(package.quantity, int) or package.quantity < 1:
            raise ValueError(f"{name}.packages: each needs a name and a quantity of 1 or more")
    fields: dict[str, object] = {
        "address": _address(name, task),
        "after": _instant(task.window.after),
        "before": _instant(task.window.before),
        "comments": task.comments,
        "weight": task.weight_grams,
        "packages": [{"type": package.name, "quantity": package.quantity} for package in task.packages],
        "tags": list(task.tags),
    }
    if fields["after"] == fields["before"]:
        raise ValueError(f"{name}.window: must last a second or more")
    return {key: value for key, value in fields.items() if value}


def _address(name: str, task: Task) -> dict[str, object] | str:
    if task.address_iri:
        if not is_saved_address(task.address_iri):
            raise ValueError(f"{name}.address_iri: must be the IRI of a saved address")
        return task.address_iri  # as an object it would change what is saved
    if not task.street_address:
        return {}  # the store's own address
    if task.telephone is not None and not _E164.fullmatch(task.telephone):
        raise ValueError(f"{name}.telephone: must be E.164; CoopCycle refuses the delivery for a wrong one")
    texts = {
        "street_address": task.street_address,
        "company": task.company,
        "contact_name": task.contact_name,
    }
    for field, text in texts.items():
        if len(text) > COLUMN_LENGTH:
            raise ValueError(f"{name}.{field}: must have at most {COLUMN_LENGTH} characters")
    fields: dict[str, object] = {
        "streetAddress": task.street_address,
        "latLng": _lat_lng(name, task.coordinates),
        "name": task.company,
        "contactName": task.contact_name,
        "telephone": task.telephone,
        "description": task.description,
    }
    return {key: value for key, value in fields.items() if value}


def _lat_lng(name: str, coordinates: Coordinates | None) -> list[float]:
    if coordinates is None:
        return []
    # Written so that NaN, which compares false, is refused too.
    if not (-90 <= coordinates.latitude <= 90 and -180 <= coordinates.longitude <= 180):
        raise ValueError(f"{name}.coordinates: must be degrees, latitude within 90 and longitude within 180")
    return [float(coordinates.latitude), float(coordinates.longitude)]


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _text_of(value: object) -> str:
    return value if isinstance(value, str) else ""
