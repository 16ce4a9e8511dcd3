"""Hostile webhooks through the whole way from request to CoopCycle's body, for every source there is.

``python -m tests.fuzz.fuzz_sources --cases 100000 --seed 1`` makes bodies and headers by
:mod:`tests.fuzz.hostile`, signs most of them as the sender would, and has the real receiver and the worker's
functions read them. What must not happen: an error outside the taxonomy, an answer of 5xx, a queue message
that cannot be read back, a body for CoopCycle that cannot be encoded. The same seed gives the same cases.
"""

from __future__ import annotations

import argparse
import base64
import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from tests.fuzz.hostile import Hostile
from tests.support import samples
from tests.support.samples import FakeShop, Sample, SourceSamples

from bridge.connections.model import Connection, Secrets
from bridge.coopcycle.payload import assert_body, encode
from bridge.errors import (
    InvalidSignature,
    MalformedWebhook,
    RejectedWebhook,
    ShopRejected,
    ShopUnavailable,
    UnknownConnection,
    UnmappableOrder,
)
from bridge.receiving.http import Receiver, Request
from bridge.receiving.messages import MAXIMUM_BODY_BYTES, WebhookMessage, read_message
from bridge.sources import Signed

HEADERS_BENT = 0.2  # share of the cases whose headers are changed after signing
SLOWER_WITH_RSA = 10  # and so there are fewer cases of it
MISMATCH = "signature_mismatch"
EVENTS_BENT = 0.05  # share of the cases whose event API Gateway would never make


@dataclass
class Failure:
    """A case that did what must not happen."""

    source: str
    case: int
    what: str


@dataclass
class Report:
    """What was tried, and what became of it."""

    seed: int
    cases: Counter[str] = field(default_factory=Counter)  # by source
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)  # by source and outcome
    failures: list[Failure] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """Give the counts as lines."""
        for source, cases in sorted(self.cases.items()):
            yield f"{source}: {cases} cases"
            found = {outcome: count for (name, outcome), count in self.outcomes.items() if name == source}
            for outcome, count in sorted(found.items(), key=lambda item: -item[1]):
                yield f"  {count:>8}  {outcome}"
        yield f"{sum(self.cases.values())} cases with seed {self.seed}, {len(self.failures)} failures"


class OneConnection:
    """Knows the connection of a source's samples alone."""

    def __init__(self, complete: SourceSamples) -> None:
        self._connection = complete.connection
        self._secrets = Secrets(webhook=(complete.known["webhook"], complete.known["previous"]))

    def get(self, connection_id: str) -> tuple[Connection, Secrets]:
        """Return it."""
        if connection_id != self._connection.connection_id:
            raise UnknownConnection("unknown")
        return self._connection, self._secrets


class TextQueue:
    """Keeps what the receiver sends, as the text that SQS would."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def send(self, message: WebhookMessage) -> None:
        """Keep a message."""
        self.texts.append(message.to_text())


class HostileShop(FakeShop):
    """The sender's API on its worst day."""

    hostile: Hostile

    def get(self, url: str, headers: dict[str, str]) -> bytes:  # type: ignore[override]
        """Answer rightly, wrongly, or not at all."""
        answer = super().get(url, headers)
        luck = self.hostile.random.random()
        if luck < 0.05:
            raise ShopUnavailable("the shop's API gave no answer")
        if luck < 0.1:
            raise ShopRejected(self.hostile.random.choice((400, 401, 403, 404)))
        if luck < 0.2:
            return answer
        return self.hostile.body(answer) if luck < 0.4 else self.hostile.bent(answer)


