"""OAuth access tokens (RFC 6749, client credentials): memory, then a shared cache, then ``/oauth2/token``.

However many processes start at once, one asks for a token and the others wait for its result: the
cache lends a short lease. CoopCycle's tokens live an hour (recorded: token, "no scope") and each is a row in
the co-operative's database (upstream: config/packages/league_oauth2_server.yaml), so sharing is kind.
Must not know AWS: a cache is a :class:`TokenCache`. No text holds a token, a secret or a foreign body.
"""

from __future__ import annotations

import hashlib
import logging
import random as random_module
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import requests
from requests.auth import HTTPBasicAuth

from bridge.coopcycle.transport import Answer, NeverSent, NoAnswer, Transport, moved
from bridge.errors import CredentialsRejected, InvalidConnection, TokenUnavailable

CONNECT_TIMEOUT_SECONDS = 2.0
READ_TIMEOUT_SECONDS = 6.0
LEASE_SECONDS = 10.0  # longer than one token request, so that a lease that ran out has no live holder
LEEWAY_SECONDS = 30.0  # a token is not used in its last half minute: the request still has to travel
LIFETIME_LIMIT_SECONDS = 24 * 3600  # whatever the answer says
REFRESH_PAUSE_SECONDS = 15.0  # between two tries to refresh ahead while the old token still serves

logger = logging.getLogger(__name__)

# RFC 6749, section 5.2, less what is about other grants. Nothing but such a code goes into a message.
_OAUTH_ERRORS = frozenset(
    {"invalid_request", "invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_scope"}
)


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A bearer token; times in epoch seconds, ``refresh_at`` before ``expires_at``."""

    value: str = field(repr=False)
    expires_at: float
    refresh_at: float

    def usable(self, now: float) -> bool:
        """Tell whether a request may still be sent with it."""
        return now < self.expires_at - LEEWAY_SECONDS

    def fresh(self, now: float) -> bool:
        """Tell whether nobody needs to refresh it yet."""
        return self.usable(now) and now < self.refresh_at


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """What a cache holds under a key; ``lease_until`` in epoch seconds, 0 when nobody holds the lease."""

    token: AccessToken | None = None
    lease_until: float = 0.0


class TokenCacheUnavailable(Exception):  # never leaves the provider
    """The cache cannot be used now; ``reason`` is a slug for the log. A token is then had without it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TokenCache(Protocol):
    """A cache that processes share.

    Every method raises :class:`TokenCacheUnavailable` when the cache cannot be used.
    """

    def get(self, key: str) -> CacheEntry:
        """Return the entry, an empty one if there is none. The token may have expired."""

    def claim(self, key: str, *, owner: str, now: float, seconds: float, replacing: str) -> CacheEntry | None:
        """Lend the lease to ``owner`` and return ``None``, or return the entry that forbids it.

        It is lent when no live lease is there, and the token is missing, due for refresh, or the one
        whose value is ``replacing``.
        """

    def put(self, key: str, token: AccessToken) -> None:
        """Store a token and end the lease."""

    def release(self, key: str, *, owner: str) -> None:
        """End the lease if ``owner`` holds it; the token stays."""

    def drop(self, key: str, value: str) -> None:
        """Remove the token if it still is the one of that value."""


