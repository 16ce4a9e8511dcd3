"""Asks an instance what the recorded one was asked, and says where it answers otherwise.

No word of pytest here: the test of the sandbox and `make contract` both use it.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus

import requests
from tests.sandbox.contract.comparison import Comparison
from tests.sandbox.contract.kinds import shown
from tests.sandbox.contract.recordings import Exchange

TIMEOUT_SECONDS = 120  # a POST may last 50 s when the router hangs, and is answered with 201 all the same
HEADERS_THAT_COUNT = ("Content-Type", "Location", "WWW-Authenticate", "Allow")
RECORDED_HOST = "http://coopcycle.test"
RECORDED_RECEIVER = "http://127.0.0.1:8999"  # a receiver of webhooks; the recorder wrote its own host for it
DEFAULT_SCOPE = "tasks deliveries"
WRONG_BEARER = "a.b.c"
_NOT_UTF_8 = ("\ufffd", b"\xff")  # in a body that is text, the character stands for a byte that is no UTF-8


class NoToken(Exception):
    """The instance gave no token for the credentials; the text says what it answered."""


@dataclass
class Answer:
    """What the instance answered; `body` is None, JSON, or text where it was no JSON."""

    status: int
    headers: dict[str, str]
    body: Any


@dataclass
class Credentials:
    """OAuth clients by the name that the recordings give them, and the bearers of people."""

    clients: dict[str, tuple[str, str]]
    bearers: dict[str, str] = field(default_factory=dict)


class Replay:
    """One run against one instance: tokens, the numbers it handed out, and the comparison."""

    def __init__(
        self,
        url: str,
        credentials: Credentials,
        comparison: Comparison | None = None,
        me: str = "acme",
        scope: str = DEFAULT_SCOPE,
    ) -> None:
        self.url = url
        self.comparison = comparison or Comparison()
        self._credentials = credentials
        self._me = me
        self._scope = scope
        self._tokens: dict[tuple[str, str], str] = {}
        self._session = requests.Session()
        self._session.trust_env = False  # neither a proxy nor a .netrc speaks for the recorded client

    def anew(self, comparison: Comparison) -> Replay:
        """Return the next run against the same instance: other numbers, the same tokens and connections."""
        following = Replay(self.url, self._credentials, comparison, self._me, self._scope)
        following.close()
        following._tokens, following._session = self._tokens, self._session
        return following

    def close(self) -> None:
        """Give the connections back."""
        self._session.close()

    def ask(self, exchange: Exchange) -> Answer:
        """Send the request of an exchange.

        Raises:
            NoToken: the credentials are refused.
            requests.RequestException: the instance does not answer.

        """
        headers = {**exchange.headers, **self._authorization(exchange.who)}
        return self.send(exchange.method, self.path(exchange.path), headers, self._data(exchange.body))

    def send(self, method: str, path: str, headers: dict[str, str], data: bytes | None) -> Answer:
        """Send any request, and read the answer whole."""
        answer = self._session.request(
            method,
            self.url + path,
            data=data,
            headers=headers,
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
        )
        try:
            body = json.loads(answer.content) if answer.content else None
        except ValueError:
            body = answer.text
        return Answer(answer.status_code, dict(answer.headers), body)

    def path(self, recorded: str) -> str:
        """Return a recorded path with the instance's own numbers."""
        return self.comparison.numbers.into_request(recorded)

    def _authorization(self, who: str) -> dict[str, str]:
        if bearer := re.match(r"bearer of (\w+)(?:, scope (.+))?$", who):
            return {"Authorization": f"Bearer {self.bearer(bearer[1], bearer[2])}"}
        if who == "bearer given":
            return {"Authorization": f"Bearer {WRONG_BEARER}"}
        if who == "basic":
            return {"Authorization": _basic(*self._credentials.clients[self._me])}
        if who == "basic, other credentials":
            return {"Authorization": _basic("nobody", "wrong")}
        if who == "none":
            return {}
        raise ValueError(f"no way to ask as {who!r}")

    def bearer(self, name: str, scope: str | None = None) -> str:
        """Return the token of a client, or a person's; it is fetched once.

        Raises:
            NoToken: the instance refuses the credentials.

        """
        if name in self._credentials.bearers:
            return self._credentials.bearers[name]
        scope = scope or self._scope
        if (name, scope) not in self._tokens:
            form = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
            data = f"grant_type=client_credentials&scope={scope.replace(' ', '+')}".encode()
            basic = {"Authorization": _basic(*self._credentials.clients[name])}
            answer = self.send("POST", "/oauth2/token", {**form, **basic}, data)
            token = answer.body.get("access_token") if isinstance(answer.body, dict) else None
            if answer.status != 200 or not isinstance(token, str):
                error = answer.body.get("error") if isinstance(answer.body, dict) else "no JSON"
                raise NoToken(f"/oauth2/token answers {answer.status} ({error}) for the scope {scope!r}")
            self._tokens[name, scope] = token
        return self._tokens[name, scope]

    def _data(self, body: Any) -> bytes | None:
        if body is None:
            return None
        if isinstance(body, str):
            client_id, secret = map(quote_plus, self._credentials.clients[self._me])
            text = self.path(body).replace("<id>", client_id).replace("<secret>", secret)
            return text.encode().replace(_NOT_UTF_8[0].encode(), _NOT_UTF_8[1])
        return json.dumps(self._ours(body), ensure_ascii=False).encode()

    def _ours(self, body: Any) -> Any:
        """Put the instance's numbers into a body: into links, and for the tasks that a change names."""
        if isinstance(body, dict):
            return {name: self._numbered(name, value) for name, value in body.items()}
        if isinstance(body, list):
            return [self._ours(each) for each in body]
        if isinstance(body, str):
            return self.path(body).replace(RECORDED_RECEIVER, self.url)
        return body

    def _numbered(self, name: str, value: Any) -> Any:
        if name == "id" and isinstance(value, int):
            return int(self.comparison.numbers.ours("tasks", str(value)))
        return self._ours(value)

    def differences(self, exchange: Exchange, answer: Answer) -> list[str]:
        """Compare an answer with the recorded one: status first, then headers, then the body."""
        if answer.status != exchange.status:
            return [f"status {answer.status}, recorded {exchange.status}"]
        recorded = _with_host(exchange.answer, self.url)
        if exchange.setup:
            return self.comparison.of_bodies(recorded, _only(recorded, answer.body))
        found = self._of_headers(exchange.answer_headers, answer.headers)
        body = answer.body
        if exchange.members is not None:
            by_time = "createdAt" in exchange.path
            missed, body = self._members(exchange.members, recorded, body, by_time=by_time)
            found += missed
        return found + self.comparison.of_bodies(recorded, body)

    def _of_headers(self, recorded: dict[str, str], ours: dict[str, str]) -> list[str]:
        theirs = {name.lower(): value for name, value in recorded.items()}
        own = {name.lower(): value for name, value in ours.items()}
        found: list[str] = []
        for name in HEADERS_THAT_COUNT:
            wanted, got = theirs.get(name.lower()), own.get(name.lower())
            if wanted is None or got is None:
                if wanted != got:
                    found.append(f"header {name}: {shown(got)}, recorded {shown(wanted)}")
            else:
                found += self.comparison.of_texts(wanted, got.replace(self.url, ""), f"header {name}")
        return found

    def _members(
        self, wanted: list[int], recorded: Any, ours: Any, *, by_time: bool
    ) -> tuple[list[str], Any]:
        """Compare which deliveries a listing holds: one of them is recorded, and the numbers of all."""
        listed = ours.get("hydra:member") if isinstance(ours, dict) else None
        if not isinstance(listed, list):
            return [], ours
        known = {self._recorded_number(each): each for each in listed}
        came = [self._recorded_number(each) for each in listed]
        found = _in_time_order(came, wanted, listed) if by_time else _in_order(came, wanted)
        shown_members = [known.get(wanted[0], {})] if recorded.get("hydra:member") else []
        return found, {**ours, "hydra:member": shown_members}

    def _recorded_number(self, member: Any) -> int | None:
        number = self.comparison.numbers.recorded("deliveries", str(member.get("id")))
        return None if number is None else int(number)


