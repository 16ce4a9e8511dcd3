"""Huge webhooks through the whole way from request to CoopCycle's body: none may hold up the batch.

``python -m tests.fuzz.fuzz_sizes --seed 1`` puts into places of each source's samples, one by one, a
text, a list or an object of megabytes, as large as a request can be, and measures what receiving and reading
take. What must not happen: more than a second of CPU in either function, or 200 MiB beside the body. The same
seed gives the same cases.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlencode

from tests.fuzz.fuzz_sources import OneConnection, TextQueue
from tests.support import samples
from tests.support.samples import Sample, SourceSamples

from bridge.document import MOST_MEMBERS, MOST_VALUES
from bridge.errors import BridgeError
from bridge.receiving.http import Receiver, Request
from bridge.receiving.messages import WebhookMessage, read_message

MOST_SECONDS, MOST_MIB = 1.0, 200.0  # of CPU; beside the body itself
LARGEST_BYTES = 5_500_000  # of a request: API Gateway passes 10 MB on, Lambda 6 MB with the base64
PLACES = 12  # of each source, drawn from all of its samples


@dataclass(frozen=True)
class Case:
    """One huge body, and what it took."""

    source: str
    sample: str
    place: str
    filling: str
    seconds: float
    mib: float
    outcome: str

    @property
    def is_too_much(self) -> bool:
        """Whether it holds up the others."""
        return self.seconds > MOST_SECONDS or self.mib > MOST_MIB

    def __str__(self) -> str:
        where = f"{self.source}/{self.sample} {self.place}"
        return f"{where}: {self.filling}: {self.seconds:.2f} s, {self.mib:.0f} MiB, {self.outcome}"


def _many(one: object, count: int = MOST_MEMBERS) -> list[Any]:
    """Return one list, as long as a document's may be, or several of them in a list."""
    if count <= MOST_MEMBERS:
        return [one] * count
    return [[one] * MOST_MEMBERS] * (count // MOST_MEMBERS)


# Megabytes as JSON, or as many values as a document may have, but for the last.
FILLINGS: Mapping[str, Callable[[Any], object]] = {
    "a long text": lambda old: "x" * 4_000_000,
    "a text of digits": lambda old: "1" * 4_000_000,
    "a text of words": lambda old: "rue 1 " * 700_000,
    "a text of commas": lambda old: "a," * (MOST_VALUES - 5_000),
    "a text of lines": lambda old: "a\n" * 1_300_000,
    "a text of wide letters": lambda old: "\ufdfa" * 1_300_000,  # NFKC makes eighteen of each
    "a text of signs": lambda old: "(" * 4_000_000,
    "JSON in a text": lambda old: json.dumps(_many({"a": "1"}, MOST_VALUES // 2 - 10_000)),
    "many texts": lambda old: [f"0612{index:06}" for index in range(MOST_MEMBERS)],
    "many long texts": lambda old: _many("rue 1, 2\n" * 10_000, 50),
    "many numbers": lambda old: list(range(MOST_MEMBERS)),
    "many lists of numbers": lambda old: _many(1, MOST_VALUES - 10_000),
    "many of the same": lambda old: _as_many(old),
    "many empty objects": lambda old: _many({}, MOST_VALUES // 2 - 10_000),
    "many keys": lambda old: {f"Delivery date {index}": "2026-12-04" for index in range(MOST_MEMBERS)},
    "many lists in lists": lambda old: _many([[["x"]]]),
    "a deep one": lambda old: _deep(old),
    "more than is read": lambda old: [{}] * 1_000_000,
}


def _deep(old: object) -> object:
    for _ in range(400):
        old = {"a" * 40: old, "b": _many({}, 180)}
    return old


def _as_many(one: object) -> list[Any]:
    text = json.dumps(one)
    values = 1 + sum(map(text.count, ",[{"))
    return _many(
        one, max(2, min(4_000_000 // (len(text) + 2), (MOST_VALUES - 5_000) // values, MOST_MEMBERS))
    )


def places(document: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield every place of a document: its path, the object or list that holds it, and its key there."""
    keys = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in list(keys):
        where = f"{path}.{key}".lstrip(".")
        yield where, document, key
        if isinstance(value, dict | list):
            yield from places(value, where)


def huge_bodies(sample: Sample, path: str) -> Iterator[tuple[str, bytes]]:
    """Yield huge bodies made of a sample by what is put into one place of it, each with the filling."""
    for document, write in _documents(sample.body):
        for filling, make in FILLINGS.items():
            changed = copy.deepcopy(document)
            holder, key = next((holder, key) for one, holder, key in places(changed) if one == path)
            holder[key] = make(holder[key])
            body = write(changed)
            if body is not None and len(body) <= LARGEST_BYTES:
                yield filling, body


def huge_names(sample: Sample) -> Iterator[tuple[str, bytes]]:
    """Yield a sample's document with names of megabytes, of one and of many members."""
    for document, write in _documents(sample.body):
        for filling, names in (
            ("a long name", {"x" * 4_000_000: "1"}),
            ("many names", {f"name {i}": "1" for i in range(MOST_MEMBERS - 100)}),
        ):
            raw = write({**names, **document})
            if raw is not None and len(raw) <= LARGEST_BYTES:
                yield filling, raw


def _documents(body: bytes) -> Iterator[tuple[Any, Callable[[Any], bytes | None]]]:
    """Yield what can be changed in a body, and how it is written again: JSON, or the fields of a form."""
    if body.startswith(b"--"):
        yield from _lines_of_json(body.split(b"\n"))
        return
    try:
        document = json.loads(body)
    except ValueError:
        try:
            fields = dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=1000))
        except ValueError:
            return
        if fields:
            yield fields, _written_as_a_form
    else:
        if isinstance(document, dict):
            yield document, lambda changed: json.dumps(changed, ensure_ascii=False).encode()


def _lines_of_json(lines: list[bytes]) -> Iterator[tuple[Any, Callable[[Any], bytes | None]]]:
    """Yield the parts of a multipart body that are JSON."""
    for index, line in enumerate(lines):
        if line.startswith(b"{"):
            yield json.loads(line), partial(_with_line, lines, index)


def _with_line(lines: list[bytes], index: int, changed: Any) -> bytes:
    end = b"\r" if lines[index].endswith(b"\r") else b""
    return b"\n".join([*lines[:index], json.dumps(changed).encode() + end, *lines[index + 1 :]])


def _written_as_a_form(fields: Any) -> bytes | None:
    if not all(isinstance(value, str) for value in fields.values()):
        return None
    return urlencode(fields, safe=", ()\n").encode()


class SizeFuzzer:
    """Tries one source."""

    def __init__(self, complete: SourceSamples) -> None:
        self._complete = complete
        self._queue = TextQueue()
        self._receiver = Receiver(OneConnection(complete), self._queue, clock=lambda: samples.SENT_AT)

    def cases(self, seed: int, most: int) -> Iterator[Case]:
        """Yield what each huge body took."""
        chance = random.Random(f"{seed}/{self._complete.name}")
        signed = [sample for sample in self._complete.samples if sample.expect != "greeting"]
        found = [
            (sample, path)
            for sample in signed
            for document, _ in _documents(sample.body)
            for path, _, _ in places(document)
        ]
        for sample, path in chance.sample(found, min(most, len(found))):
            for filling, body in huge_bodies(sample, path):
                yield self._measured(sample, path, filling, body)
        for filling, body in huge_names(signed[0]):
            yield self._measured(signed[0], "", filling, body)

    def _measured(self, sample: Sample, place: str, filling: str, body: bytes) -> Case:
        try:
            push = samples.push_of(self._complete.sign(sample, body=body))
        except (ValueError, BridgeError):
            return Case(self._complete.name, sample.name, place, filling, 0, 0, "cannot be signed")
        request = Request(self._complete.name, push.headers, push.body, push.path_secret)
        received, worked, outcome = self._take(request)
        seconds, mib = max(received, worked), 0.0
        if seconds > MOST_SECONDS / 20:  # what takes no time takes no memory either
            tracemalloc.start()
            self._take(request)
            mib = tracemalloc.get_traced_memory()[1] / 2**20
            tracemalloc.stop()
        return Case(self._complete.name, sample.name, place[:60], filling, seconds, mib, outcome)

    def _take(self, request: Request) -> tuple[float, float, str]:
        """Return what the receiver and the worker took, each a function of its own, and what became of it."""
        began = time.process_time()
        try:
            receipt = self._receiver.receive(request)
        except BridgeError as error:
            return time.process_time() - began, 0, error.code
        received = time.process_time() - began
        if receipt.outcome == "ignored":
            return received, 0, f"ignored: {receipt.reason}"
        began = time.process_time()
        try:
            message = read_message(self._queue.texts.pop())
            worked = (
                self._complete.outcome_of(message.payload) if isinstance(message, WebhookMessage) else None
            )
            outcome = worked.text if worked else "accepted"
        except BridgeError as error:
            outcome = error.code
        return received, time.process_time() - began, outcome


def main() -> int:
    """Run from the command line; the exit code is 1 when a case took too much."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--places", type=int, default=PLACES)
    parser.add_argument("--source", default="")
    given = parser.parse_args()
    worst: dict[str, Case] = {}
    count = failed = 0
    for name, complete in samples.load_all().items():
        if given.source not in ("", name):
            continue
        for case in SizeFuzzer(complete).cases(given.seed, given.places):
            count += 1
            failed += case.is_too_much
            if case.is_too_much:
                sys.stdout.write(f"TOO MUCH {case}\n")
            if name not in worst or case.seconds > worst[name].seconds:
                worst[name] = case
    sys.stdout.write("\n".join(f"worst of {name}: {case}" for name, case in sorted(worst.items())))
    sys.stdout.write(f"\n{count} huge bodies with seed {given.seed}, {failed} took too much\n")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
