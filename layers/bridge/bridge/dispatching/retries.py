"""When a message that failed comes again, and when it is given up. Pure: chance is passed in."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from bridge.errors import RetryableError

BACKOFF_CEILING = 30  # times the base: 15 minutes for a base of 30 seconds
GIVE_UP_AFTER = timedelta(hours=24)  # on the queue; an outage this long is a person's matter


@dataclass(frozen=True, slots=True)
class Backoff:
    """Growing waits with jitter; ``base_seconds`` is the first, ``random`` gives numbers from 0 to 1."""

    base_seconds: float
    random: Callable[[], float]

    def seconds_until_retry(self, receive_count: int, error: Exception | None) -> float:
        """Return how long a failed message stays invisible: growing, with jitter, never less than asked.

        The base doubles with each receive up to thirty times itself; jitter takes away up to a quarter.
        """
        factor = min(2.0 ** min(max(receive_count - 1, 0), 16), BACKOFF_CEILING)
        delay = self.base_seconds * factor * (1 - self.random() / 4)
        if isinstance(error, RetryableError) and error.retry_after_seconds is not None:
            delay = max(delay, error.retry_after_seconds)
        return math.ceil(delay)
