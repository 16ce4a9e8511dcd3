"""A circuit breaker per instance: a CoopCycle that is down is asked by one probe, not by every order.

The pattern is Nygard's ("Release It!"): closed while calls succeed, open for a while after several
failures in a row, then half-open, when a single probe decides. Thread-safe; knows no AWS.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bridge.errors import (
    AccessDenied,
    CoopCycleThrottled,
    CoopCycleUnavailable,
    CredentialsRejected,
    DeliveryOutcomeUnknown,
    PermanentError,
    RetryableError,
    TokenUnavailable,
)

FAILURES_TO_OPEN = 5
LONGEST_OPEN = 10  # times the first open time: 5 minutes for 30 seconds


class CircuitBreaker:
    """Watches the calls to one instance; times in seconds on a monotonic clock."""

    _failures_to_open = FAILURES_TO_OPEN

    def __init__(self, *, open_seconds: float, clock: Callable[[], float]) -> None:
        self._open_seconds = open_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._opened = 0  # times in a row
        self._open_until: float | None = None
        self._probing = False

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Let one call through and learn from its end.

        Raises:
            CoopCycleUnavailable: the circuit is open and nothing is sent; with the time it stays open.

        """
        self._enter()
        try:
            yield
        except BaseException as error:
            self._leave(alive=self._says(error), retry_after=getattr(error, "retry_after_seconds", None))
            raise
        else:
            self._leave(alive=True)

    def _says(self, error: BaseException) -> bool | None:
        """Tell what an error says of the instance: that it lives, or not, or nothing."""
        if isinstance(error, DeliveryOutcomeUnknown):
            # 500 is also the answer to one body (recorded: create_addresses, "text that nobody finds", "a
            # street of 300 characters"): it says nothing of the instance
            return error.status == 500
        if isinstance(error, CoopCycleUnavailable | CoopCycleThrottled | TokenUnavailable):
            return False
        if isinstance(error, PermanentError | CredentialsRejected):  # CoopCycle's own words
            return True
        return None

    def _refusal(self, wait: float) -> RetryableError:
        text = f"not asked: the last {self._failures} calls failed"
        return CoopCycleUnavailable(text, retry_after_seconds=wait)

    def _enter(self) -> None:
        with self._lock:
            if self._open_until is None:
                return
            wait = self._open_until - self._clock()
            if wait > 0 or self._probing:
                raise self._refusal(max(wait, self._open_seconds))
            self._probing = True

    def _leave(self, *, alive: bool | None, retry_after: float | None = None) -> None:
        with self._lock:
            probed, self._probing = self._probing, False
            if alive is None:
                return
            if alive:
                self._failures = self._opened = 0
                self._open_until = None
                return
            self._failures += 1
            if probed or (self._open_until is None and self._failures >= self._failures_to_open):
                factor = min(2**self._opened, LONGEST_OPEN)
                self._opened += 1
                self._open_until = self._clock() + max(self._open_seconds * factor, retry_after or 0)


class CredentialsBreaker(CircuitBreaker):
    """Watches the calls with one connection's credentials: refused ones are tried by one probe for all.

    So a key that is being changed costs the instance one question now and then, and when it is right again
    everything flows by itself. New credentials have a breaker of their own.
    """

    _failures_to_open = 1

    def _says(self, error: BaseException) -> bool | None:
        if isinstance(error, AccessDenied):
            return True  # the token was accepted
        return False if isinstance(error, CredentialsRejected) else None

    def _refusal(self, wait: float) -> RetryableError:
        return CredentialsRejected("not asked: CoopCycle refuses these credentials", retry_after_seconds=wait)
