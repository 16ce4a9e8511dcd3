"""CoopCycle, asked for the page: how deliveries stand, and whether an instance answers; never too often.

What was answered is believed for a while, and what is done stays done. Small instances are the scarce
resource: a page that five people look at asks no more than one that one looks at.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING

from bridge.console.values import Health, Live, Standing, Task
from bridge.errors import BridgeError, CredentialsRejected
from bridge.operator.errors import OperatorError

if TYPE_CHECKING:
    from bridge.operator.deployment import Deployment

BELIEVED_SECONDS = 15.0
_FINAL = (Standing.DELIVERED, Standing.CANCELLED, Standing.FAILED)
_AT_ONCE = 8  # questions


class LiveCoopCycle:
    """The instances of a deployment."""

    def __init__(
        self,
        deployment: Deployment,
        clock: Callable[[], datetime],
        *,
        believed_seconds: float = BELIEVED_SECONDS,
    ) -> None:
        self._deployment = deployment
        self._clock = clock
        self._believed_seconds = believed_seconds
        self._lock = threading.Lock()
        self._deliveries: dict[tuple[str, str], tuple[float, Live]] = {}
        self._health: dict[str, tuple[float, Health]] = {}
        self._silent_until: dict[str, float] = {}  # connections whose instance did not answer

    def known(self, connection_id: str, iri: str) -> Live | None:
        """Return what was answered of a delivery, if it is believed still; asks nobody."""
        with self._lock:
            asked, live = self._deliveries.get((connection_id, iri), (0.0, None))
        if live is None:
            return None
        is_fresh = time.monotonic() - asked < self._believed_seconds
        return live if is_fresh or live.standing in _FINAL else None

    def look(self, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Live]:
        """Return how deliveries (connection, IRI) stand; one that CoopCycle does not tell is missing."""
        keys = list(dict.fromkeys(wanted))
        found = {key: live for key in keys if (live := self.known(*key)) is not None}
        asked = [key for key in keys if key not in found and not self._is_silent(key[0])]
        if asked:
            with ThreadPoolExecutor(min(_AT_ONCE, len(asked))) as pool:
                answers = dict(zip(asked, pool.map(lambda key: self._ask(*key), asked), strict=True))
            found |= {key: live for key, live in answers.items() if live is not None}
        return found

    def health(self, connection_ids: Iterable[str], *, ask: bool) -> Mapping[str, Health]:
        """Return how the instance of each connection answers; without ``ask``, as far as it is known."""
        ids = list(connection_ids)
        with self._lock:
            known = {each: self._health[each] for each in ids if each in self._health}
        if not ask:
            return {each: health for each, (_, health) in known.items()}
        old = [
            each for each in ids if time.monotonic() - known.get(each, (0.0, 0))[0] >= self._believed_seconds
        ]
        if old:
            with ThreadPoolExecutor(min(_AT_ONCE, len(old))) as pool:
                list(pool.map(self._ask_health, old))
        with self._lock:
            return {each: self._health[each][1] for each in ids if each in self._health}

    # --- one question --------------------------------------------------------------------------------

    def _is_silent(self, connection_id: str) -> bool:
        return time.monotonic() < self._silent_until.get(connection_id, 0.0)

    def _ask(self, connection_id: str, iri: str) -> Live | None:
        if self._is_silent(connection_id):
            return None
        try:
            connection, secrets = self._deployment.connection(connection_id)
            body = self._deployment.coopcycle(connection, secrets).get_delivery_body(iri)
        except (BridgeError, OperatorError):
            self._silent_until[connection_id] = time.monotonic() + self._believed_seconds
            return None
        live = Live(tuple(_tasks(body)), self._clock())
        with self._lock:
            self._deliveries[connection_id, iri] = (time.monotonic(), live)
        return live

    def _ask_health(self, connection_id: str) -> None:
        try:
            connection, secrets = self._deployment.connection(connection_id)
        except OperatorError:
            return  # its settings are wrong: the page of connections says so
        began, now = time.monotonic(), self._clock()
        answers, credentials = True, None
        try:
            self._deployment.coopcycle(connection, secrets).me()
            credentials = True
        except CredentialsRejected:
            credentials = False
        except BridgeError:
            answers = False
        before = self._health.get(connection_id)
        since = None if answers else (before[1].down_since if before else None) or now
        health = Health(connection.coopcycle_url, answers, time.monotonic() - began, credentials, now, since)
        with self._lock:
            self._health[connection_id] = (time.monotonic(), health)


def _tasks(body: Mapping[str, object]) -> Iterable[Task]:
    """Yield the tasks of a delivery in JSON-LD, in CoopCycle's order."""
    listed = body.get("tasks")
    raw = listed if isinstance(listed, list) and listed else [body.get("pickup"), body.get("dropoff")]
    for index, each in enumerate(raw):
        if isinstance(each, Mapping):
            kind = str(each.get("type") or ("PICKUP" if index == 0 else "DROPOFF"))
            status = str(each.get("status", ""))
            yield Task(kind, status)
