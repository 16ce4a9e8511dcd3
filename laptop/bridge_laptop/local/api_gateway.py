"""HTTP in, Lambda events out: what API Gateway's HTTP API does in AWS, on a port of this machine."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from bridge_laptop.lambda_events import http_event
from bridge_laptop.local.runtimes import FunctionFailed, Runtime
from bridge_laptop.sam_template import Function, Route

MAXIMUM_PAYLOAD_BYTES = 10 * 1024 * 1024  # of an HTTP API


Authorizer = Callable[[str], Mapping[str, Any] | None]  # the header Authorization -> the token's claims
Application = Callable[[Request], Response]


class HttpApi:
    """A WSGI application with the template's routes and ``GET /health``.

    ``GET /`` shows what ``GET /console`` does. ``workbench`` answers what stands under ``/console/local/``.
    With an ``authorizer`` routes that need a token are as the HTTP API has them; without one nobody signs in.
    """

    def __init__(
        self,
        functions: Mapping[str, tuple[Function, Runtime]],
        *,
        workbench: Application | None = None,
        authorizer: Authorizer | None = None,
    ) -> None:
        self._functions = functions
        self._workbench = workbench
        self._authorizer = authorizer
        self._routes = Map(
            [
                Rule(
                    re.sub(r"\{(\w+)\}", r"<\1>", route.path.replace("{proxy+}", "<path:proxy>")),
                    methods=[route.method],
                    endpoint=(logical_id, route),
                )
                for logical_id, (function, _) in functions.items()
                for route in function.routes
            ],
            strict_slashes=False,
        )

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Answer one request."""
        request = Request(environ)
        request.max_content_length = MAXIMUM_PAYLOAD_BYTES
        return self._answer(request)(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if request.method == "GET" and request.path == "/health":
            return _json(200, {"status": "ok"})
        if self._workbench is not None and request.path.startswith("/console/local/"):
            return self._workbench(request)
        matched = self._match(request)
        if matched is None:
            return _json(404, {"message": "Not Found"})
        logical_id, route, path_parameters = matched
        try:
            body = request.get_data()
        except RequestEntityTooLarge:
            return _json(413, {"message": "Request Entity Too Large"})
        event = http_event(
            method=request.method,
            path=request.path,
            route=route.path,
            path_parameters=path_parameters,
            headers=dict(request.headers),
            body=body,
            query=request.query_string.decode("latin-1"),
            source_ip=request.remote_addr or "127.0.0.1",
        )
        if self._authorizer is not None and route.needs_token:
            claims = self._authorizer(request.headers.get("Authorization", ""))
            if claims is None:
                return _json(401, {"message": "Unauthorized"})
            event["requestContext"]["authorizer"] = {"jwt": {"claims": dict(claims), "scopes": None}}
        return self._invoke(logical_id, event)

    def _invoke(self, logical_id: str, event: dict[str, Any]) -> Response:
        try:
            answer = self._functions[logical_id][1].invoke(event)
        except FunctionFailed:
            return _json(500, {"message": "Internal Server Error"})
        body = answer.get("body", "")
        if answer.get("isBase64Encoded"):
            body = base64.b64decode(body)
        return Response(body, answer["statusCode"], headers=answer.get("headers"))

    def _match(self, request: Request) -> tuple[str, Route, dict[str, str]] | None:
        adapter = self._routes.bind("localhost")
        path = "/console" if request.path == "/" else request.path
        if not adapter.test(path, request.method):
            return None  # an HTTP API answers 404 to a wrong method too
        (logical_id, route), path_parameters = adapter.match(path, request.method)
        return logical_id, route, dict(path_parameters)


def _json(status: int, body: Mapping[str, str]) -> Response:
    return Response(json.dumps(body), status, content_type="application/json")
