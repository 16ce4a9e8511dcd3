"""The sandbox as a WSGI application: CoopCycle's routes for OAuth clients and what they touch.

Each route reads the request, works on the instance, and writes one object; refusals are raised, and written
here. The middleware in front of it (`faults/middleware.py`) opens the instance's one transaction for each
request, makes the faults and counts; the application knows nothing of it.
`POST /api/deliveries/import_async` is left out.
"""

from __future__ import annotations

import re

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from bridge_laptop.sandbox import control
from bridge_laptop.sandbox.faults.middleware import FaultInjector
from bridge_laptop.sandbox.http.errors import ApiProblem, PageOfDocumentation, Unauthorized
from bridge_laptop.sandbox.http.json_ld import data, wants_plain_json
from bridge_laptop.sandbox.instance.database import Instance
from bridge_laptop.sandbox.instance.outgoing_webhooks import Outbox
from bridge_laptop.sandbox.routes import (
    deliveries,
    orders,
    prices,
    quotes,
    settings,
    store_deliveries,
    stores,
    tasks,
    time_slots,
    token,
    tracking,
    webhooks,
)
from bridge_laptop.sandbox.seed import SeedSource, load_seed

BLUEPRINTS = tuple(
    module.routes
    for module in (
        token,
        settings,
        deliveries,
        store_deliveries,
        tasks,
        orders,
        prices,
        quotes,
        stores,
        time_slots,
        webhooks,
        tracking,
        control,
    )
)
_METHODS = ("GET", "POST", "PUT", "DELETE")  # in the order in which an Allow header names them

# Routes that exist but belong to people, not to API apps: a valid OAuth token is refused there with 401
# (recorded: token, store_and_slots, feasibility_and_price; the rest is a belief).
_FOR_PEOPLE_ONLY = re.compile(
    r"^/api/(stores|stores/\d+/(time_slots|packages|payment_methods)|delivery_quotes/\d+"
    r"|users.*|me/.+|task_lists.*|recurrence_rules)$"
)


def create_app(seed: SeedSource = None) -> Flask:
    """Build a CoopCycle instance from a seed: a file, an object, or the default.

    Raises:
        ValueError: the seed is wrong.

    """
    app = Flask("coopcycle-sandbox", static_folder=None)
    instance = Instance(load_seed(seed))
    injector = FaultInjector(app.wsgi_app, instance)
    app.wsgi_app = injector  # type: ignore[method-assign] # Flask's documented way to wrap an application
    app.extensions.update(instance=instance, faults=injector, outbox=Outbox(instance))
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.register_error_handler(ApiProblem, _write_problem)
    app.register_error_handler(Unauthorized, _write_unauthorized)
    app.register_error_handler(PageOfDocumentation, _write_documentation)
    app.register_error_handler(HTTPException, _write_http_error)
    app.before_request(_refuse_routes_for_people)
    return app


def _refuse_routes_for_people() -> None:
    if _FOR_PEOPLE_ONLY.match(request.path):
        raise Unauthorized


def _write_problem(problem: ApiProblem) -> Response:
    if wants_plain_json():
        return data(problem.plain_body(), problem.status, "application/problem+json; charset=utf-8")
    return data(problem.body(), problem.status, problem.content_type)


def _write_unauthorized(refused: Unauthorized) -> Response:
    response = data({"code": 401, "message": refused.message}, 401)
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _write_documentation(_: PageOfDocumentation) -> Response:
    return Response("<a page of HTML>", content_type="text/html; charset=UTF-8")  # no more of it is recorded


def _write_http_error(error: HTTPException) -> Response:
    response = _write_problem(ApiProblem(error.code or 500, error.description or ""))
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        response.headers["Content-Type"] = str(
            response.mimetype
        )  # without a charset (recorded: create_refusals, PATCH)
        response.headers["Allow"] = ", ".join(method for method in _METHODS if method in allowed)
    return response
