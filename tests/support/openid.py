"""An OpenID server as an Amazon Cognito user pool with managed login is one, and an HTTP API's authorizer.

Sources: Amazon Cognito, "Authorize endpoint", "The token issuer endpoint" (which answers every origin),
"The managed login logout endpoint", "Understanding the access token"; API Gateway, "Control access to HTTP
APIs with JWT authorizers": what is validated, and that ``client_id`` counts where a token has no ``aud``.
Real sockets, real signatures; passwords are whatever is typed, for nobody tests Cognito's.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from bridge_laptop.http_server import Server

CLIENT_ID = "1example23456789"  # of the form of those in Cognito's documentation
SCOPES = frozenset({"openid"})
COOKIE = "cognito"
ALLOWED_ALGORITHMS = ["RS256"]
CLOCK_TOLERANCE_SECONDS = 0


@dataclass
class _Session:
    """What a code or a refresh token stands for."""

    user: str
    origin_jti: str = field(default_factory=lambda: str(uuid.uuid4()))
    redirect_uri: str = ""
    challenge: str = ""


class OpenIdServer:
    """One user pool: ``users`` and their groups, one public client, tokens of so many seconds."""

    def __init__(
        self, users: Mapping[str, Sequence[str]], *, clock: Callable[[], float], access_seconds: int = 3600
    ) -> None:
        self.users = users
        self.access_seconds = access_seconds
        self.addresses: set[str] = set()  # of the page: where a login and a logout may lead
        self.counted: Counter[str] = Counter()  # what was asked, and which grants were given
        self._clock = clock
        self._lock = threading.Lock()
        self._key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)
        self._codes: dict[str, _Session] = {}
        self._refresh: dict[str, _Session] = {}
        self._signed_in: dict[str, str] = {}  # by cookie
        self._server = Server(self._answer)

    def __enter__(self) -> OpenIdServer:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    @property
    def url(self) -> str:
        """The domain of the managed login."""
        return self._server.url

    @property
    def issuer(self) -> str:
        """What tokens name as their issuer."""
        return f"{self.url}/eu-west-3_example"

    @property
    def keys(self) -> KeySet:
        """The public keys, as ``/.well-known/jwks.json`` shows them."""
        return KeySet.import_key_set({"keys": [self._key.as_dict(private=False)]})

    # --- the endpoints ------------------------------------------------------------------------------------

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        endpoint = {
            ("GET", "/oauth2/authorize"): self._authorize,
            ("POST", "/login"): self._log_in,
            ("POST", "/oauth2/token"): self._token,
            ("OPTIONS", "/oauth2/token"): lambda _: _cors(Response("")),
            ("GET", "/logout"): self._log_out,
        }.get((request.method, request.path))
        with self._lock:
            self.counted[request.path] += 1
            answer = Response("", 404) if endpoint is None else endpoint(request)
        return answer(environ, start_response)

    def _authorize(self, request: Request) -> Response:
        asked = request.args
        if asked.get("client_id") != CLIENT_ID or asked.get("redirect_uri") not in self.addresses:
            return Response("An error was encountered with the requested page.", 400)
        wrong = (
            asked.get("response_type") != "code"
            or asked.get("code_challenge_method") != "S256"
            or not set(asked.get("scope", "").split()) <= SCOPES
        )
        if wrong:
            return _back(asked, error="invalid_request")
        user = self._signed_in.get(request.cookies.get(COOKIE, ""))
        if user is not None:
            return self._with_code(asked, user)
        hidden = "".join(
            f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
            for name, value in asked.items()
        )
        page = (
            '<!doctype html><html lang="en"><title>Sign in</title><link rel="icon" href="data:,">'
            f'<h1>Sign in</h1><form method="post" action="/login">{hidden}'
            '<label>Username <input name="username"></label><button>Sign in</button></form></html>'
        )
        return Response(page, content_type="text/html; charset=utf-8")

    def _log_in(self, request: Request) -> Response:
        user = request.form.get("username", "")
        if user not in self.users:
            return _back(request.form, error="access_denied")
        cookie = secrets.token_urlsafe()
        self._signed_in[cookie] = user
        answer = self._with_code(request.form, user)
        answer.set_cookie(COOKIE, cookie, httponly=True, samesite="Lax")
        return answer

    def _with_code(self, asked: Mapping[str, str], user: str) -> Response:
        code = str(uuid.uuid4())
        self._codes[code] = _Session(
            user, redirect_uri=asked["redirect_uri"], challenge=asked.get("code_challenge", "")
        )
        return _back(asked, code=code)

    def _token(self, request: Request) -> Response:
        asked = request.form
        if asked.get("client_id") != CLIENT_ID:
            return _refused("invalid_client")
        if asked.get("grant_type") == "refresh_token":
            session = self._refresh.get(asked.get("refresh_token", ""))
            return self._granted(session, "refresh_token") if session else _refused("invalid_grant")
        if asked.get("grant_type") != "authorization_code":
            return _refused("unsupported_grant_type")
        session = self._codes.pop(asked.get("code", ""), None)  # once
        if session is None or session.redirect_uri != asked.get("redirect_uri"):
            return _refused("invalid_grant")
        if session.challenge != _s256(asked.get("code_verifier", "")):
            return _refused("invalid_grant")
        refresh = secrets.token_urlsafe()
        self._refresh[refresh] = session
        return self._granted(session, "authorization_code", refresh_token=refresh)

    def _granted(self, session: _Session, grant: str, **more: str) -> Response:
        self.counted[grant] += 1
        told = {
            "access_token": self.access_token(session.user, origin_jti=session.origin_jti),
            "id_token": self._signed({"aud": CLIENT_ID, "token_use": "id", "sub": session.user}),
            "token_type": "Bearer",
            "expires_in": self.access_seconds,
            **more,
        }
        return _cors(Response(json.dumps(told), content_type="application/json"))

    def _log_out(self, request: Request) -> Response:
        leads_to = request.args.get("logout_uri", "")
        if request.args.get("client_id") != CLIENT_ID or leads_to not in self.addresses:
            return Response("An error was encountered with the requested page.", 400)
        self._signed_in.pop(request.cookies.get(COOKIE, ""), None)
        answer: Response = redirect(leads_to)  # type: ignore[assignment]  # of the same package
        answer.delete_cookie(COOKIE)
        return answer

    # --- tokens -------------------------------------------------------------------------------------------

    def access_token(self, user: str, *, key: RSAKey | None = None, **claims: Any) -> str:
        """Return an access token of a user, or one that is wrong in what ``key`` and ``claims`` change."""
        groups = list(self.users.get(user, ()))
        told = {
            "sub": str(uuid.uuid5(uuid.NAMESPACE_URL, user)),
            **({"cognito:groups": groups} if groups else {}),
            "version": 2,
            "client_id": CLIENT_ID,
            "token_use": "access",
            "scope": "openid",
            "username": user,
            **claims,
        }
        return self._signed(told, key)

    def _signed(self, claims: Mapping[str, Any], key: RSAKey | None = None) -> str:
        now = int(self._clock())
        told = {
            "iss": self.issuer,
            "auth_time": now,
            "iat": now,
            "exp": now + self.access_seconds,
            "jti": str(uuid.uuid4()),
            **claims,
        }
        return jwt.encode({"alg": "RS256", "kid": self._key.kid}, told, key or self._key)

    def authorizer(self) -> Callable[[str], Mapping[str, Any] | None]:
        """Return what stands before the page's routes, as the template configures it."""
        return JwtAuthorizer(self.keys, self.issuer, [CLIENT_ID], SCOPES, self._clock)


