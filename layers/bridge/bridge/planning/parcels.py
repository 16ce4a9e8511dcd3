"""What is carried, in CoopCycle's terms: packages by the store's own names, grams, dispatch tags. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.connections.model import DispatchTags, Parcels
from bridge.model import OrderItem, Package
from bridge.planning.text import any_match, fold
from bridge.planning.trace import OrderParts, Origin, Rule, Traced, setting

# CoopCycle answers 500 to more (recorded: create_goods, "weight of 3 000 000 000").
_LARGEST_WEIGHT_GRAMS = 2**31 - 1


def packages_of(
    items: Sequence[OrderItem], parcels: Parcels, order: OrderParts
) -> Traced[tuple[Package, ...]]:
    """Return the packages of a stop: of each piece by SKU, product type or tag, else one default package."""
    quantities: dict[str, int] = {}
    origins: list[Origin] = []
    for item in items:
        found = _package_of(item, parcels)
        if found is None:
            continue
        name, key, source = found
        quantities[name] = quantities.get(name, 0) + item.quantity
        origins += [setting(key), order(source, "decides the package"), order("items.quantity")]
    if not quantities and parcels.default_package:
        quantities[parcels.default_package] = 1
        origins.append(setting("parcels.default_package", "no item has a package of its own"))
    return Traced(
        tuple(Package(name, quantity) for name, quantity in quantities.items()),
        tuple(origins),
        tuple(Rule("parcels", f"{quantity} × {name}") for name, quantity in quantities.items()),
    )


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
    items: Sequence[OrderItem], override_grams: int | None, parcels: Parcels, order: OrderParts
) -> Traced[int]:
    """Return a stop's weight: the sender's one weight, else the sum of its items, else the default.

    An ``override_grams`` of 0 is no weight.
    """
    if override_grams:
        return Traced(min(override_grams, _LARGEST_WEIGHT_GRAMS), (order("weight_override_grams"),))
    total = sum(item.weight_grams * item.quantity for item in items)
    if total:
        origin = order("items.weight_grams", "summed over all pieces")
        return Traced(min(total, _LARGEST_WEIGHT_GRAMS), (origin,))
    grams, key = parcels.default_weight_grams, "parcels.default_weight_grams"
    if not grams:
        return Traced(0)
    return Traced(grams, (setting(key, "the order gives no weight"),), (Rule(key, f"{grams} g"),))


def tags_of(order_tags: Sequence[str], tags: DispatchTags, order: OrderParts) -> Traced[tuple[str, ...]]:
    """Return the slugs of a task, each once: the connection's own, then those the order's tags ask for."""
    found = list(tags.always)
    origins = [setting("delivery.tags")] if found else []
    for pattern, slug in tags.by_order_tag.items():
        if any_match(order_tags, [pattern]):
            found.append(slug)
            origins += [setting(f'delivery.tags_from."{pattern}"'), order("tags", "decides the tag")]
    return Traced(tuple(dict.fromkeys(found)), tuple(origins))
