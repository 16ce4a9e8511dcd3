"""A request of the page and its answer, and the headers that every answer carries."""

from __future__ import annotations

import base64
import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
NO_STORE = "no-store"  # what is personal is kept by nobody
FOR_EVER = "public, max-age=31536000, immutable"  # the address of a static file holds its digest
_WORTH_COMPRESSING_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Request:
    """One request; header names are lower case. ``claims`` are those of the token, ``None`` without one."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str] = field(repr=False)
    form: Mapping[str, str] = field(repr=False)
    claims: Mapping[str, Any] | None = field(repr=False)

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Request:
        """Read an HTTP API event, payload format 2.0; what is no form has no fields."""
        headers = {str(name).lower(): str(value) for name, value in event.get("headers", {}).items()}
        context = event["requestContext"]
        jwt = context.get("authorizer", {}).get("jwt")
        return cls(
            method=context["http"]["method"],
            path=event["rawPath"],
            query=_fields(event.get("rawQueryString", "")),
            headers=headers,
            form=_fields(_body(event)) if _is_form(headers) else {},
            claims=None if jwt is None else jwt.get("claims", {}),
        )

    @property
    def host(self) -> str:
        """The name and port it was sent to."""
        return self.headers.get("host", "")

    @property
    def is_to_loopback(self) -> bool:
        """Whether it names this machine, which a page of another name that points here does not."""
        return re.sub(r":[0-9]+$", "", self.host) in LOOPBACK

    @property
    def is_from_own_page(self) -> bool:
        """Whether a page of this very address sends it, as browsers tell: Fetch Metadata, and Origin."""
        if self.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return False
        origin = urlsplit(self.headers.get("origin", ""))
        return origin.scheme in ("http", "https") and origin.netloc == self.host != ""


def _is_form(headers: Mapping[str, str]) -> bool:
    return headers.get("content-type", "").partition(";")[0].strip() == "application/x-www-form-urlencoded"


def _body(event: Mapping[str, Any]) -> str:
    body = str(event.get("body", ""))
    return base64.b64decode(body).decode("utf-8", "replace") if event.get("isBase64Encoded") else body


def _fields(encoded: str) -> dict[str, str]:
    return dict(parse_qsl(encoded, keep_blank_values=True, max_num_fields=50))


@dataclass(frozen=True, slots=True)
class Response:
    """One answer."""

    body: str | bytes = field(repr=False)
    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    cache: str = NO_STORE
    headers: Mapping[str, str] = field(default_factory=dict)

    def to_event(self, request: Request, *, sign_in_at: str) -> dict[str, Any]:
        """Return the HTTP API's answer; ``sign_in_at`` is where else the page's script may connect to."""
        body = self.body.encode() if isinstance(self.body, str) else self.body
        headers = {
            "content-type": self.content_type,
            "cache-control": self.cache,
            **_protection(sign_in_at),
            **self.headers,
        }
        if "gzip" in request.headers.get("accept-encoding", "") and len(body) > _WORTH_COMPRESSING_BYTES:
            body = gzip.compress(body, 6, mtime=0)
            headers |= {"content-encoding": "gzip", "vary": "accept-encoding, accept-language"}
        return {
            "statusCode": self.status,
            "headers": headers,
            "body": base64.b64encode(body).decode("ascii"),
            "isBase64Encoded": True,
        }


def _protection(sign_in_at: str) -> dict[str, str]:
    """Nothing inline, nothing of another host, in nobody's frame, and no address told to another site."""
    connect = f"'self' {sign_in_at}".strip()
    policy = (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; "
        f"connect-src {connect}; frame-ancestors 'none'; base-uri 'none'"
    )
    return {
        "content-security-policy": policy,
        "x-frame-options": "DENY",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
    }
