"""The faults themselves: what each mode does to a request it has hit.

| mode                | on     | what happens                                                              |
|---------------------|--------|---------------------------------------------------------------------------|
| maintenance         | all    | 503 `{"message"}`, but for the token and the settings; nothing is done    |
| unavailable         | all    | the same on every route, the token's too                                  |
| throttle            | all    | 429 with `Retry-After` (`retry_after`, default 1); nothing is done        |
| firewall            | all    | a page of HTML with `status` 401, 403 or 429; nothing is done             |
| captive_portal      | create | a page of HTML with `status` 200 or 201; nothing is done                  |
| bad_gateway         | all    | 502 in HTML, from a proxy; nothing is done                                |
| reset               | all    | the connection is reset; nothing is done                                  |
| hang                | all    | no answer for `delay` (default: for ever), then a close; nothing is done  |
| error_500           | all    | 500; nothing is done                                                      |
| bad_address         | all    | 500 for each body with an address that contains `match`; nothing is done  |
| refuse_phones       | all    | 400 for each body with a phone number that contains `match`, as from an   |
|                     |        | instance whose metadata are older than ours; nothing is done              |
| slow                | all    | the right answer, `delay` (default 1) late                                |
| drip                | all    | the right answer, byte by byte over `delay` (default 30)                  |
| create_then_reset   | create | it is done, then the connection is reset                                  |
| create_then_hang    | create | it is done, then no answer for `delay` (default 30), then a close         |
| create_then_500     | create | it is done, then 500                                                      |
| create_then_502     | create | it is done, then 502                                                      |
| create_then_garbage | create | it is done, then 201 with a body that is cut off                          |
| create_then_html    | create | it is done, then 200 with a page of HTML                                  |
| commit_late         | create | no answer, and it is done `delay` (default 5) later, client or no client  |
| disabled_client     | token  | 401 `invalid_client` for `client`, or for each                            |
| token_unavailable   | token  | 503                                                                       |
| token_500           | token  | 500 `server_error`                                                        |
| token_malformed     | token  | a token without `expires_in`                                              |
| revoke_tokens       |        | at once, and once: all tokens issued so far become invalid                |

`maintenance`, `disabled_client` and `revoke_tokens` are recorded in refused_access; `firewall` stood in front
of a real instance; the others are what connections and proxies do. A request that is refused anyway (400,
401, …) is answered truthfully by the `create_then` modes. Every wait ends at once when the sandbox is reset
or stopped; a commit that is still outstanding then is dropped.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from bridge_laptop.sandbox.http.errors import ApiProblem, Invalid, ServerFault, Violation
from bridge_laptop.sandbox.instance.database import Instance
from bridge_laptop.sandbox.instance.oauth import basic_credentials, client_refused

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

DRIP = "sandbox.drip"  # the server's part of the mode: see `server.py`

_JSON_LD = "application/ld+json; charset=utf-8"
_PAGE = "<html>\r\n<head><title>{title}</title></head>\r\n<body><h1>{title}</h1></body>\r\n</html>"
_GARBAGE = '{"@context":"/api/contexts/Delivery","@id":"/api/deliv'
_OPEN_IN_MAINTENANCE = ("/oauth2/token", "/api/settings")
_NO_PHONE_NUMBER = "ca23f4ca-38f4-4325-9bcc-eb570a4abe7f"


class Broken(Exception):
    """The connection ends without an answer: `reset` or `close`."""

    def __init__(self, how: str) -> None:
        super().__init__(how)
        self.how = how


@dataclass(frozen=True)
class Settings:
    """What a fault's modes read of the control request."""

    delay: float | None = None  # seconds
    match: str = ""
    status: int | None = None
    client: str | None = None
    retry_after: int = 1  # seconds

    def __post_init__(self) -> None:
        """Refuse what no mode could read.

        Raises:
            TypeError: a member is of the wrong type.

        """
        kinds = {"delay": int | float, "match": str, "status": int, "client": str, "retry_after": int}
        for name, kind in kinds.items():
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, kind)):
                raise TypeError(f"{name} is of the wrong type: {json.dumps(value)}")


@dataclass(frozen=True)
class Drip:
    """An answer that comes byte by byte."""

    seconds: float
    halt: threading.Event


@dataclass(frozen=True)
class FaultyRequest:
    """One request that a fault has hit; `truth` lets the application answer it."""

    settings: Settings
    request: Request
    environ: WSGIEnvironment
    truth: Callable[[], Response]
    halt: threading.Event

    def wait(self, default: float | None) -> bool:
        """Wait as long as the fault says; return false when the sandbox stopped meanwhile."""
        return not self.halt.wait(default if self.settings.delay is None else self.settings.delay)


Answer = Callable[[FaultyRequest], Response]


@dataclass(frozen=True)
class Mode:
    """A kind of fault: what it does, to which requests unless told otherwise, and which of them it fits."""

    answer: Answer
    on: str = "all"
    fits: Callable[[Settings, Request], bool] = lambda _settings, _request: True


def _json(body: object, status: int, **headers: str) -> Response:
    return Response(json.dumps(body), status, headers, content_type="application/json")


def _problem(problem: ApiProblem) -> Response:
    return Response(json.dumps(problem.body()), problem.status, content_type=_JSON_LD)


def _page(status: int, title: str) -> Response:
    return Response(_PAGE.format(title=title), status, content_type="text/html")


def _unavailable(_: FaultyRequest) -> Response:
    return _json({"message": "La plateforme est en maintenance"}, 503)