class TokenSource:
    """Asks one instance for tokens with one pair of credentials; caches nothing."""

    def __init__(
        self,
        *,
        base_url: str,
        client_id: str,
        client_secret: str,
        scope: str,
        session: requests.Session | None = None,
        clock: Callable[[], float] = time.time,
        random: Callable[[], float] = random_module.random,
    ) -> None:
        self._transport = Transport(
            base_url,
            session,
            connect_timeout_seconds=CONNECT_TIMEOUT_SECONDS,
            read_timeout_seconds=READ_TIMEOUT_SECONDS,
        )
        # As bytes: requests would encode text as Latin-1. Not form-encoded first, as RFC 6749 section 2.3.1
        # has it, because CoopCycle's server does not decode; its own pairs are hexadecimal anyway.
        self._auth = HTTPBasicAuth(client_id.encode(), client_secret.encode())
        self._form = {"grant_type": "client_credentials"} | ({"scope": scope} if scope else {})
        self._clock = clock
        self._random = random

    def request(self) -> AccessToken:
        """Return a new token, due for refresh somewhere between 80 and 90 % of its lifetime.

        Raises:
            CredentialsRejected: client id, client secret or scope are wrong: one of OAuth's own error codes
                (recorded: token, refused_access).
            InvalidConnection: the instance has moved for good (301, 308).
            TokenUnavailable: anything else: no answer, 429, 5xx, a page that is not CoopCycle's, or a 200
                that is not a token for a known time.

        """
        asked_at = self._clock()  # before the request: the server's count cannot have begun earlier
        try:
            answer = self._transport.send(
                "POST",
                "/oauth2/token",
                auth=self._auth,
                headers={"Accept": "application/json"},
                data=self._form,
            )
        except NeverSent as error:
            raise TokenUnavailable(f"token request: not sent, {error}") from error
        except NoAnswer as error:
            raise TokenUnavailable("token request: no answer") from error
        if answer.status != 200:
            raise self._refusal(answer)
        try:
            value, lifetime = _parse_token(answer.json())
        except ValueError as error:
            raise TokenUnavailable(f"token request: unusable answer: {_reason(error)}") from error
        expires_at = asked_at + lifetime
        refresh_at = asked_at + lifetime * (0.8 + 0.1 * self._random())
        return AccessToken(value, expires_at, refresh_at=refresh_at)

    def _refusal(self, answer: Answer) -> CredentialsRejected | InvalidConnection | TokenUnavailable:
        code = _oauth_error(answer)
        if answer.status in (400, 401, 403) and code in _OAUTH_ERRORS:
            return CredentialsRejected(f"CoopCycle refused client id, client secret or scope: {code}")
        if answer.status in (301, 308):
            return moved(answer)
        return TokenUnavailable(
            f"token request: status {answer.status}",
            retry_after_seconds=answer.retry_after_seconds(self._clock()),
        )


class UnusableTokenAnswer(ValueError):
    """A 200 that does not hold what RFC 6749 section 5.1 asks for; the text is ours."""


def _reason(error: ValueError) -> str:
    return str(error) if isinstance(error, UnusableTokenAnswer) else "not JSON"


def _parse_token(body: object) -> tuple[str, float]:
    """Return value and lifetime in seconds. A token without a lifetime is refused, not kept for ever."""
    if not isinstance(body, dict):
        raise UnusableTokenAnswer("not a JSON object")
    value, kind, lifetime = body.get("access_token"), body.get("token_type"), body.get("expires_in")
    if not isinstance(value, str) or not value or not all("!" <= c <= "~" for c in value):
        raise UnusableTokenAnswer("access_token is missing or not a token")
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise UnusableTokenAnswer("token_type is not Bearer")
    if isinstance(lifetime, bool) or not isinstance(lifetime, int) or lifetime <= 0:
        raise UnusableTokenAnswer("expires_in is missing or not a whole number of seconds")
    return value, float(min(lifetime, LIFETIME_LIMIT_SECONDS))


def _oauth_error(answer: Answer) -> str:
    try:
        body = answer.json()
    except ValueError:
        return ""
    code = body.get("error") if isinstance(body, dict) else None
    return code if isinstance(code, str) else ""


