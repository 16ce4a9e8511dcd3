"""Whatever stands in any place of an order, or comes in its place, is read, ignored or refused."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sources.contract import ALL, each_complete_source, identified
from tests.sources.test_torn_orders import answering, try_payload
from tests.support import samples
from tests.support.any_json import any_json
from tests.support.samples import Sample, SourceSamples

from bridge import sources
from bridge.errors import BridgeError
from bridge.model import Ignored
from bridge.reasons import Reason
from bridge.sources import Payload, Push
from bridge.sources.shared.forms import FormSource

ANYTHING = any_json(texts=st.text(max_size=20))
NO_JSON = ("jotform",)  # its bodies are texts alone
BY_THE_BODY = ("adobe-commerce",)  # an event says itself what it is, as a form's does


def each_source_but(*names: str) -> pytest.MarkDecorator:
    """Run a test for each source but some."""
    wanted = {name: one for name, one in ALL.items() if name not in names}
    return pytest.mark.parametrize("complete", wanted.values(), ids=wanted)


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Give the way to each place in a document."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield (*path, key)
            yield from places(inner, (*path, key))


def with_another(raw: bytes, path: tuple[str | int, ...], value: object) -> bytes:
    """Return a JSON body with another value in a place."""
    document = holder = json.loads(raw)
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return json.dumps(document).encode()


def json_delivery(complete: SourceSamples) -> Sample:
    """Return the first sample that becomes a delivery and is JSON."""
    return next(sample for sample in complete.deliveries if sample.body.lstrip().startswith(b"{"))


@each_source_but(*NO_JSON)
def test_any_value_in_any_place_is_read_or_refused(complete: SourceSamples) -> None:
    """In what is pushed, under each of its topics, and in what the shop's API answers."""
    sample = json_delivery(complete)
    pushed = Payload(sample.body, sample.topic, samples.SENT_AT)
    documents = {"": sample.body}
    documents |= {path: complete.shop.answers[path] for path in complete.asked_for(pushed)}
    pushes = {topic: complete.push(replace(sample, topic=topic)) for topic in complete.source.TOPICS}
    every = [(where, path) for where, raw in documents.items() for path in places(json.loads(raw))]

    @settings(max_examples=120)
    @given(st.sampled_from(every), ANYTHING, st.sampled_from(sorted(pushes)))
    def run(place: tuple[str, tuple[str | int, ...]], value: object, topic: str) -> None:
        where, path = place
        raw = with_another(documents[where], path, value)
        if where:
            try_payload(answering(complete, where, raw), pushed)
        else:
            identified(complete, replace(pushes[topic], body=raw))
            try_payload(complete, replace(pushed, body=raw, topic=topic))

    run()


@each_complete_source
def test_any_bytes_raise_our_errors_only(complete: SourceSamples) -> None:
    """Whatever comes in, with whatever in the headers that the sender sends, ends in the taxonomy."""
    source, options = complete.source, complete.connection.options
    names = complete.push(complete.deliveries[0]).headers

    @settings(max_examples=100)
    @given(st.binary(max_size=200), st.text(max_size=60), st.sampled_from(source.TOPICS))
    def run(raw: bytes, shown: str, topic: str) -> None:
        push = Push(raw, dict.fromkeys(names, shown), samples.SENT_AT, shown)
        with contextlib.suppress(BridgeError):
            complete.verify(push, "webhook")
            pytest.fail("these bytes were signed by nobody")
        for step in (
            lambda: source.identify(push, options),
            lambda: source.parse(Payload(raw, topic, samples.SENT_AT), options),
            lambda: source.document(Payload(raw, topic, samples.SENT_AT)),
        ):
            with contextlib.suppress(BridgeError):
                step()

    run()


@each_source_but(*BY_THE_BODY, *(name for name in ALL if isinstance(sources.get(name), FormSource)))
def test_a_topic_of_another_version_leads_to_nothing(complete: SourceSamples) -> None:
    """A message of one that a later version no longer follows is ignored by the worker, too."""
    sample, options = complete.deliveries[0], complete.connection.options
    payload = Payload(complete.push(sample).body, sample.topic, samples.SENT_AT)
    fetched = complete.source.fetch(payload, options, complete.shop)

    found = complete.source.parse(replace(fetched, topic="of/tomorrow"), options)

    assert Ignored(Reason.TOPIC) == found
