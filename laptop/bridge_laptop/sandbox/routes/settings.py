"""The instance's settings, which anybody may read, but nobody with a bearer. Recorded: store_and_slots."""

from __future__ import annotations

import hashlib
import json

from flask import Blueprint, Response, request

from bridge_laptop.sandbox.http.errors import Unauthorized
from bridge_laptop.sandbox.http.json_ld import base_url, data
from bridge_laptop.sandbox.http.request import instance

routes = Blueprint("settings", __name__)


@routes.get("/api/settings")
def settings() -> Response:
    """Show the settings, as plain JSON."""
    if "Authorization" in request.headers:
        raise Unauthorized
    seeded = instance().seed.instance
    found = {
        "country": seeded.country,
        "locale": seeded.locale,
        "split_terms_and_conditions_and_privacy_policy": False,
        "brand_name": seeded.brand_name,
        "stripe_publishable_key": None,
        "payment_gateway": "stripe",
        "mercadopago_publishable_key": None,
        "latlng": seeded.latlng,
        "currency_code": seeded.currency_code,
        "administrator_email": seeded.administrator_email,
        "guest_checkout_enabled": None,
        "motto": None,
        "paygreen_public_key": None,
        "timezone": seeded.timezone,
        "phone_number": seeded.phone_number,
        "average_preparation_time": 0,
        "average_shipping_time": 0,
        "order_confirm_message": "",
        "edenred_client_id": "YourEdenredAuthClientId",
        "edenred_authorization_endpoint": f"{base_url()}/edenred/",
        "theme": [],
    }
    if request.args.get("format") == "hash":
        return data(hashlib.sha1(json.dumps(found).encode()).hexdigest())  # noqa: S324 - a fingerprint, as there
    return data(found)
