"""CoopCycle's HTTP API as the bridge uses it: one method per route, answers as plain values.

The one place where a transport failure or a status becomes an error of :mod:`bridge.errors`. Every
request is sent once; the single exception is a 401, after which it is sent again with a new token.
Only what CoopCycle says in its own words counts as said: the page of a firewall, a proxy or a captive portal
is no answer, whatever its status.
Must not know AWS, must not retry (the queue does) and must not put a payload, token or secret into a
message. Routes and answers: as recorded from a running one, and ``features/*.feature`` of
coopcycle/coopcycle-web.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from datetime import datetime
from typing import Protocol, TypeVar

import requests
from requests.auth import AuthBase

from bridge.coopcycle import answers, payload
from bridge.coopcycle.answers import Identity, InstanceSettings
from bridge.coopcycle.breaker import CircuitBreaker, CredentialsBreaker
from bridge.coopcycle.transport import ANSWER_SECONDS, Answer, NeverSent, NoAnswer, Transport, moved
from bridge.errors import (
    AccessDenied,
    CoopCycleBlocked,
    CoopCycleRejected,
    CoopCycleThrottled,
    CoopCycleUnavailable,
    CredentialsRejected,
    DeliveryOutcomeUnknown,
    InvalidConnection,
)
from bridge.model import Listing, Receipt, TimeWindow

T = TypeVar("T")

SETTINGS_MAX_AGE_SECONDS = 900.0
# Plain JSON is answered 415, and who accepts it gets errors of another form (recorded: create_refusals,
# "application/json", "asks for JSON, refused").
_HEADERS = {"Accept": "application/ld+json", "Content-Type": "application/ld+json"}
_NO_TIME_SLOT = (
    "schedule.window: the store has no time slot on CoopCycle; give it one there, or write "
    'window = "schedule"'
)


class Tokens(Protocol):
    """Where bearer tokens come from, as :class:`bridge.coopcycle.token.TokenProvider` does it."""

    def token(self) -> str:
        """Return a token to use now."""

    def reject(self, value: str) -> None:
        """Forget a token that was answered 401."""


class CoopCycleClient:
    """The API of one instance with the credentials of one connection; threads may share it.

    Every method raises the errors of its failure, besides those named at the method:

    - ``CoopCycleUnavailable``: certainly not processed (DNS, refused, connect timeout, TLS, 408, 503,
      a temporary redirect), or a reading request without an answer of CoopCycle's; ``CoopCycleBlocked``
      where that was a 4xx that is somebody else's page;
    - ``CoopCycleThrottled``: 429, which is a proxy's; both carry ``Retry-After`` when there was one;
    - ``DeliveryOutcomeUnknown``: a change (create, update, cancel) was sent and no answer of CoopCycle's
      came: none at all, 5xx, a 2xx that is not the delivery, a 4xx that is somebody else's page
      (which may stand over CoopCycle's answer, see the error);
    - ``CoopCycleRejected``: any other 4xx in CoopCycle's words, with its violations;
    - ``CredentialsRejected``: CoopCycle's 401 in spite of a new token; ``AccessDenied``: its 403;
    - ``InvalidConnection``: the instance has moved for good (301, 308);
    - ``TokenUnavailable``: no token could be had; nothing was sent.
    """

    def __init__(
        self,
        base_url: str,
        tokens: Tokens,
        *,
        session: requests.Session | None = None,
        connect_timeout_seconds: float = 3,
        read_timeout_seconds: float = 8,
        answer_seconds: float = ANSWER_SECONDS,
        clock: Callable[[], float] = time.time,
        breaker: CircuitBreaker | None = None,
        credentials_breaker: CredentialsBreaker | None = None,
        took: Callable[[float], None] | None = None,
    ) -> None:
        """Check the address; nothing is sent. ``clock`` gives epoch seconds.

        Timeouts are in seconds, ``read_timeout_seconds`` for each packet, ``answer_seconds`` for all of an
        answer; with a ``session`` of the caller's the latter is the session's own.

        ``took`` is told the seconds of each call. With a ``breaker`` no call is made while the instance is
        known to be down.

        Raises:
            ValueError: ``base_url`` is not https, or more than an address.

        """
        self._transport = Transport(
            base_url,
            session,
            connect_timeout_seconds=connect_timeout_seconds,
            read_timeout_seconds=read_timeout_seconds,
            answer_seconds=answer_seconds,
            took=took,
        )
        self._tokens = tokens
        self._clock = clock
        self._watching = breaker.watching if breaker is not None else nullcontext
        self._watching_credentials = credentials_breaker.watching if credentials_breaker else nullcontext
        self._settings: tuple[float, InstanceSettings] | None = None

    def close(self) -> None:
        """Close the connections; a function that lives as long as its environment needs not."""
        self._transport.close()

    # --- deliveries -----------------------------------------------------------------------------

    def create_delivery(self, body: Mapping[str, object]) -> Receipt:
        """Create a delivery from a body of :func:`bridge.coopcycle.payload.delivery_body`."""
        return self._change("POST", "/api/deliveries", body, done=201)

    def update_delivery(self, iri: str, body: Mapping[str, object]) -> Receipt:
        """Replace what the body names; CoopCycle keeps a field that the body leaves out, or gives empty.

        Recorded: change, "comments emptied", "weight 0"; metadata are merged into what is there ("metadata").
        """
        return self._change("PUT", _checked(iri), body, done=200)

    def cancel_delivery(self, iri: str) -> None:
        """Cancel a delivery; doing so twice is no error (recorded: cancel, "again").

        Raises:
            CoopCycleRejected: 400 when a courier already has a task of it (recorded: cancel, "assigned"), 404
                when there is none.

        """
        self._authorized("DELETE", _checked(iri), change=True, done=204)

    def get_delivery(self, iri: str) -> Receipt:
        """Return a delivery as it stands."""
        return self._read(_checked(iri), answers.parse_receipt)

    def get_delivery_body(self, iri: str) -> dict[str, object]:
        """Return a delivery in CoopCycle's own words, for people; it holds personal data."""
        return self._read(_checked(iri), answers.parse_object)

    def assert_feasible(self, body: Mapping[str, object]) -> None:
        """Ask whether the store's rules allow this delivery, without creating it.

        Raises:
            CoopCycleRejected: they do not (400).

        """
        data = payload.encode(payload.assert_body(body))
        path = "/api/deliveries/assert"
        answer = self._authorized("POST", path, change=False, data=data)
        _parsed(f"POST {path}", answer, lambda body: body, change=False)  # "[]" (feasibility_and_price)

    def list_deliveries(
        self, store_iri: str, *, before_from: datetime, before_to: datetime, timezone: str
    ) -> Listing:
        """Return the first page of the store's deliveries whose dropoff ``before`` lies in this range.

        Both ends are included. The filter compares with the wall clock that the instance stores, so the
        moments, aware, are put into ``timezone``, the instance's own (recorded: listing, "exact minute, wall
        clock", "exact minute, Z"). No ``page`` parameter: with one the route answers 500 (recorded: listing,
        "GET …?page=2").

        Raises:
            ValueError: a time zone that does not exist.

        """
        zone = answers.zone_of(timezone)
        return self._list(
            store_iri,
            {
                "dropoff.before[after]": before_from.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S"),
                "dropoff.before[before]": before_to.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S"),
            },
        )

    def list_recent_deliveries(self, store_iri: str) -> Listing:
        """Return the first page of a store's deliveries, the newest created first.

        Within one second their order is arbitrary (recorded: listing, "GET …?order%5BcreatedAt%5D=desc").
        """
        return self._list(store_iri, {"order[createdAt]": "desc"})

    def time_slot_choices(self) -> list[TimeWindow]:
        """Return the windows that the store's own time slot offers now, the earliest first.

        Raises:
            InvalidConnection: the store has no time slot, to which CoopCycle answers 500 (a belief, read in
                its code).

        """
        path = "/api/time_slots/choices"
        try:
            # Asked like a change for the status: a 500 says nothing of the instance (see the breaker).
            answer = self._authorized("GET", path, change=True, done=200)
        except DeliveryOutcomeUnknown as error:
            if error.status == 500 and self._store_has_no_time_slot():
                raise InvalidConnection([_NO_TIME_SLOT]) from error
            raise CoopCycleUnavailable(str(error), retry_after_seconds=error.retry_after_seconds) from error
        return _parsed(f"GET {path}", answer, answers.parse_choices, change=False)

    def _store_has_no_time_slot(self) -> bool:
        """Look at the store: only what it says counts, a store that cannot be asked has one."""
        store_iri = self.me().store
        if store_iri is None:
            return False
        store = self._read(_checked(store_iri), answers.parse_object)
        return "timeSlot" in store and not store["timeSlot"]

    # --- the instance -----------------------------------------------------------------------------

    def me(self) -> Identity:
        """Return whose credentials these are."""
        return self._read("/api/me", answers.parse_identity)

    def settings(self) -> InstanceSettings:
        """Return what the instance says of itself, at most a quarter of an hour old; sends no token.

        Raises:
            CoopCycleUnavailable: also when the answer lacks a country or a known time zone.

        """
        now = self._clock()
        if self._settings is None or not 0 <= now - self._settings[0] < SETTINGS_MAX_AGE_SECONDS:
            with self._watching():
                answer = self._send("GET", "/api/settings", change=False, auth=_NoAuth())
                self._raise_for_status("GET /api/settings", answer, change=False)
            self._settings = (now, _parsed("GET /api/settings", answer, answers.parse_settings, change=False))
        return self._settings[1]

    # --- one request ------------------------------------------------------------------------------

    def _change(self, method: str, path: str, body: Mapping[str, object], *, done: int) -> Receipt:
        answer = self._authorized(method, path, change=True, done=done, data=payload.encode(body))
        return _parsed(f"{method} {path}", answer, answers.parse_receipt, change=True)

    def _read(self, path: str, parse: Callable[[object], T], params: Mapping[str, str] | None = None) -> T:
        answer = self._authorized("GET", path, change=False, params=params)
        return _parsed(f"GET {path}", answer, parse, change=False)

    def _list(self, store_iri: str, params: Mapping[str, str]) -> Listing:
        return self._read(f"{_checked(store_iri)}/deliveries", answers.parse_listing, params)

    def _authorized(
        self,
        method: str,
        path: str,
        *,
        change: bool,
        done: int = 200,
        params: Mapping[str, str] | None = None,
        data: bytes | None = None,
    ) -> Answer:
        """Send with a bearer token; after CoopCycle's 401 exactly once more, with a new one.

        ``done`` is the one status of success: another 2xx is a page of somebody else's. Recorded: POST 201
        (create_simple), PUT 200 (change), DELETE 204 (cancel); a POST that asks for HTML is answered 200 and
        makes nothing.
        """
        with self._watching_credentials(), self._watching():
            token = self._tokens.token()
            answer = self._send(method, path, change=change, auth=_Bearer(token), params=params, data=data)
            if answer.status == 401 and answers.is_own_error(401, answer.body):
                self._tokens.reject(token)
                token = self._tokens.token()
                answer = self._send(
                    method, path, change=change, auth=_Bearer(token), params=params, data=data
                )
            self._raise_for_status(f"{method} {path}", answer, change=change, done=done)
            return answer

    def _send(
        self,
        method: str,
        path: str,
        *,
        change: bool,
        auth: AuthBase,
        params: Mapping[str, str] | None = None,
        data: bytes | None = None,
    ) -> Answer:
        try:
            return self._transport.send(method, path, auth=auth, headers=_HEADERS, params=params, data=data)
        except NeverSent as error:
            raise CoopCycleUnavailable(f"{method} {path}: not sent, {error}") from error
        except NoAnswer as error:
            raise _unusable(f"{method} {path}", None, change=change) from error

    def _raise_for_status(self, request: str, answer: Answer, *, change: bool, done: int = 200) -> None:
        """Raise what a status other than that of success means."""
        status = answer.status
        if status == done:
            return
        retry_after = answer.retry_after_seconds(self._clock())
        if status == 429:
            raise CoopCycleThrottled(f"{request}: CoopCycle answered 429", retry_after_seconds=retry_after)
        if status in (301, 308):
            raise moved(answer)
        if status in (408, 503) or 300 <= status < 400:  # a temporary redirect leads to a maintenance page
            raise CoopCycleUnavailable(
                f"{request}: CoopCycle answered {status}", status=status, retry_after_seconds=retry_after
            )
        if 400 <= status < 500 and answers.is_own_error(status, answer.body):
            raise _refusal(request, answer)
        raise _unusable(request, status, change=change, retry_after_seconds=retry_after)


def _refusal(request: str, answer: Answer) -> CredentialsRejected | CoopCycleRejected:
    """Return what a 4xx in CoopCycle's own words means."""
    if answer.status == 401:
        return CredentialsRejected(f"{request}: CoopCycle answered 401 to these credentials")
    if answer.status == 403:
        return AccessDenied(f"{request}: CoopCycle answered 403 to these credentials")
    return answers.parse_error(answer.status, answer.body)


def _unusable(
    request: str, status: int | None, *, change: bool, retry_after_seconds: float | None = None
) -> CoopCycleUnavailable | DeliveryOutcomeUnknown:
    """Return the error of a request that may have been processed: only for a change that is in doubt."""
    what = "no answer" if status is None else f"no answer of CoopCycle's, status {status}"
    if change:
        return DeliveryOutcomeUnknown(
            f"{request}: sent, {what}", status=status, retry_after_seconds=retry_after_seconds
        )
    blocked = status is not None and 400 <= status < 500
    unavailable = CoopCycleBlocked if blocked else CoopCycleUnavailable
    return unavailable(f"{request}: {what}", status=status, retry_after_seconds=retry_after_seconds)


def _parsed(request: str, answer: Answer, parse: Callable[[object], T], *, change: bool) -> T:
    try:
        return parse(answer.json())
    except ValueError as error:
        raise _unusable(request, answer.status, change=change) from error


def _checked(iri: str) -> str:
    if not answers.is_iri(iri):
        raise ValueError("an IRI must be a plain path below /api/")
    return iri


class _Bearer(AuthBase):
    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class _NoAuth(AuthBase):
    """Sends no Authorization at all, not even one from a .netrc."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request
