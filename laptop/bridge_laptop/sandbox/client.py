"""A client of the sandbox's control, for tests and tools; CoopCycle's own API has other clients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

_TIMEOUT_SECONDS = 30


class SandboxClient:
    """The control of one running sandbox.

    Raises, in each method but :meth:`send`:
        requests.HTTPError: the sandbox refused the request; its text says why.

    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = requests.Session()
        self._session.trust_env = False  # it is on this machine

    def reset(self) -> None:
        """Go back to the seed."""
        self._post("reset")

    def clock(self, now: str | None) -> str:
        """Stop the clock at a time, or let it run; return the time it now shows."""
        return str(self._post("clock", now=now)["now"])

    def fault(self, mode: str | None, **settings: Any) -> None:
        """Set a fault beside those that are set, or end all of them."""
        self._post("fault", mode=mode, **settings)

    def send(self, what: str, body: Mapping[str, Any]) -> str:
        """Send a command as it stands; return the sandbox's answer, also where it refuses."""
        return self._session.post(f"{self.url}/_sandbox/{what}", json=body, timeout=_TIMEOUT_SECONDS).text

    def courier(self, delivery: str, do: str, **more: Any) -> list[str]:
        """Let a courier act on the delivery of this IRI; return the status of each task."""
        statuses: list[str] = self._post("courier", delivery=delivery, do=do, **more)["tasks"]
        return statuses

    def stats(self) -> dict[str, Any]:
        """Return what the sandbox counted since the last reset."""
        return self._read(self._session.get(f"{self.url}/_sandbox/stats", timeout=_TIMEOUT_SECONDS))

    def deliveries_of(self, reference: str) -> list[dict[str, Any]]:
        """Return the deliveries with this `bridge_ref`: their `@id`, and whether each is `cancelled`."""
        found: list[dict[str, Any]] = self.stats()["deliveries_by_ref"].get(reference, [])
        return found

    def live(self, reference: str) -> list[str]:
        """Return the IRIs of the deliveries with this `bridge_ref` that were not cancelled."""
        return [each["@id"] for each in self.deliveries_of(reference) if not each["cancelled"]]

    def _post(self, what: str, **body: Any) -> dict[str, Any]:
        return self._read(
            self._session.post(f"{self.url}/_sandbox/{what}", json=body, timeout=_TIMEOUT_SECONDS)
        )

    def _read(self, answered: requests.Response) -> dict[str, Any]:
        if not answered.ok:
            raise requests.HTTPError(f"{answered.status_code}: {answered.text}", response=answered)
        found: dict[str, Any] = answered.json()
        return found
