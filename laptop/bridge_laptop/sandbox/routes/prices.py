"""What a delivery would cost. Recorded: feasibility_and_price."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, Response, request

from bridge_laptop.sandbox.http.errors import Forbidden, NoPrice
from bridge_laptop.sandbox.http.json_ld import Body, anonymous, answer, vocabulary, with_context
from bridge_laptop.sandbox.http.request import caller, instance, read_body
from bridge_laptop.sandbox.instance import create_and_change
from bridge_laptop.sandbox.instance.model import Delivery
from bridge_laptop.sandbox.instance.pricing import matches, price_of, rules_of, tax_in
from bridge_laptop.sandbox.routes.addresses import geo_json
from bridge_laptop.sandbox.seed import PricingRule, Store

routes = Blueprint("prices", __name__)


@routes.post("/api/retail_prices/calculate")
def calculate_price() -> Response:
    """Show what a delivery would cost, tax included unless `tax=excluded`."""
    draft = draft_of(caller("deliveries").store, read_body())
    total = price_or_refusal(draft)
    tax, included = tax_in(total, instance().seed), request.args.get("tax", "included") == "included"
    number = uuid.uuid4()
    price = {
        "@id": f"/api/retail_prices/{number}",
        "@type": "RetailPrice",
        "amount": total if included else total - tax,
        "order": _order(draft, total, tax),
        "calculation": _calculation(draft, whole=False),
        "currency": instance().seed.instance.currency_code,
        "tax": {"amount": tax, "included": included},
    }
    return answer(with_context(price, "RetailPrice"))


def draft_of(store: Store, body: Body) -> Delivery:
    """Build the delivery that is asked about; another store's is refused without a word.

    Raises:
        ApiProblem: see `create_and_change.draft`.

    """
    try:
        return create_and_change.draft(instance(), store, body)
    except Forbidden as refused:
        raise Forbidden("") from refused


def price_or_refusal(draft: Delivery) -> int:
    """Return the price of a delivery in cents, tax included.

    Raises:
        BadRequest: the store has no price list.
        NoPrice: no rule of it matches.

    """
    total = price_of(draft, instance().seed, instance().clock.now())
    if total is None:
        raise NoPrice(_calculation(draft, whole=True))
    return total


def _order(draft: Delivery, total: int, tax: int) -> Body:
    iri, code = f"/api/orders/{uuid.uuid4()}", f"CPCCL-ODDLVR-{uuid.uuid4()}"
    variant = {"@type": "ProductVariant", "@id": anonymous(), "code": code, "name": "Supplément de commande"}
    item = {
        "@id": f"{iri}/items/{uuid.uuid4()}",
        "@type": "OrderItem",
        "variant": variant,
        "quantity": 1,
        "unitPrice": 0,
        "total": total,
        "adjustments": {
            "order_item_package_delivery_calculated": [{"label": "Supplément de commande", "amount": total}],
            "tax": [{"label": "TVA 20%", "amount": tax}],
        },
        "name": "Livraison à la demande",
        "variantName": variant["name"],
        "vendor": None,
        "player": None,
    }
    return {
        "@type": "Order",
        "@id": iri,
        "items": [item],
        "total": total,
        "taxTotal": tax,
        "shippingAddress": _shipping_address(draft),
        "paymentGateway": "stripe",
    }


def _shipping_address(draft: Delivery) -> Body | None:
    address = draft.dropoff.address if draft.dropoff else None
    if address is None:
        return None
    return {
        "geo": geo_json(address),
        "streetAddress": address.street,
        "telephone": address.telephone,
        "name": address.name,
    }


def _calculation(draft: Delivery, *, whole: bool) -> Body:
    """Write how the price came about; where it is a `whole` answer's, each part has its context."""

    def part(class_name: str, **members: Any) -> Body:
        context = {"@context": vocabulary(class_name, *members)} if whole else {}
        return {**context, "@type": class_name, "@id": anonymous(), **members}

    now = instance().clock.now()
    rules = {
        str(position): part(
            "RuleResult",
            rule=_rule(draft.store, rule, position, whole=whole),
            matched=matches(rule.expression, draft, now),
        )
        for position, rule in enumerate(rules_of(draft, instance().seed), start=1)
    }
    items = [part("CalculationItem", target=task.type, rules=[]) for task in draft.tasks]
    items.append(part("CalculationItem", target="ORDER", rules=rules or []))
    number = instance().seed.rule_set_number(draft.store)
    rule_set = f"/api/pricing_rule_sets/{number}"
    return part("CalculationOutput", ruleSet=rule_set, strategy="find", items=items)


def _rule(store: Store, rule: PricingRule, position: int, *, whole: bool) -> Body:
    written = {
        "@id": f"/api/pricing_rules/{instance().seed.rule_number(store, rule)}",
        "@type": "PricingRule",
        "target": "DELIVERY",
        "expression": rule.expression,
        "price": str(rule.price),
        "position": position,
        "name": rule.name or rule.expression,
    }
    return with_context(written, "PricingRule") if whole else written
