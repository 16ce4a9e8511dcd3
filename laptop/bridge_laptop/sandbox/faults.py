"""What can go wrong between a client and CoopCycle, on request.

The gate stands in front of the application, which knows nothing of it. A fault is set with
`POST /_sandbox/fault` and a JSON object:

`mode`     which fault, from the table; null or "none" ends all of them
`seconds`  how long it lasts; null or absent: until it is ended, or a reset
`share`    the share of the requests it hits, 0 to 1 (default 1), drawn from a random generator
`seed`     the seed of that generator (default 0)
`on`       which requests it hits: create, change, read, list, price, token, all
`delay`    seconds, for the modes that wait
`match`    a part of an address, for bad_address

Several may be set; the first that hits a request is the one it gets. The modes, with the requests they hit
unless `on` says otherwise:

| mode                | on     | what happens                                                              |
|---------------------|--------|---------------------------------------------------------------------------|
| unavailable         | all    | 503 `{"message"}`: CoopCycle in maintenance; nothing is done              |
| throttle            | all    | 429 with `Retry-After` (`retry_after`, default 1); nothing is done        |
| bad_gateway         | all    | 502 in HTML, from a proxy; nothing is done                                |
| reset               | all    | the connection is reset; nothing is done                                  |
| hang                | all    | no answer for `delay` (default: for ever), then a close; nothing is done  |
| error_500           | all    | 500; nothing is done                                                      |
| bad_address         | all    | 500 for each body with an address that contains `match`; nothing is done  |
| slow                | all    | the right answer, `delay` (default 1) late                                |
| create_then_reset   | create | it is done, then the connection is reset                                  |
| create_then_hang    | create | it is done, then no answer for `delay` (default 30), then a close         |
| create_then_500     | create | it is done, then 500                                                      |
| create_then_502     | create | it is done, then 502                                                      |
| create_then_garbage | create | it is done, then 201 with a body that is cut off                          |
| commit_late         | create | no answer, and it is done `delay` (default 5) later, client or no client  |
| revoke_tokens       |        | at once, and once: all tokens issued so far become invalid                |
| token_unavailable   | token  | 503                                                                       |
| token_500           | token  | 500 `server_error`                                                        |
| token_malformed     | token  | a token without `expires_in`                                              |

A request that is refused anyway (400, 401, …) is answered truthfully by the `create_then` modes. Every wait
ends at once when the sandbox is reset or stopped; a commit that is still outstanding then is dropped.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

from bridge_laptop.sandbox.mishaps import MODES, Broken, Case
from bridge_laptop.sandbox.state import World
from bridge_laptop.sandbox.statistics import Statistics, kind_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

KINDS = ("create", "change", "read", "list", "price", "token", "all")


@dataclass
class Fault:
    """A fault that is set."""

    mode: str
    on: str = "all"
    seconds: float | None = None
    share: float = 1
    seed: int = 0
    delay: float | None = None
    match: str = ""
    retry_after: int = 1
    until: float | None = None
    generator: random.Random = field(default_factory=random.Random, repr=False)

    def hits(self, kind: str, body: bytes) -> bool:
        """Say whether a request gets this fault."""
        if self.on not in {"all", kind}:
            return False
        if self.mode == "bad_address" and not _has_address(body, self.match):
            return False
        return self.generator.random() < self.share


def read_fault(raw: dict[str, Any]) -> Fault:
    """Read a fault from the body of the control request.

    Raises:
        ValueError: the mode, a member or the requests it is for are unknown.

    """
    mode = raw.get("mode")
    if mode not in MODES and mode != "revoke_tokens":
        known = ", ".join(sorted([*MODES, "revoke_tokens"]))
        raise ValueError(f"no fault is called {mode!r}; there are {known}")
    unknown = raw.keys() - {"mode", "on", "seconds", "share", "seed", "delay", "match", "retry_after"}
    if unknown:
        raise ValueError(f"a fault has no {', '.join(sorted(unknown))}")
    default_on = "token" if mode.startswith("token_") else "create" if _commits_first(mode) else "all"
    fault = Fault(**{"on": default_on, **{name: value for name, value in raw.items() if value is not None}})
    if fault.on not in KINDS:
        raise ValueError(f"a fault is on one of {', '.join(KINDS)}, not on {fault.on!r}")
    fault.generator.seed(fault.seed)
    return fault


def _commits_first(mode: str) -> bool:
    return mode.startswith("create_then_") or mode == "commit_late"


def _has_address(body: bytes, part: str) -> bool:
    try:
        return any(part.lower() in text.lower() for text in _addresses(json.loads(body)))
    except ValueError:
        return False


def _addresses(value: object) -> Iterable[str]:
    if isinstance(value, list):
        for each in value:
            yield from _addresses(each)
    elif isinstance(value, dict):
        for name, each in value.items():
            if name in {"address", "streetAddress"} and isinstance(each, str):
                yield each
            else:
                yield from _addresses(each)


class Gate:
    """Counts every request, and gives it the fault it is due."""

    def __init__(self, app: WSGIApplication, world: World, now: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._world = world
        self._lock = threading.Lock()
        self._halt = threading.Event()
        self._faults: list[Fault] = []
        self.now = now
        self.statistics = Statistics()

    def set(self, fault: Fault) -> None:
        """Set a fault beside those that are set."""
        if fault.mode == "revoke_tokens":
            with self._world.lock:
                self._world.tokens.clear()
            return
        if fault.seconds is not None:
            fault.until = self.now() + fault.seconds
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """End all faults; what they already hold up takes its course."""
        with self._lock:
            self._faults.clear()

    def halt(self) -> None:
        """End all faults and every wait."""
        with self._lock:
            self._faults.clear()
            self._halt.set()
            self._halt = threading.Event()

    def faults(self) -> list[Fault]:
        """Return the faults that are set and have not run out."""
        with self._lock:
            self._faults = [each for each in self._faults if each.until is None or self.now() < each.until]
            return list(self._faults)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve a request; the sandbox's own control passes untouched."""
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        body = _read(environ)
        if path.startswith("/_sandbox/"):
            environ["wsgi.input"] = BytesIO(body)
            return self._app(environ, start_response)
        self.statistics.arrived(method, path)
        try:
            response = self._answer(environ, kind_of(method, path), body)
        except Broken as broken:
            self.statistics.answered(method, path, broken.how)
            raise
        self.statistics.answered(method, path, str(response.status_code))
        return response(environ, start_response)

    def _answer(self, environ: WSGIEnvironment, kind: str, body: bytes) -> Response:
        def truth() -> Response:
            environ["wsgi.input"] = BytesIO(body)
            return Response.from_app(self._app, environ, buffered=True)

        with self._lock:
            halt = self._halt
        for fault in self.faults():
            if fault.hits(kind, body):
                self.statistics.hit(f"{fault.mode} on {kind}")
                return MODES[fault.mode](Case(fault.delay, fault.retry_after, truth, halt))
        return truth()


def _read(environ: WSGIEnvironment) -> bytes:
    if environ.get("wsgi.input_terminated"):
        whole: bytes = environ["wsgi.input"].read()
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        environ["CONTENT_LENGTH"] = str(len(whole))
        return whole
    return bytes(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
