"""Tokens for OAuth clients, and which client a token stands for. Recorded: token."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Response, request

from bridge_laptop.sandbox.http.json_ld import JSON, answer, data, with_context
from bridge_laptop.sandbox.http.request import caller, instance
from bridge_laptop.sandbox.instance import oauth

routes = Blueprint("token", __name__)


@routes.post("/oauth2/token")
def token() -> Response:
    """Issue a token for client credentials; JSON will do (recorded: token, "JSON instead of a form")."""
    given = oauth.grant(instance(), _parameters(), request.headers.get("Authorization"))
    response = data(given.body, given.status)
    response.headers.update(given.headers)
    return response


def _parameters() -> Mapping[str, str]:
    if request.mimetype != JSON:
        return request.form
    parsed = request.get_json(silent=True)
    return {str(name): str(value) for name, value in parsed.items()} if isinstance(parsed, dict) else {}


@routes.get("/api/me")
def me() -> Response:
    """Show which store a token stands for."""
    client = caller().client
    app = {
        "@id": f"/api/api_apps/{instance().seed.app_number(client)}",
        "@type": "http://schema.org/SoftwareApplication",
        "name": client.name,
        "store": instance().store_of(client).iri,
        "shop": None,
    }
    return answer(with_context(app, "ApiApp"))
