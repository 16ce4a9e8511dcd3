"""The shop: sends signed webhooks, many at a time, and again until they are accepted."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import requests
from tests.storm.plan import Push

from bridge_laptop import signing

AT_ONCE = 16
TRIES = 9  # Shopify's first one and its eight retries
WAIT_SECONDS = 0.5  # before the first retry, then twice as long each time; Shopify takes four hours for all


class Shop:
    """Sends webhooks to a bridge."""

    def __init__(self, url: str, secrets: dict[str, str]) -> None:
        self._url = url
        self._secrets = secrets
        self._local = threading.local()
        self._lock = threading.Lock()
        self.answers: Counter[str] = Counter()  # by status, or "no answer"
        self.sent = 0
        self.never_accepted: list[Push] = []

    def send(self, pushes: Sequence[Push]) -> None:
        """Send them all, sixteen at a time, and return when each was accepted or given up."""
        with ThreadPoolExecutor(AT_ONCE) as threads:
            list(threads.map(self._send, pushes))

    def _send(self, push: Push) -> None:
        for number in range(TRIES):
            if number:
                time.sleep(min(WAIT_SECONDS * 2 ** (number - 1), 10))
            status = self._once(push)
            with self._lock:
                self.answers[status] += 1
                self.sent += 1
            if status.startswith("2"):
                return
        with self._lock:
            self.never_accepted.append(push)

    def _once(self, push: Push) -> str:
        signed = signing.signed(
            "shopify", push.body, self._secrets[push.connection_id], push.topic, push.webhook_id
        )
        try:
            answer = self._session().post(
                signed.address(self._url, push.connection_id),
                data=signed.body,
                headers=signed.headers,
                timeout=30,
            )
        except requests.RequestException:
            return "no answer"
        return str(answer.status_code)

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
            self._local.session.trust_env = False
        session: requests.Session = self._local.session
        return session