@dataclass(frozen=True)
class JwtAuthorizer:
    """The JWT authorizer of an HTTP API: header -> claims as the function gets them, or ``None`` for 401."""

    keys: KeySet
    issuer: str
    audience: Sequence[str]
    scopes: frozenset[str]
    clock: Callable[[], float]

    def __call__(self, header: str) -> Mapping[str, Any] | None:
        """Validate a token: signature, issuer, audience or client, times, scope."""
        try:
            token = jwt.decode(header.removeprefix("Bearer "), self.keys, algorithms=ALLOWED_ALGORITHMS)
        except (JoseError, ValueError):
            return None
        claims, now = token.claims, self.clock()
        valid = (
            claims.get("iss") == self.issuer
            and claims.get("aud", claims.get("client_id")) in self.audience
            and claims.get("exp", 0) > now
            and claims.get("nbf", 0) <= now
            and claims.get("iat", 0) <= now
            and bool(self.scopes & set(str(claims.get("scope", "")).split()))
        )
        return {name: _as_text(value) for name, value in claims.items()} if valid else None


def _as_text(value: object) -> str:
    """Return a claim as the function gets it: every one is a text, a list "[a b]"."""
    return f"[{' '.join(map(str, value))}]" if isinstance(value, list) else str(value)


def _back(asked: Mapping[str, str], **told: str) -> Response:
    state = {"state": asked["state"]} if "state" in asked else {}
    answer: Response = redirect(f"{asked['redirect_uri']}?{urlencode({**told, **state})}")  # type: ignore[assignment]
    return answer


def _refused(error: str) -> Response:
    return _cors(Response(json.dumps({"error": error}), 400, content_type="application/json"))


def _cors(answer: Response) -> Response:
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


def _s256(verifier: str) -> str:
    """Return the challenge of a verifier (RFC 7636, 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
