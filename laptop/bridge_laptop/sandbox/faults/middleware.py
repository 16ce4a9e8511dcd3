"""In front of the application: the instance's lock, the faults that were asked for, and the counts.

This is the one place that takes the lock: `_serve` opens the instance's transaction for each request, those
of the sandbox's control included; a fault waits outside of it.

A fault is set with `POST /_sandbox/fault` and a JSON object:

`mode`         which fault (`modes.py` has the table); null or "none" ends all of them
`seconds`      how long it lasts; null or absent: until it is ended, or a reset
`share`        the share of the requests it hits, 0 to 1 (default 1), drawn from a random generator
`seed`         the seed of that generator (default 0)
`on`           which requests it hits: create, change, read, list, price, token, all
`delay`        seconds, for the modes that wait
`match`        a part of an address for bad_address, of a phone number for refuse_phones
`status`       the status of the page, for firewall (default 403) and captive_portal (default 200)
`client`       the OAuth client that disabled_client hits; null or absent: each
`retry_after`  seconds, for throttle

Several may be set; the first that hits a request is the one it gets.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from bridge_laptop.sandbox.faults.modes import AT_ONCE, MODES, Broken, FaultyRequest, Settings
from bridge_laptop.sandbox.faults.statistics import Statistics, kind_of
from bridge_laptop.sandbox.instance.database import Instance

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

KINDS = ("create", "change", "read", "list", "price", "token", "all")
_MEMBERS = frozenset(
    ("mode", "on", "seconds", "share", "seed", "delay", "match", "status", "client", "retry_after")
)


@dataclass
class Fault:
    """A fault that is set."""

    mode: str
    on: str
    seconds: float | None = None
    share: float = 1
    seed: int = 0
    settings: Settings = field(default_factory=Settings)
    until: float | None = None
    generator: random.Random = field(default_factory=random.Random, repr=False)

    def hits(self, kind: str, request: Request) -> bool:
        """Say whether a request gets this fault."""
        if self.on not in {"all", kind} or not MODES[self.mode].fits(self.settings, request):
            return False
        return self.generator.random() < self.share


def read_fault(raw: dict[str, Any]) -> Fault:
    """Read a fault from the body of the control request.

    Raises:
        ValueError: the mode, a member or the requests it is for are unknown.
        TypeError: a member is of the wrong type.

    """
    mode = raw.get("mode")
    if mode not in MODES and mode not in AT_ONCE:
        known = ", ".join(sorted([*MODES, *AT_ONCE]))
        raise ValueError(f"no fault is called {mode!r}; there are {known}")
    unknown = raw.keys() - _MEMBERS
    if unknown:
        raise ValueError(f"a fault has no {', '.join(sorted(unknown))}")
    given = {name: value for name, value in raw.items() if value is not None}
    own = {name: given.pop(name) for name in Settings.__dataclass_fields__ if name in given}
    default_on = MODES[mode].on if mode in MODES else "all"
    fault = Fault(**{"on": default_on, **given}, settings=Settings(**own))
    if fault.on not in KINDS:
        raise ValueError(f"a fault is on one of {', '.join(KINDS)}, not on {fault.on!r}")
    for name in ("seconds", "share"):
        _require_number(name, getattr(fault, name))
    fault.generator.seed(fault.seed)
    return fault


def _require_number(name: str, value: object) -> None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise TypeError(f"{name} must be a number, not {json.dumps(value)}")


class FaultInjector:
    """Counts every request, and gives it the fault it is due."""

    def __init__(
        self, app: WSGIApplication, instance: Instance, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._app = app
        self._instance = instance
        self._lock = threading.Lock()
        self._halt = threading.Event()
        self._faults: list[Fault] = []
        self.now = now
        self.statistics = Statistics()

    def set(self, fault: Fault) -> None:
        """Set a fault beside those that are set."""
        if fault.mode in AT_ONCE:
            with self._instance.lock:
                AT_ONCE[fault.mode](self._instance)
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
            return self._serve(environ, body)(environ, start_response)
        self.statistics.arrived(method, path)
        try:
            response = self._answer(environ, kind_of(method, path), body)
        except Broken as broken:
            self.statistics.answered(method, path, broken.how)
            raise
        self.statistics.answered(method, path, str(response.status_code))
        return response(environ, start_response)

    def _serve(self, environ: WSGIEnvironment, body: bytes) -> Response:
        """Let the application answer, alone with the instance."""
        environ["wsgi.input"] = BytesIO(body)
        with self._instance.transaction():
            response = Response.from_app(self._app, environ, buffered=True)
        if response.status_code == HTTPStatus.NO_CONTENT:
            response.headers.remove("Content-Type")  # werkzeug gives one to whatever has none
        return response

    def _answer(self, environ: WSGIEnvironment, kind: str, body: bytes) -> Response:
        with self._lock:
            halt = self._halt
        request = Request({**environ, "wsgi.input": BytesIO(body)})
        for fault in self.faults():
            if fault.hits(kind, request):
                self.statistics.hit(f"{fault.mode} on {kind}")
                case = FaultyRequest(
                    fault.settings, request, environ, lambda: self._serve(environ, body), halt
                )
                return MODES[fault.mode].answer(case)
        return self._serve(environ, body)


def _read(environ: WSGIEnvironment) -> bytes:
    if environ.get("wsgi.input_terminated"):
        whole: bytes = environ["wsgi.input"].read()
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        environ["CONTENT_LENGTH"] = str(len(whole))
        return whole
    return bytes(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
