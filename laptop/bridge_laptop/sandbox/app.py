"""The sandbox as a WSGI application: CoopCycle's routes for OAuth clients, and nothing more of CoopCycle.

Each route reads the request, works on the world under its lock, and writes one object. Refusals are raised,
and written here. Faults and statistics stand in front of this application (see `faults.py`): it knows
nothing of them. `GET /api/deliveries` and `POST /api/deliveries/import_async` are left out.
"""

from __future__ import annotations

import json
import re

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from bridge_laptop.sandbox import api_deliveries, api_instance, api_stores, control, web, wire
from bridge_laptop.sandbox.faults import Gate
from bridge_laptop.sandbox.outbound import Outbox
from bridge_laptop.sandbox.problems import ApiProblem, Invalid, Unauthorized
from bridge_laptop.sandbox.seed import SeedSource, load_seed
from bridge_laptop.sandbox.state import World

# Routes that exist but belong to people, not to API apps: a valid OAuth token is refused there with 401.
_FOR_PEOPLE_ONLY = re.compile(
    r"^/api/(stores|stores/\d+/(time_slots|packages|payment_methods)|users.*|me/.+|task_lists.*|recurrence_rules)$"
)


def create_app(seed: SeedSource = None) -> Flask:
    """Build a CoopCycle instance from a seed: a file, an object, or the default."""
    app = Flask("coopcycle-sandbox", static_folder=None)
    world = World(load_seed(seed))
    gate = Gate(app.wsgi_app, world)
    app.wsgi_app = gate  # type: ignore[method-assign] # Flask's documented way to wrap an application
    app.extensions.update(world=world, gate=gate, outbox=Outbox(world))
    for module in (api_deliveries, api_stores, api_instance, control):
        app.register_blueprint(module.routes)
    app.register_error_handler(ApiProblem, _write_problem)
    app.register_error_handler(Unauthorized, _write_unauthorized)
    app.register_error_handler(HTTPException, _write_http_error)
    app.before_request(_refuse_routes_for_people)
    app.after_request(_as_accepted)
    return app


def _refuse_routes_for_people() -> None:
    if _FOR_PEOPLE_ONLY.match(request.path):
        raise Unauthorized


def _wants_plain_json() -> bool:
    accept = request.headers.get("Accept", "")
    return web.JSON in accept and web.JSON_LD not in accept


def _write_problem(problem: ApiProblem) -> Response:
    if not _wants_plain_json():
        return web.answer(problem.body(), problem.status)
    body: dict[str, object] = {
        "type": "https://tools.ietf.org/html/rfc2616#section-10",
        "title": "An error occurred",
        "status": problem.status,
        "detail": problem.description,
    }
    if isinstance(problem, Invalid):
        body["violations"] = problem.listed()
    return web.answer(body, problem.status, "application/problem+json")


def _write_unauthorized(refused: Unauthorized) -> Response:
    response = web.answer({"code": 401, "message": refused.message}, 401, web.JSON)
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _write_http_error(error: HTTPException) -> Response:
    response = _write_problem(ApiProblem(error.code or 500, error.description or ""))
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def _as_accepted(response: Response) -> Response:
    """Write a successful answer as plain JSON for a client that asks for it."""
    if response.mimetype == web.JSON_LD and response.status_code < 400 and _wants_plain_json():
        response.data = json.dumps(wire.plain(json.loads(response.data)), ensure_ascii=False)
        response.mimetype = web.JSON
    return response
