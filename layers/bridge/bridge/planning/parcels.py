"""What is carried, in CoopCycle's terms: packages by the store's own names, grams, dispatch tags. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.connections.model import DispatchTags, Parcels
from bridge.model import OrderItem, Package
from bridge.planning.text import any_match, fold
from bridge.planning.trace import FieldTrace

_LARGEST_WEIGHT_GRAMS = 2**31 - 1  # CoopCycle's column is an integer of 32 bits


def packages_of(items: Sequence[OrderItem], parcels: Parcels, notes: FieldTrace) -> tuple[Package, ...]:
    """Return the packages of a stop: of each piece by SKU, product type or tag, else one default package."""
    quantities: dict[str, int] = {}
    for item in items:
        found = _package_of(item, parcels)
        if found is None:
            continue
        name, key, source = found
        quantities[name] = quantities.get(name, 0) + item.quantity
        notes.setting(key)
        notes.order(source, "decides the package")
        notes.order("items.quantity")
    if not quantities and parcels.default_package:
        quantities[parcels.default_package] = 1
        notes.setting("parcels.default_package", "no item has a package of its own")
    for name, quantity in quantities.items():
        notes.rule("parcels", f"{quantity} × {name}")
    return tuple(Package(name, quantity) for name, quantity in quantities.items())


def _package_of(item: OrderItem, parcels: Parcels) -> tuple[str, str, str] | None:
    """Return the package's name, the setting it stands in, and the item's field that decided."""
    if item.sku in parcels.by_sku:
        return parcels.by_sku[item.sku], f'parcels.packages."{item.sku}"', "items.sku"
    for product_type, name in parcels.by_type.items():
        if item.product_type and fold(item.product_type) == fold(product_type):
            return name, f'parcels.packages_by_type."{product_type}"', "items.product_type"
    tags = {fold(tag) for tag in item.tags}
    for tag, name in parcels.by_tag.items():
        if fold(tag) in tags:
            return name, f'parcels.packages_by_tag."{tag}"', "items.tags"
    return None


def weight_of(
    items: Sequence[OrderItem], override_grams: int | None, parcels: Parcels, notes: FieldTrace
) -> int:
    """Return a stop's weight: the sender's one weight, else the sum of its items, else the default.

    An ``override_grams`` of 0 is no weight.
    """
    if override_grams:
        notes.order("weight_override_grams")
        return min(override_grams, _LARGEST_WEIGHT_GRAMS)
    total = sum(item.weight_grams * item.quantity for item in items)
    if total:
        notes.order("items.weight_grams", "summed over all pieces")
        return min(total, _LARGEST_WEIGHT_GRAMS)
    if parcels.default_weight_grams:
        notes.setting("parcels.default_weight_grams", "the order gives no weight")
        notes.rule("parcels.default_weight_grams", f"{parcels.default_weight_grams} g")
    return parcels.default_weight_grams


def tags_of(order_tags: Sequence[str], tags: DispatchTags, notes: FieldTrace) -> tuple[str, ...]:
    """Return the slugs of a task, each once: the connection's own, then those the order's tags ask for."""
    found = list(tags.always)
    if found:
        notes.setting("delivery.tags")
    for pattern, slug in tags.by_order_tag.items():
        if any_match(order_tags, [pattern]):
            found.append(slug)
            notes.setting(f'delivery.tags_from."{pattern}"')
            notes.order("tags", "decides the tag")
    return tuple(dict.fromkeys(found))
