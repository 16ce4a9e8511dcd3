"""The mishaps themselves: what each mode of `faults.py` does to a request it has hit."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass

from werkzeug.wrappers import Response

from bridge_laptop.sandbox.problems import ServerFault

_HTML_502 = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>502 Bad Gateway</body>\r\n</html>"
_GARBAGE = '{"@context":"/api/contexts/Delivery","@id":"/api/deliv'


class Broken(Exception):
    """The connection ends without an answer: `reset` or `close`."""

    def __init__(self, how: str) -> None:
        super().__init__(how)
        self.how = how


@dataclass(frozen=True)
class Case:
    """One request that a fault has hit."""

    delay: float | None
    retry_after: int
    truth: Callable[[], Response]
    halt: threading.Event

    def wait(self, default: float | None) -> bool:
        """Wait as long as the fault says; return false when the sandbox stopped meanwhile."""
        return not self.halt.wait(default if self.delay is None else self.delay)


def _json(body: object, status: int, **headers: str) -> Response:
    return Response(json.dumps(body), status, headers, content_type="application/json")


def _unavailable(_: Case) -> Response:
    return _json({"message": "La plateforme est en maintenance"}, 503)


def _throttle(case: Case) -> Response:
    return _json({"message": "Too Many Requests"}, 429, **{"Retry-After": str(case.retry_after)})


def _bad_gateway(_: Case) -> Response:
    return Response(_HTML_502, 502, content_type="text/html")


def _reset(_: Case) -> Response:
    raise Broken("reset")


def _hang(case: Case) -> Response:
    case.wait(None)
    raise Broken("close")


def _error_500(_: Case) -> Response:
    return Response(json.dumps(ServerFault().body()), 500, content_type="application/ld+json; charset=utf-8")


def _slow(case: Case) -> Response:
    if not case.wait(1):
        raise Broken("close")
    return case.truth()


def _commit_late(case: Case) -> Response:
    if case.wait(5):
        case.truth()
    raise Broken("close")


def _token_500(_: Case) -> Response:
    told = "The authorization server encountered an unexpected condition"
    return _json({"error": "server_error", "error_description": told, "message": told}, 500)


def _token_malformed(case: Case) -> Response:
    response = case.truth()
    told = json.loads(response.get_data())
    told.pop("expires_in", None)
    response.set_data(json.dumps(told))
    return response


def _create_then_hang(case: Case) -> Response:
    case.wait(30)
    raise Broken("close")


def _create_then_garbage(_: Case) -> Response:
    return Response(_GARBAGE, 201, content_type="application/ld+json; charset=utf-8")


def _after(end: Callable[[Case], Response]) -> Callable[[Case], Response]:
    """Do the request first; a refusal is told truthfully, a success ends as given."""

    def act(case: Case) -> Response:
        response = case.truth()
        return response if response.status_code >= 400 else end(case)

    return act


MODES: dict[str, Callable[[Case], Response]] = {
    "unavailable": _unavailable,
    "throttle": _throttle,
    "bad_gateway": _bad_gateway,
    "reset": _reset,
    "hang": _hang,
    "error_500": _error_500,
    "bad_address": _error_500,
    "slow": _slow,
    "create_then_reset": _after(_reset),
    "create_then_hang": _after(_create_then_hang),
    "create_then_500": _after(_error_500),
    "create_then_502": _after(_bad_gateway),
    "create_then_garbage": _after(_create_then_garbage),
    "commit_late": _commit_late,
    "token_unavailable": _unavailable,
    "token_500": _token_500,
    "token_malformed": _token_malformed,
}