class SourceFuzzer:
    """Tries one source."""

    def __init__(self, complete: SourceSamples, seed: int) -> None:
        bodies = [sample.body for sample in complete.samples]
        self._complete = complete
        self._seed = seed
        self._samples = [sample for sample in complete.samples if sample.expect != "greeting"]
        self._hostile = Hostile(f"{seed}/{complete.name}", [*bodies, *complete.shop.answers.values()])
        self._words = sorted({sample.topic for sample in complete.samples}) + list(complete.source.TOPICS)
        shop = HostileShop(complete.shop.answers)
        object.__setattr__(shop, "hostile", self._hostile)
        self._worker = replace(complete, shop=shop)
        self._queue = TextQueue()
        self._receiver = Receiver(OneConnection(complete), self._queue, clock=lambda: samples.SENT_AT)

    def try_one(self) -> str:
        """Make a case and return what became of it; an error that must not happen passes."""
        sample = self._random.choice(self._samples)
        signed, genuine = self._signed(sample)
        event = self._event(signed)
        if bent := self._random.random() < EVENTS_BENT:
            self._bend_event(event)
        self._queue.texts.clear()
        try:
            receipt = self._receiver.receive(Request.from_event(event))
        except RejectedWebhook as error:
            if not 400 <= error.status < 500:
                raise AssertionError(f"the answer would be {error.status}") from error
            if isinstance(error, InvalidSignature) and genuine and not bent and error.reason == MISMATCH:
                raise AssertionError("a genuine signature was refused") from error
            return f"rejected: {error.code}"
        if receipt.greeting or receipt.reason == "trial_call":
            return "greeting"
        if receipt.outcome == "ignored":
            return f"ignored: {receipt.reason}"
        return self._work()

    @property
    def _random(self) -> random.Random:
        return self._hostile.random

    def _signed(self, sample: Sample) -> tuple[Signed, bool]:
        """Return a push, and whether nothing was changed after it was signed."""
        thin_alone = self._complete.shop.answers and self._random.random() < 0.5
        body = sample.body if thin_alone else self._hostile.body(sample.body)
        try:
            signed = self._complete.sign(sample, body=body)
        except (ValueError, MalformedWebhook):  # a sender that wraps its bodies cannot send every one
            return replace(self._complete.sign(sample), body=body), False
        if self._random.random() >= HEADERS_BENT:
            return signed, True
        headers = self._hostile.headers(signed.headers, self._words)
        return replace(signed, headers=headers), False

    def _event(self, signed: Signed) -> dict[str, object]:
        """Return the event that API Gateway makes of a request; binary bodies come in base64."""
        path = {"connection_id": self._complete.name}
        if signed.path_secret:
            path["secret"] = signed.path_secret
        try:
            text, encoded = signed.body.decode("utf-8"), False
        except UnicodeDecodeError:
            encoded = True
        if encoded or self._random.random() < 0.3:
            text, encoded = base64.b64encode(signed.body).decode("ascii"), True
        return {
            "version": "2.0",
            "routeKey": "POST /webhooks/{connection_id}",
            "headers": {name.lower(): value for name, value in signed.headers.items()},
            "pathParameters": path,
            "body": text,
            "isBase64Encoded": encoded,
        }

    def _bend_event(self, event: dict[str, object]) -> None:
        key = self._random.choice(("headers", "body", "isBase64Encoded", "queryStringParameters", "routeKey"))
        odd: tuple[object, ...] = (
            None,
            "",
            {},
            "{}",
            True,
            False,
            "GET /webhooks/{connection_id}",
            {"a": None},
        )
        event[key] = self._random.choice(odd)

    def _work(self) -> str:
        """Do the worker's part with the message as it comes back from the queue."""
        message = read_message(self._queue.texts[-1])
        if not isinstance(message, WebhookMessage):  # of no order: what a person wants of their data
            return f"accepted: {type(message).__name__}"
        assert len(message.body) <= MAXIMUM_BODY_BYTES
        assert message.webhook_id.isascii()
        assert message.order_id.isascii()
        assert 0 < len(message.webhook_id) <= 128
        assert 0 < len(message.order_id) <= 128
        try:
            self._complete.source.document(message.payload)
            outcome = self._worker.outcome_of(message.payload)
        except (MalformedWebhook, UnmappableOrder, ShopRejected) as error:
            str(error).encode("utf-8")
            return f"parked: {error.code}"
        except ShopUnavailable as error:
            return f"again: {error.code}"
        if outcome.body is not None:
            encode(assert_body(outcome.body))
        return outcome.text


def fuzz(seed: int, cases: int, *, stop_after: int = 20) -> Report:
    """Try that many cases, as many of each source but the slow; stop early when too much fails."""
    report = Report(seed)
    fuzzers = {name: SourceFuzzer(complete, seed) for name, complete in samples.load_all().items()}
    for name, fuzzer in fuzzers.items():
        share = -(-cases // len(fuzzers))
        for case in range(-(-share // SLOWER_WITH_RSA) if samples.uses_rsa(name) else share):
            report.cases[name] += 1
            try:
                outcome = fuzzer.try_one()
            except Exception:  # noqa: BLE001  # whatever it is, it is what is looked for
                report.failures.append(Failure(name, case, traceback.format_exc()))
                outcome = "FAILED"
                if len(report.failures) >= stop_after:
                    return report
            report.outcomes[name, outcome] += 1
    return report


def main() -> int:
    """Run from the command line; the exit code is 1 when something failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    began = time.monotonic()
    report = fuzz(given.seed, given.cases)
    for failure in report.failures:
        sys.stdout.write(f"--- {failure.source}, case {failure.case}\n{failure.what}\n")
    sys.stdout.write("\n".join(report.lines()) + f", {time.monotonic() - began:.0f} s\n")
    return 1 if report.failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
