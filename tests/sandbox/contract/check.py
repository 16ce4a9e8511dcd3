"""Replays against an instance that people work with what leaves nothing behind, and says where it differs.

What it books, it cancels: after each file, and when it is interrupted. A change or a cancel is only ever sent
for what this run made itself.
"""

from __future__ import annotations

import random
import re
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import requests
from tests.sandbox.contract.comparison import Comparison
from tests.sandbox.contract.instance import OF_AN_INSTANCE, Instance, Prepared, prepare
from tests.sandbox.contract.kinds import KINDS
from tests.sandbox.contract.left_out import Otherwise, why_left_out
from tests.sandbox.contract.recordings import Exchange, names, read
from tests.sandbox.contract.replay import Answer, Credentials, NoToken, Replay

JSON_LD = {"Accept": "application/ld+json"}
ME = "acme"  # the client's name in the recordings
LATER_DAYS = (20, 70)  # January and February: winter, as the recorded days
LOOKS_AFTER_AN_INTERRUPTION = 3
SECONDS_BETWEEN_LOOKS = 2.0
_OWN = re.compile(r"/api/(deliveries|tasks|webhooks)/(\d+)(?![\w-])")
_MISSING = "asks about what was left out, or was not made as recorded"


@dataclass
class Outcome:
    """What a run saw."""

    asked: int = 0
    differing: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    cancelled: int = 0
    standing: list[str] = field(default_factory=list)  # what could not be cancelled, a line each


