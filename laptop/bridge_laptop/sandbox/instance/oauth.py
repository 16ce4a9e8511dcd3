"""Tokens: the grant, its errors in the words of league/oauth2-server, and the check of a bearer.

OAuth clients carry tokens that the grant issued. People, which in CoopCycle log in, carry a plain word of
the seed (`dispatcher`, `courier`).
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from bridge_laptop.sandbox.http.errors import Forbidden, NotAuthenticated, Unauthorized
from bridge_laptop.sandbox.instance.database import TOKEN_SECONDS, Instance
from bridge_laptop.sandbox.instance.model import Token
from bridge_laptop.sandbox.seed import Client, Person

KNOWN_SCOPES = ("tasks", "deliveries", "orders", "orders:all", "tasks:all")
DEFAULT_SCOPE = "deliveries"


@dataclass(frozen=True)
class Answer:
    """An answer of the token endpoint."""

    status: int
    body: dict[str, object]
    headers: dict[str, str]


class Refusal(Exception):
    """The grant is refused; carries what the answer says."""

    def __init__(self, status: int, error: str, description: str, hint: str | None = None) -> None:
        super().__init__(description)
        self.status, self.error, self.description, self.hint = status, error, description, hint

    def answer(self, *, used_basic: bool) -> Answer:
        """Return the refusal as the server writes it."""
        body: dict[str, object] = {"error": self.error, "error_description": self.description}
        if self.hint:
            body["hint"] = self.hint
        body["message"] = self.description
        challenge = {"WWW-Authenticate": 'Basic realm="OAuth"'} if self.status == 401 and used_basic else {}
        return Answer(self.status, body, {"Content-Type": "application/json", **challenge})


def client_refused() -> Refusal:
    """Return the refusal of a client that is unknown, disabled, or has another secret: they look alike."""
    return Refusal(401, "invalid_client", "Client authentication failed")


def grant(instance: Instance, form: Mapping[str, str], authorization: str | None) -> Answer:
    """Answer a request for a token."""
    basic = basic_credentials(authorization)
    try:
        client, scopes = _granted(instance, form, basic)
    except Refusal as refusal:
        return refusal.answer(used_basic=basic is not None)
    token = instance.issue_token(client, scopes)
    body: dict[str, object] = {"token_type": "Bearer", "expires_in": TOKEN_SECONDS, "access_token": token}
    headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
    return Answer(200, body, {"Content-Type": "application/json; charset=UTF-8", **headers})


def _granted(
    instance: Instance, form: Mapping[str, str], basic: tuple[str, str] | None
) -> tuple[Client, tuple[str, ...]]:
    if form.get("grant_type") != "client_credentials":
        raise Refusal(
            400,
            "unsupported_grant_type",
            "The authorization grant type is not supported by the authorization server.",
            "Check that all required parameters have been provided",
        )
    client_id, secret = basic or (form.get("client_id"), form.get("client_secret", ""))
    if not client_id:
        raise Refusal(
            400,
            "invalid_request",
            "The request is missing a required parameter, includes an invalid parameter value, "
            "includes a parameter more than once, or is otherwise malformed.",
            "Check the `client_id` parameter",
        )
    client = instance.seed.clients.get(client_id)
    if (
        client is None
        or not client.active
        or not hmac.compare_digest(client.secret.encode(), secret.encode())
    ):
        raise client_refused()
    return client, _scopes(client, form.get("scope", ""))


def _scopes(client: Client, wanted: str) -> tuple[str, ...]:
    scopes = tuple(wanted.split()) or (DEFAULT_SCOPE,)
    for scope in scopes:
        if scope not in KNOWN_SCOPES or scope not in client.scopes:
            raise Refusal(
                400,
                "invalid_scope",
                "The requested scope is invalid, unknown, or malformed",
                f"Check the `{scope}` scope",
            )
    return scopes


def basic_credentials(authorization: str | None) -> tuple[str, str] | None:
    """Return name and secret of a Basic header, if it is one."""
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (user, password) if colon else None


def bearer(instance: Instance, authorization: str | None) -> Token:
    """Return the token that an OAuth client's request carries.

    Raises:
        NotAuthenticated: there is none.
        Unauthorized: it is unknown, revoked or expired. The body does not tell which.

    """
    text = _bearer_text(authorization)
    if text is None:
        raise NotAuthenticated
    token = instance.tokens.get(text)
    if token is None or token.expires_at <= instance.clock.now():
        raise Unauthorized
    return token


def person(instance: Instance, authorization: str | None) -> Person | None:
    """Return the dispatcher or courier whose word a request carries, if it does."""
    return instance.seed.people.get(_bearer_text(authorization) or "")


def _bearer_text(authorization: str | None) -> str | None:
    scheme, _, text = (authorization or "").partition(" ")
    return text if scheme.lower() == "bearer" and text else None


def require_scope(token: Token, *any_of: str) -> None:
    """Let a token pass that has one of the scopes.

    Raises:
        Forbidden: it has none of them.

    """
    if not set(any_of) & set(token.scopes):
        raise Forbidden
