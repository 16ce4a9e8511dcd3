"""From the body of a request to tasks, as CoopCycle's task input and its processor do it.

Types are checked as the serializer checks them (a wrong one is 400), unknown members are ignored without a
word (recorded: create_texts, "unknown members"), and an empty value (`""`, `0`, `[]`, `null`) leaves what
was there: a field cannot be cleared (recorded: change, "comments emptied" to "weight 0").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from bridge_laptop.sandbox.http.errors import BadRequest, ServerFault
from bridge_laptop.sandbox.instance.clock import UnreadableTime, local, offset_kept, parse_time, zone_of
from bridge_laptop.sandbox.instance.database import Instance
from bridge_laptop.sandbox.instance.geocoding import as_found, geocode, read_telephone
from bridge_laptop.sandbox.instance.model import Address, Coordinates, Parcels, Task
from bridge_laptop.sandbox.instance.slots import choices
from bridge_laptop.sandbox.seed import Store

_WALL_CLOCK_SLOT = re.compile(r"^(\d{4}-\d{2}-\d{2}) (\d+):(\d+)-(\d+):(\d+)$")
_ADDRESSES = "/api/addresses"
_KINDS: dict[str, tuple[type, ...]] = {"string": (str,), "int": (int,), "array": (list, dict)}

Raw = Mapping[str, Any]


def member(raw: Raw, name: str, *kinds: str) -> Any:
    """Return a member of a body, which must be of one of the kinds; null and absence are alike.

    A float is no int, not even 2000.0 (recorded: create_goods, "weight 2000.0").

    Raises:
        BadRequest: it is of another kind.

    """
    value = raw.get(name)
    if value is None:
        return None
    for kind in kinds:
        if isinstance(value, _KINDS[kind]) and not (kind == "int" and isinstance(value, bool)):
            return value
    wanted = '", "'.join(kinds)
    raise BadRequest(
        f'The type of the "{name}" attribute must be one of "{wanted}" ("{_kind(value)}" given).'
    )


def _kind(value: object) -> str:
    names = {bool: "bool", int: "int", float: "float", str: "string"}
    return names.get(type(value), "array")


def read_time(text: str, now: datetime) -> datetime:
    """Read a time.

    Raises:
        BadRequest: it is none (recorded: create_windows, "before nonsense").

    """
    try:
        return parse_time(text, now=now)
    except UnreadableTime as wrong:
        raise BadRequest(
            f'Parsing datetime string "{text}" using format "" resulted in 1 errors: '
            "at position 0: The timezone could not be found in the database"
        ) from wrong


class TaskReader:
    """Applies task inputs to tasks, on behalf of one store."""

    def __init__(self, instance: Instance, store: Store) -> None:
        self._instance = instance
        self._seed = instance.seed
        self._store = store
        self._now = instance.clock.now()

    def apply(self, raw: Raw, task: Task, *, type_: str | None = None) -> Task:
        """Write what an input says over a task; what it does not say stays.

        Raises:
            BadRequest: a member is of the wrong type or means nothing.
            ServerFault: CoopCycle stumbles over it.

        """
        declared = member(raw, "type", "string")
        task.type = type_ or (declared.upper() if declared else task.type)
        self._apply_window(raw, task)
        self._apply_address(raw, task)
        task.comments = member(raw, "comments", "string") or task.comments
        task.weight = member(raw, "weight", "int") or task.weight
        self._apply_tags(raw, task)
        self.apply_packages(raw, task)
        self._apply_metadata(raw, task)
        courier = member(raw, "assignedTo", "string")
        if courier in self._seed.couriers:
            task.assigned_to = courier
        return task

    def _apply_window(self, raw: Raw, task: Task) -> None:
        after = self._moment(raw, "after") or self._moment(raw, "doneAfter")
        before = self._moment(raw, "before") or self._moment(raw, "doneBefore")
        slot = member(raw, "timeSlot", "string", "array")
        if slot:
            after, before = self._slot(slot)
        task.after, task.before = after or task.after, before or task.before
        url = member(raw, "timeSlotUrl", "string")
        if url:
            self._require_choice(url, after, before)

    def _moment(self, raw: Raw, name: str) -> datetime | None:
        text = member(raw, name, "string")
        return None if text is None else read_time(text, self._now)

    def _slot(self, slot: object) -> tuple[datetime, datetime]:
        """Read a window; text that is none is an uncaught PHP exception.

        Recorded: create_windows, "timeSlot as local text with blanks", "timeSlot nonsense". The ends of an
        array are not converted: the answer shows their offsets, the database keeps their wall clocks.
        """
        try:
            if isinstance(slot, list) and len(slot) == 2:
                return self._end_of_array(slot[0]), self._end_of_array(slot[1])
            if not isinstance(slot, str):
                raise ServerFault
            if found := _WALL_CLOCK_SLOT.match(slot):
                day = datetime.strptime(found[1], "%Y-%m-%d").date()  # noqa: DTZ007 - only the day is taken
                opens, closes = time(int(found[2]), int(found[3])), time(int(found[4]), int(found[5]))
                zone = zone_of(self._now)
                return local(day, opens, zone), local(day, closes, zone)
            start, slash, end = slot.partition("/")
            if not slash:
                raise ServerFault
            return parse_time(start, now=self._now), parse_time(end, now=self._now)
        except ValueError as wrong:
            raise ServerFault from wrong

    def _end_of_array(self, text: object) -> datetime:
        if not isinstance(text, str):
            raise ServerFault
        return offset_kept(text, now=self._now)

    def _require_choice(self, url: str, after: datetime | None, before: datetime | None) -> None:
        found = re.fullmatch(r"/api/time_slots/(\d+)", url)
        slot = self._seed.time_slots.get(int(found[1])) if found else None
        if slot is None:
            raise BadRequest(f'Item not found for "{url}".')
        if after and before and (after, before) not in choices(slot, self._now):
            raise BadRequest("task.timeSlot.invalid")

    def _apply_address(self, raw: Raw, task: Task) -> None:
        given = member(raw, "address", "string", "array")
        lat_lng = member(raw, "latLng", "array")
        if not given:
            return
        address = self._named(given) if isinstance(given, str) else self.read_address(given)
        if address.coordinates is None:
            address.coordinates = _pair(lat_lng) or geocode(address.street, self._seed)
        task.address = address

    def _named(self, text: str) -> Address:
        """Return a saved address, or geocode the text; with text alone, the task's `latLng` comes too late.

        Recorded: create_addresses, "text and latLng on the task".
        """
        if not text.startswith(_ADDRESSES):
            return Address(as_found(text), geocode(text, self._seed))
        known = self._instance.addresses.get(_number_of(text))
        if known is None:
            raise BadRequest(f'Item not found for "{text}".')
        return known

    def read_address(self, given: object) -> Address:
        """Read an address object; coordinates may be missing still.

        Raises:
            BadRequest: a member is of the wrong type, or its phone number cannot be parsed.
            ServerFault: it is a list (recorded: create_addresses, "a list").

        """
        if not isinstance(given, dict):
            raise ServerFault
        known = self._instance.addresses.get(_number_of(str(given.get("@id", ""))))
        address = Address(None) if known is None else Address(**vars(known))
        address.street = member(given, "streetAddress", "string") or address.street
        address.name = member(given, "name", "string") or address.name
        address.contact_name = member(given, "contactName", "string") or address.contact_name
        address.description = member(given, "description", "string") or address.description
        address.postal_code = member(given, "postalCode", "string") or address.postal_code
        address.locality = member(given, "addressLocality", "string") or address.locality
        if "telephone" in given:
            address.telephone = read_telephone(given["telephone"], self._seed)
        lat_lng = member(given, "latLng", "array")
        address.coordinates = _pair(lat_lng) or _geo(given.get("geo")) or address.coordinates
        return address

    def _apply_tags(self, raw: Raw, task: Task) -> None:
        """Write the tags over a task; unknown ones are dropped (recorded: create_texts, "tags")."""
        tags = member(raw, "tags", "array", "string")
        if not tags:
            return
        if isinstance(tags, str):
            tags = tags.split()
        slugs = [tag.get("slug") if isinstance(tag, dict) else tag for tag in tags]
        task.tags = [slug for slug in self._seed.tags if slug in slugs]

    def apply_packages(self, raw: Raw, task: Task) -> None:
        """Write the parcels over a task, instead of what was there.

        Recorded: create_goods: kinds that the store does not have are dropped without a word, of a kind
        named twice the last counts, a quantity may be text, one of 0 is none, and none at all breaks it.
        """
        given = member(raw, "packages", "array")
        if not given:
            return
        found: dict[str, Parcels] = {}
        for package in given.values() if isinstance(given, dict) else given:
            if not isinstance(package, dict):
                raise BadRequest("The type of the packages must be an array of objects.")
            name, quantity = member(package, "type", "string"), _quantity(package)
            if name is None or quantity is None:
                raise ServerFault
            if name in self._seed.packages_of(self._store):
                found[name] = Parcels(quantity)
        task.packages = {name: parcels for name, parcels in found.items() if parcels.quantity}

    def _apply_metadata(self, raw: Raw, task: Task) -> None:
        """Merge the metadata into the task's (recorded: change, "metadata"; create_texts for the forms)."""
        metadata = member(raw, "metadata", "array", "string")
        if isinstance(metadata, str):
            pairs = (pair.partition("=") for pair in metadata.split())
            task.metadata.update({key: value for key, equals, value in pairs if equals})
        elif isinstance(metadata, list):
            task.metadata.update({str(number): value for number, value in enumerate(metadata)})
        elif isinstance(metadata, dict):
            task.metadata.update(metadata)


def _quantity(package: Raw) -> int | None:
    quantity = package.get("quantity")
    if isinstance(quantity, str) and re.fullmatch(r"-?\d+", quantity):
        return int(quantity)
    found: int | None = member(package, "quantity", "int")
    return found


def _number_of(iri: str) -> int:
    found = re.fullmatch(r"/api/addresses/(\d+)", iri)
    return int(found[1]) if found else 0


def _pair(value: object) -> Coordinates | None:
    """Read latitude and longitude, in range or not (recorded: create_addresses, "latLng out of range")."""
    if not isinstance(value, list) or len(value) != 2:
        return None
    try:
        return float(value[0]), float(value[1])
    except (TypeError, ValueError) as wrong:
        raise BadRequest("The coordinates must be numbers.") from wrong


def _geo(value: object) -> Coordinates | None:
    if not isinstance(value, dict):
        return None
    return _pair([value.get("latitude"), value.get("longitude")])