class TokenProvider:
    """The token of one pair of credentials at one instance; threads may share it.

    ``token`` looks in memory, then in the cache, then asks. In the last tenth or fifth of a token's life
    one process refreshes it while the others go on with the old one.
    """

    def __init__(
        self,
        *,
        base_url: str,
        client_id: str,
        client_secret: str,
        scope: str,
        cache: TokenCache,
        session: requests.Session | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        owner: str | None = None,
        random: Callable[[], float] = random_module.random,
    ) -> None:
        """Check the address; nothing is asked. ``clock`` gives epoch seconds, ``sleep`` takes seconds.

        Raises:
            ValueError: ``base_url`` is not https, or more than an address.

        """
        self._source = TokenSource(
            base_url=base_url,
            client_id=client_id,
            client_secret=client_secret,
            scope=scope,
            session=session,
            clock=clock,
            random=random,
        )
        self._key = hashlib.sha256(f"{base_url.rstrip('/')}|{client_id}|{scope}".encode()).hexdigest()
        self._cache = cache
        self._clock = clock
        self._sleep = sleep
        self._random = random
        self._owner = owner or uuid.uuid4().hex
        self._lock = threading.Lock()  # held by the one thread that looks beyond memory
        self._memory: AccessToken | None = None
        self._rejected = ""  # the last value that CoopCycle refused, should the cache still hold it
        self._pause_until = 0.0

    def token(self) -> str:
        """Return a token to use now.

        Raises:
            CredentialsRejected, InvalidConnection: a person must look.
            TokenUnavailable: none could be had now.

        """
        held = self._memory
        now = self._clock()
        if held is not None and held.fresh(now):
            return held.value
        if held is not None and held.usable(now):
            if now >= self._pause_until and self._lock.acquire(blocking=False):
                try:
                    return self._refresh_ahead(held).value
                finally:
                    self._lock.release()
            return held.value  # someone else is at it
        with self._lock:
            held = self._memory
            if held is None or not held.usable(self._clock()):
                held = self._obtain()
            return held.value

    def reject(self, value: str) -> None:
        """Forget a token that CoopCycle answered 401 to, unless a newer one has taken its place.

        A failing cache is no error: the value is remembered, and not taken from the cache again.
        """
        with self._lock:
            if self._memory is None or self._memory.value != value:
                return
            self._memory = None
            self._rejected = value
            try:
                self._cache.drop(self._key, value)
            except TokenCacheUnavailable as error:
                self._report(error)

    # --- with the lock held -----------------------------------------------------------------------

    def _obtain(self) -> AccessToken:
        """Return a token from the cache, from whoever is asking for one, or from the instance."""
        deadline = self._clock() + LEASE_SECONDS
        try:
            while True:
                entry = self._cache.get(self._key)
                if (token := self._take(entry)) is not None:
                    return token
                now = self._clock()
                if entry.lease_until <= now:
                    refused = self._claim(now)
                    if refused is None:
                        return self._fetch(leased=True)
                    if (token := self._take(refused)) is not None:
                        return token
                if now >= deadline:
                    break
                self._sleep(0.05 + 0.05 * self._random())
        except TokenCacheUnavailable as error:
            self._report(error)
        return self._fetch(leased=False)

    def _refresh_ahead(self, held: AccessToken) -> AccessToken:
        """Return a new token, or the old one if someone else is at it or none can be had now."""
        if self._memory is not None and self._memory.value != held.value:
            return self._memory
        now = self._clock()
        self._pause_until = now + REFRESH_PAUSE_SECONDS
        try:
            refused = self._claim(now)
            if refused is not None:
                return self._take(refused) or held
            return self._fetch(leased=True)
        except TokenCacheUnavailable as error:
            self._report(error)
            return held  # until it ends; a new one without the cache's lease would be asked for by everyone
        except (TokenUnavailable, CredentialsRejected, InvalidConnection) as error:
            # Whoever asks once the old one has ended gets the error; until then no order has to wait for it.
            logger.warning("token not refreshed ahead", extra={"reason": error.code})
            return held

    def _take(self, entry: CacheEntry) -> AccessToken | None:
        """Return the entry's token and remember it, unless it is spent or refused."""
        token = entry.token
        if token is None or token.value == self._rejected or not token.usable(self._clock()):
            return None
        if self._memory is None or token.expires_at >= self._memory.expires_at:
            self._memory = token
        return self._memory

    def _claim(self, now: float) -> CacheEntry | None:
        return self._cache.claim(
            self._key, owner=self._owner, now=now, seconds=LEASE_SECONDS, replacing=self._rejected
        )

    def _fetch(self, *, leased: bool) -> AccessToken:
        """Ask the instance, and share the result; a lease never outlives a failure."""
        try:
            token = self._source.request()
        except BaseException:
            if leased:
                self._in_cache(lambda: self._cache.release(self._key, owner=self._owner))
            raise
        self._memory = token
        self._in_cache(lambda: self._cache.put(self._key, token))
        return token

    def _in_cache(self, write: Callable[[], None]) -> None:
        try:
            write()
        except TokenCacheUnavailable as error:
            self._report(error)

    def _report(self, error: TokenCacheUnavailable) -> None:
        logger.warning("token cache unavailable", extra={"reason": error.reason})
