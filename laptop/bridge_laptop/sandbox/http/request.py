"""Reading requests: the instance, who asks, the body."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from flask import current_app, request

from bridge_laptop.sandbox.http.errors import ApiProblem, BadRequest, Forbidden, PageOfDocumentation
from bridge_laptop.sandbox.http.json_ld import JSON, JSON_LD, wants_html
from bridge_laptop.sandbox.instance import oauth
from bridge_laptop.sandbox.instance.database import Instance
from bridge_laptop.sandbox.instance.outgoing_webhooks import Outbox
from bridge_laptop.sandbox.seed import Client, Person, Store


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


def instance() -> Instance:
    """Return the instance that this application shows."""
    found: Instance = current_app.extensions["instance"]
    return found


def outbox() -> Outbox:
    """Return the sender of CoopCycle's own webhooks."""
    found: Outbox = current_app.extensions["outbox"]
    return found


def caller(*any_scope: str) -> Caller:
    """Return which OAuth client asks, checked against the scopes of which one is needed.

    Raises:
        NotAuthenticated: there is no bearer.
        Unauthorized: the bearer is refused.
        Forbidden: the scope is missing.
        PageOfDocumentation: it asks for HTML.

    """
    token = oauth.bearer(instance(), request.headers.get("Authorization"))
    if wants_html():
        raise PageOfDocumentation
    if any_scope:
        oauth.require_scope(token, *any_scope)
    return Caller(token.client, instance().store_of(token.client))


def person() -> Person | None:
    """Return which person asks, when it is one: a dispatcher or a courier."""
    return oauth.person(instance(), request.headers.get("Authorization"))


def read_body(*types: str) -> dict[str, Any]:
    """Return the JSON object of the request; an empty list is an empty object, as in PHP.

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
    return _object(request.get_data())


def read_body_if_any() -> dict[str, Any]:
    """Return the JSON object of the request, or none where it has no body.

    Raises:
        BadRequest: it is not a JSON object.

    """
    return read_body() if request.get_data() else {}


def _object(raw: bytes) -> dict[str, Any]:
    """Parse a body as PHP does: bytes that are no UTF-8 and halves of surrogate pairs are no JSON.

    Recorded: create_texts, "bytes that are no UTF-8" and "a lone surrogate".
    """
    try:
        parsed = json.loads(raw.decode())
        json.dumps(parsed, ensure_ascii=False).encode()
    except ValueError as wrong:
        raise BadRequest("Syntax error") from wrong
    if parsed == []:
        return {}
    if not isinstance(parsed, dict):
        raise BadRequest("The input data must be an object.")
    return parsed


def query() -> list[tuple[str, str]]:
    """Return the query as it was written, in order."""
    return parse_qsl(request.query_string.decode(), keep_blank_values=True)