def _in_order(came: list[int | None], wanted: list[int]) -> list[str]:
    return [] if came == wanted else [f"members {shown(came)}, recorded {shown(wanted)}"]


def _in_time_order(came: list[int | None], wanted: list[int], listed: list[Any]) -> list[str]:
    """Compare members ordered by creation: within a second the order is arbitrary, at a page's edge too."""
    times = [each["tasks"][0]["createdAt"] for each in listed]
    if times and times != sorted(times, reverse=times[0] > times[-1]):
        return ["members are not in the order of their creation"]
    others = [index for index, number in enumerate(came) if number not in wanted]
    if len(came) != len(wanted) or any(times[index] != times[-1] for index in others):
        return [f"members {shown(came)}, recorded {shown(wanted)}"]
    return []


def _basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def _with_host(value: Any, host: str) -> Any:
    if isinstance(value, dict):
        return {name: _with_host(each, host) for name, each in value.items()}
    if isinstance(value, list):
        return [_with_host(each, host) for each in value]
    return value.replace(RECORDED_HOST, host) if isinstance(value, str) else value


def _only(recorded: Any, ours: Any) -> Any:
    """Return of our answer what the recording kept of a step that only prepares."""
    if isinstance(recorded, dict) and isinstance(ours, dict):
        return {name: _only(recorded[name], each) for name, each in ours.items() if name in recorded}
    if isinstance(recorded, list) and isinstance(ours, list) and len(recorded) == len(ours):
        return [_only(theirs, own) for theirs, own in zip(recorded, ours, strict=True)]
    return None if recorded is None else ours