class Check:
    """One run against one instance."""

    def __init__(
        self, url: str, credentials: Credentials, instance: Instance, say: Callable[[str], None]
    ) -> None:
        self._instance = instance
        self._has_dispatcher = "dispatcher" in credentials.bearers
        self._say = say
        self._mark = uuid.uuid4().hex
        self._made: dict[str, str] = {}  # IRI of what stands: how it came
        self._unknown = ""  # a request to make something whose outcome is not known
        self._replay = Replay(url, credentials, self._comparison(), ME, instance.scope)
        self.outcome = Outcome()

    def _comparison(self) -> Comparison:
        comparison = Comparison((*OF_AN_INSTANCE, *KINDS))
        comparison.numbers.stand_for("stores", "1", self._instance.store.rpartition("/")[2])
        address = str(self._instance.store_address.get("@id", ""))
        if address:
            comparison.numbers.stand_for("addresses", "1", address.rpartition("/")[2])
        return comparison

    def run(self) -> Outcome:
        """Ask what can be asked, file by file; whatever ends it, what it made is cancelled.

        Raises:
            requests.RequestException: the instance does not answer any more.

        """
        interrupted = True
        try:
            for file in names():
                self._file(file)
            interrupted = False
        finally:
            self._clear(patient=interrupted)
            self._replay.close()
        return self.outcome

    def _file(self, file: str) -> None:
        self._replay = self._replay.anew(self._comparison())
        # What earlier runs cancelled is listed for ever; a listing needs a day that they left alone.
        later = random.randrange(*LATER_DAYS) if file == "listing" else 0
        self._instance = replace(self._instance, later_days=later)
        otherwise = Otherwise()
        for exchange in read(file):
            reason = self._why_not(exchange) or otherwise.why(exchange)
            if reason is None:
                self._exchange(exchange)
            else:
                otherwise.leave_out(exchange)
                self.outcome.left_out[reason] += 1
        self._clear()

    def _why_not(self, exchange: Exchange) -> str | None:
        if "dispatcher" in exchange.who and not self._has_dispatcher and exchange.file != "courier":
            return "needs a dispatcher's token (DISPATCHER=…)"
        return why_left_out(exchange, self._instance) or (None if self._may_ask(exchange) else _MISSING)

    def _may_ask(self, exchange: Exchange) -> bool:
        """Never ask about a number that this run did not get itself, but for a reading that is refused."""
        found = _OWN.match(exchange.path)
        if found is None or re.fullmatch("9{4,}", found[2]):
            return True
        known = self._replay.comparison.numbers.ours_if_known(found[1], found[2])
        if known is not None:
            return True
        return exchange.method == "GET" and exchange.status == 401

    def _exchange(self, exchange: Exchange) -> None:
        prepared = prepare(exchange, self._instance, self._mark)
        makes = exchange.method == "POST" and exchange.path in {"/api/deliveries", "/api/webhooks"}
        self._unknown = str(exchange) if makes else ""
        try:
            answer = self._replay.ask(prepared.exchange)
        except NoToken:
            self.outcome.left_out["a scope that this client has not"] += 1
            return
        self._note(prepared, answer)
        if makes and (answer.status >= 500 or (answer.status < 400 and not list(_named(answer)))):
            self._after_no_name(prepared, answer)
        self._unknown = ""
        if exchange.members is not None:
            prepared, answer = self._listing(prepared, answer)
        differences = self._replay.differences(prepared.exchange, _without_mark(answer, self._mark))
        self.outcome.asked += 1
        self.outcome.differing += bool(differences)
        for each in differences:
            self._say(f"{exchange}: {each}")

    def _after_no_name(self, prepared: Prepared, answer: Answer) -> None:
        """Look for what an answer may have made without naming it."""
        exchange = prepared.exchange
        if self._look_for_strays() or prepared.marked or answer.status == exchange.status:
            return
        self.outcome.standing.append(f"{exchange} was answered {answer.status}: did it make a delivery?")

    def _listing(self, prepared: Prepared, answer: Answer) -> tuple[Prepared, Answer]:
        """Narrow a listing to what this run made: the store has other deliveries."""
        numbers = self._replay.comparison.numbers
        exchange = prepared.exchange
        wanted = [each for each in exchange.members or [] if numbers.ours_if_known("deliveries", str(each))]
        if not isinstance(answer.body, dict):
            return prepared, answer
        mine = [
            each
            for each in answer.body.get("hydra:member", [])
            if numbers.recorded("deliveries", str(each.get("id"))) is not None
        ]
        body = {name: each for name, each in answer.body.items() if name != "hydra:view"}
        recorded = {name: each for name, each in exchange.answer.items() if name != "hydra:view"}
        if exchange.answer["hydra:member"] and str(exchange.answer["hydra:member"][0]["id"]) not in map(
            str, wanted
        ):
            recorded["hydra:member"] = []
        answer = replace(answer, body={**body, "hydra:member": mine})
        return replace(prepared, exchange=replace(exchange, members=wanted, answer=recorded)), answer

    def _note(self, prepared: Prepared, answer: Answer) -> None:
        """Remember what was made, and forget what was cancelled."""
        exchange = prepared.exchange
        if exchange.method == "DELETE" and answer.status == 204:
            if self._made.pop(self._replay.path(exchange.path), None) is not None:
                self.outcome.cancelled += 1
        elif exchange.method == "POST" and answer.status in {200, 201}:
            for made in _named(answer):
                self._made[made] = str(exchange)

    def _clear(self, *, patient: bool = False) -> None:
        """Cancel what stands; after an interruption also what came of the request that was under way."""
        if self._unknown:
            for look in range(LOOKS_AFTER_AN_INTERRUPTION if patient else 1):
                if look:
                    time.sleep(SECONDS_BETWEEN_LOOKS)
                if self._look_for_strays():
                    break
            else:
                self.outcome.standing.append(
                    f"no answer came to {self._unknown}: it may have made a delivery"
                )
            self._unknown = ""
        for made, how in list(self._made.items()):
            self._cancel(made, how)

    def _cancel(self, made: str, how: str) -> None:
        try:
            status = str(self._send("DELETE", made).status)
        except (requests.RequestException, NoToken) as error:
            status = type(error).__name__
        del self._made[made]
        if status in {"204", "404"}:
            self.outcome.cancelled += 1
        else:
            self.outcome.standing.append(f"{made} stands ({status} to its cancel); it came of {how}")

    def _look_for_strays(self) -> bool:
        """Look among the newest deliveries for those with our mark that no answer named."""
        found = False
        path = f"{self._instance.store}/deliveries?order%5BcreatedAt%5D=desc"
        with suppress(requests.RequestException, NoToken):
            body = self._send("GET", path).body
            for each in body.get("hydra:member", []) if isinstance(body, dict) else []:
                marks = [task.get("metadata", {}).get("contract_run") for task in each.get("tasks", [])]
                live = any(task.get("status") != "CANCELLED" for task in each.get("tasks", []))
                if self._mark in marks and live and each["@id"] not in self._made:
                    self._made[each["@id"]] = self._unknown
                    found = True
        return found

    def _send(self, method: str, path: str) -> Answer:
        bearer = self._replay.bearer(ME)
        return self._replay.send(method, path, {**JSON_LD, "Authorization": f"Bearer {bearer}"}, None)


def _named(answer: Answer) -> Iterator[str]:
    """Yield what an answer says that it made."""
    body = answer.body if isinstance(answer.body, dict) else {}
    named = {str(body.get("@id", "")), answer.headers.get("Location", "")}
    if "@id" not in body and "tasks" in body and isinstance(body.get("id"), int):
        named.add(f"/api/deliveries/{body['id']}")
    yield from (each for each in sorted(named) if re.fullmatch(r"/api/(deliveries|webhooks)/\d+", each))


def _without_mark(answer: Answer, mark: str) -> Answer:
    return replace(answer, body=_cleaned(answer.body, mark))


def _cleaned(value: Any, mark: str) -> Any:
    if isinstance(value, dict):
        return {name: _cleaned(each, mark) for name, each in value.items() if each != mark}
    return [_cleaned(each, mark) for each in value] if isinstance(value, list) else value
