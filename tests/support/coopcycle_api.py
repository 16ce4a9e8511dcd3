"""An OAuth client of a CoopCycle instance, for tests of the sandbox and with it."""

from __future__ import annotations

import json
from typing import Any

import requests

JSON_LD = "application/ld+json"
TIMEOUT_SECONDS = 10


class Api:
    """One OAuth client of one instance; its answers are plain `requests.Response`s."""

    def __init__(self, url: str, client_id: str, session: requests.Session) -> None:
        self.url = url
        self.client_id = client_id
        self._session = session
        self._token = self.fetch_token()

    def fetch_token(self) -> str:
        """Ask for a token with both scopes, or with what the client may have."""
        for scope in ("tasks deliveries", "deliveries"):
            answer = self._session.post(
                f"{self.url}/oauth2/token",
                auth=(self.client_id, f"{self.client_id}-secret"),
                data={"grant_type": "client_credentials", "scope": scope},
                timeout=TIMEOUT_SECONDS,
            )
            if answer.ok:
                break
        return str(answer.json()["access_token"])

    def send(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None, **more: Any
    ) -> requests.Response:
        """Send a request as CoopCycle's own feature files do: JSON-LD both ways."""
        more.setdefault("timeout", TIMEOUT_SECONDS)
        if body is not None:
            more["data"] = json.dumps(body)
        base = {"Accept": JSON_LD, "Content-Type": JSON_LD, "Authorization": f"Bearer {self._token}"}
        return self._session.request(method, self.url + path, headers={**base, **(headers or {})}, **more)

    def get(self, path: str, **more: Any) -> requests.Response:
        """Read."""
        return self.send("GET", path, **more)

    def post(self, path: str, body: object, **more: Any) -> requests.Response:
        """Create, or ask."""
        return self.send("POST", path, body, **more)

    def put(self, path: str, body: object, **more: Any) -> requests.Response:
        """Change."""
        return self.send("PUT", path, body, **more)

    def delete(self, path: str, **more: Any) -> requests.Response:
        """Cancel, or end."""
        return self.send("DELETE", path, **more)

    def create(self, **dropoff: Any) -> dict[str, Any]:
        """Create a delivery to the rue de Rivoli tomorrow; say what is different about the dropoff."""
        answer = self.post("/api/deliveries", {"dropoff": {**DROPOFF, **dropoff}})
        assert answer.status_code == 201, answer.text
        created: dict[str, Any] = answer.json()
        return created


DROPOFF = {"address": "48, Rue de Rivoli", "before": "tomorrow 13:30"}