def _throttle(case: FaultyRequest) -> Response:
    return _json({"message": "Too Many Requests"}, 429, **{"Retry-After": str(case.settings.retry_after)})


def _firewall(case: FaultyRequest) -> Response:
    return _page(case.settings.status or 403, "Request blocked")


def _captive_portal(case: FaultyRequest) -> Response:
    return _page(case.settings.status or 200, "Please log in to this network")


def _bad_gateway(_: FaultyRequest) -> Response:
    return _page(502, "502 Bad Gateway")


def _reset(_: FaultyRequest) -> Response:
    raise Broken("reset")


def _hang(case: FaultyRequest) -> Response:
    case.wait(None)
    raise Broken("close")


def _error_500(_: FaultyRequest) -> Response:
    return _problem(ServerFault())


def _refuse_phones(case: FaultyRequest) -> Response:
    paths = _phones(_body(case.request), case.settings.match)
    message = "Cette valeur n'est pas un numéro de téléphone valide."
    return _problem(Invalid(*(Violation(path, message, _NO_PHONE_NUMBER) for path in paths)))


def _slow(case: FaultyRequest) -> Response:
    if not case.wait(1):
        raise Broken("close")
    return case.truth()


def _drip(case: FaultyRequest) -> Response:
    seconds = 30 if case.settings.delay is None else case.settings.delay
    case.environ[DRIP] = Drip(seconds, case.halt)
    return case.truth()


def _commit_late(case: FaultyRequest) -> Response:
    if case.wait(5):
        case.truth()
    raise Broken("close")


def _disabled_client(case: FaultyRequest) -> Response:
    basic = basic_credentials(case.request.headers.get("Authorization"))
    refused = client_refused().answer(used_basic=basic is not None)
    return Response(json.dumps(refused.body), refused.status, refused.headers)


def _token_500(_: FaultyRequest) -> Response:
    told = "The authorization server encountered an unexpected condition"
    return _json({"error": "server_error", "error_description": told, "message": told}, 500)


def _token_malformed(case: FaultyRequest) -> Response:
    response = case.truth()
    told = json.loads(response.get_data())
    told.pop("expires_in", None)
    response.set_data(json.dumps(told))
    return response


def _create_then_hang(case: FaultyRequest) -> Response:
    case.wait(30)
    raise Broken("close")


def _create_then_garbage(_: FaultyRequest) -> Response:
    return Response(_GARBAGE, 201, content_type=_JSON_LD)


def _after(end: Answer) -> Mode:
    """Do the request first; a refusal is told truthfully, a success ends as given."""

    def act(case: FaultyRequest) -> Response:
        response = case.truth()
        return response if response.status_code >= 400 else end(case)

    return Mode(act, on="create")


def _is_closed_in_maintenance(_: Settings, request: Request) -> bool:
    return request.path not in _OPEN_IN_MAINTENANCE


def _has_address(settings: Settings, request: Request) -> bool:
    return any(settings.match.lower() in text.lower() for text in _addresses(_body(request)))


def _has_phone(settings: Settings, request: Request) -> bool:
    return bool(_phones(_body(request), settings.match))


def _is_client(settings: Settings, request: Request) -> bool:
    basic = basic_credentials(request.headers.get("Authorization"))
    return settings.client in (None, basic[0] if basic else request.form.get("client_id"))


def _body(request: Request) -> Any:
    try:
        return json.loads(request.get_data())
    except ValueError:
        return None


def _addresses(value: object) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _addresses(each)
    elif isinstance(value, dict):
        for name, each in value.items():
            if name in {"address", "streetAddress"} and isinstance(each, str):
                yield each
            else:
                yield from _addresses(each)


def _phones(body: object, match: str) -> list[str]:
    """Return the property path of each phone number that contains `match`."""
    if not isinstance(body, dict):
        return []
    tasks = body.get("tasks") or [body.get("pickup"), body.get("dropoff")]
    found = []
    for number, task in enumerate(tasks):
        address = task.get("address") if isinstance(task, dict) else None
        telephone = address.get("telephone") if isinstance(address, dict) else None
        if telephone and match in str(telephone):
            found.append(f"items[{number}].task.address.telephone")
    return found


MODES: dict[str, Mode] = {
    "maintenance": Mode(_unavailable, fits=_is_closed_in_maintenance),
    "unavailable": Mode(_unavailable),
    "throttle": Mode(_throttle),
    "firewall": Mode(_firewall),
    "captive_portal": Mode(_captive_portal, on="create"),
    "bad_gateway": Mode(_bad_gateway),
    "reset": Mode(_reset),
    "hang": Mode(_hang),
    "error_500": Mode(_error_500),
    "bad_address": Mode(_error_500, fits=_has_address),
    "refuse_phones": Mode(_refuse_phones, fits=_has_phone),
    "slow": Mode(_slow),
    "drip": Mode(_drip),
    "create_then_reset": _after(_reset),
    "create_then_hang": _after(_create_then_hang),
    "create_then_500": _after(_error_500),
    "create_then_502": _after(_bad_gateway),
    "create_then_garbage": _after(_create_then_garbage),
    "create_then_html": _after(_captive_portal),
    "commit_late": Mode(_commit_late, on="create"),
    "disabled_client": Mode(_disabled_client, on="token", fits=_is_client),
    "token_unavailable": Mode(_unavailable, on="token"),
    "token_500": Mode(_token_500, on="token"),
    "token_malformed": Mode(_token_malformed, on="token"),
}
AT_ONCE: dict[str, Callable[[Instance], None]] = {"revoke_tokens": lambda instance: instance.tokens.clear()}
