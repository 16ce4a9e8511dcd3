"""What every route needs: the world, the caller, the body read, the answer written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from flask import Response, current_app, request

from bridge_laptop.sandbox import oauth
from bridge_laptop.sandbox.outbound import Outbox
from bridge_laptop.sandbox.problems import ApiProblem, BadRequest, Forbidden
from bridge_laptop.sandbox.seed import Client, Store
from bridge_laptop.sandbox.state import World

JSON_LD = "application/ld+json"
JSON = "application/json"


@dataclass(frozen=True)
class Caller:
    """Who asks: an OAuth client, and the store it acts for."""

    client: Client
    store: Store

    def must_own(self, store: Store | int) -> None:
        """Refuse what belongs to another store.

        Raises:
            Forbidden: it does.

        """
        if self.store.id != (store if isinstance(store, int) else store.id):
            raise Forbidden


def world() -> World:
    """Return the world this application shows."""
    found: World = current_app.extensions["world"]
    return found


def outbox() -> Outbox:
    """Return the sender of CoopCycle's own webhooks."""
    found: Outbox = current_app.extensions["outbox"]
    return found


def caller(*any_scope: str) -> Caller:
    """Return who asks, checked against the scopes of which one is needed.

    Raises:
        Unauthorized: the bearer is refused.
        Forbidden: the scope is missing.

    """
    token = oauth.bearer(world(), request.headers.get("Authorization"))
    if any_scope:
        oauth.require_scope(token, *any_scope)
    return Caller(token.client, world().store_of(token.client))


def read_body(*types: str) -> dict[str, Any]:
    """Return the JSON object of the request.

    Raises:
        ApiProblem: it is of another media type (415).
        BadRequest: it is not a JSON object.

    """
    accepted = types or (JSON_LD, JSON)
    if not request.mimetype:
        raise ApiProblem(415, 'The "Content-Type" header must exist.')
    if request.mimetype not in accepted:
        supported = '", "'.join(accepted)
        raise ApiProblem(
            415,
            f'The content-type "{request.mimetype}" is not supported. '
            f'Supported MIME types are "{supported}".',
        )
    try:
        parsed = json.loads(request.get_data())
    except ValueError as wrong:
        raise BadRequest("Syntax error") from wrong
    if not isinstance(parsed, dict):
        raise BadRequest("The input data must be an object.")
    return parsed


def query() -> list[tuple[str, str]]:
    """Return the query as it was written, in order."""
    return parse_qsl(request.query_string.decode(), keep_blank_values=True)


def base_url() -> str:
    """Return the address of the instance as the client knows it, with a slash at its end."""
    return request.host_url


def answer(body: object, status: int = 200, type_: str = JSON_LD) -> Response:
    """Write a JSON answer."""
    text = json.dumps(body, ensure_ascii=False)
    return Response(text, status, content_type=f"{type_}; charset=utf-8")
