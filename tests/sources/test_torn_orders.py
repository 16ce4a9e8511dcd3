"""Hostile bodies through every source: odd bytes, and real orders of which a piece is torn."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.sources.contract import assert_ids, each_complete_source, identified, refusal
from tests.sources.hostile_values import HOSTILE_BODIES
from tests.support import samples
from tests.support.samples import Sample, SourceSamples

from bridge.errors import (
    MalformedWebhook,
    ShopRejected,
    ShopUnavailable,
    UnmappableOrder,
)
from bridge.fields.fields import FIELDS
from bridge.model import Order
from bridge.planning.read_order import read_order
from bridge.sources import Payload, Webhook
from bridge.sources.shared.forms import FormSource


@each_complete_source
@pytest.mark.parametrize("raw", HOSTILE_BODIES.values(), ids=HOSTILE_BODIES)
def test_a_hostile_body_has_one_way_to_fail(complete: SourceSamples, raw: bytes) -> None:
    """Signed but unreadable is one class of the taxonomy, at the receiver and in the worker."""
    for sample in complete.samples:
        if sample.expect != "greeting":
            try_body(complete, sample, raw)


@each_complete_source
def test_a_torn_order_is_refused_for_what_is_torn(complete: SourceSamples) -> None:
    """Each field of a real body, or of the shop's answer, is taken away and replaced by other types.

    What is refused is named: the place that was torn or one in or around it, in the sender's terms; of
    a form, whose fields the connection names, the connection's name or the answer's.
    """
    sample = complete.deliveries[0]
    push = complete.push(sample)
    webhook = identified(complete, push)
    assert isinstance(webhook, Webhook)
    payload = samples.payload_of(push, webhook)

    whole = read_order(complete.connection, payload, complete.shop)
    assert isinstance(whole, Order)
    complete.outcome_of_order(whole)

    for place, raw in torn(push.body):
        named = try_payload(complete, replace(payload, body=raw), whole)
        assert is_named(complete, named, place), f"{place}: {named}"
        identified(complete, replace(push, body=raw))
    for path in dict.fromkeys(complete.asked_for(payload)):
        for raw in HOSTILE_BODIES.values():
            try_payload(answering(complete, path, raw), payload)
        for place, raw in torn(complete.shop.answers[path]):
            named = try_payload(answering(complete, path, raw), payload, whole)
            assert is_named(complete, named, place), f"{place}: {named}"


ODD_VALUES: tuple[object, ...] = (None, True, 0, -1, 1.5, 10**30, "", " ", "\x00", [], [None], {}, {"a": {}})
# Where the order stands in what is sent: its fields are named without, as people at the shop know them.
HOLDERS = {"adobe-commerce": "data.value.", "square": "order."}


def answering(complete: SourceSamples, path: str, raw: bytes) -> SourceSamples:
    """Return the samples with another answer of the shop's API."""
    return replace(complete, shop=replace(complete.shop, answers={**complete.shop.answers, path: raw}))


def is_named(complete: SourceSamples, named: str, place: str) -> bool:
    """Tell whether an error, "" for none, names a place, one in it, or one around it."""
    if not named or named.startswith(("fields.", "sender.")):
        return True
    if isinstance(complete.source, FormSource):
        known = ("answers.", "labels.", *complete.connection.options.fields.values(), *FIELDS)
        return named.startswith(known)
    torn_place = _without_numbers(place.removeprefix(HOLDERS.get(complete.name, "")))
    field = _without_numbers(named.partition(" ")[0])  # "form_fields[0] Day": with the question's own words
    return torn_place.startswith(field) or field.startswith(torn_place)


def _without_numbers(path: str) -> str:
    """Return a path that ends at a dot; what is torn in the first of a list may be missed in the next."""
    return re.sub(r"\[\d+\]", "", path) + "."


def torn(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """Give a JSON body once for each place in it and each odd value there; nothing for another body."""
    try:
        document = json.loads(raw)
    except ValueError:
        return
    for place, changed in _torn(document, ""):
        yield place, json.dumps(changed).encode()


def _torn(document: object, path: str) -> Iterator[tuple[str, object]]:
    if isinstance(document, dict):
        for key, value in document.items():
            place = f"{path}.{key}".removeprefix(".")
            yield place, {other: kept for other, kept in document.items() if other != key}
            yield from ((place, {**document, key: odd}) for odd in ODD_VALUES)
            yield from ((inner, {**document, key: changed}) for inner, changed in _torn(value, place))
    if isinstance(document, list) and document:
        place = f"{path}[0]"
        yield from ((place, [odd, *document[1:]]) for odd in ODD_VALUES)
        yield from ((inner, [changed, *document[1:]]) for inner, changed in _torn(document[0], place))


def try_body(complete: SourceSamples, sample: Sample, raw: bytes) -> None:
    """Put a body through every function that reads it, in the place of the sample's."""
    options, source = complete.connection.options, complete.source
    pushes = [replace(complete.push(sample), body=raw)]
    try:
        pushes.append(samples.push_of(complete.sign(sample, body=raw)))
    except (ValueError, MalformedWebhook):
        pass  # a sender that wraps its bodies cannot send every one
    else:
        # Over the raw bytes, whatever they are; but a source may look for its recipient in them.
        assert not (refusal(complete, pushes[-1]) or "").startswith("signature_")
    for push in pushes:
        assert source.greeting(push, options) is None
        assert_ids(identified(complete, push))
        try_payload(complete, Payload(push.body, sample.topic, push.received_at, push.content_type))


def is_the_same(order: Order, other: Order | None) -> bool:
    """Tell whether nothing that planning reads is another: most of a sender's body is nothing to it."""
    return (
        other is not None
        and order == other
        and order.writings == other.writings
        and order.paths == other.paths
    )


def try_payload(complete: SourceSamples, payload: Payload, whole: Order | None = None) -> str:
    """Put a payload through the worker's functions; any error but the contract's fails the test.

    An order that is read as ``whole``, the untorn one, which can be planned, is not planned again.
    Returns the field that an order is refused for, "" where it is not.
    """
    complete.source.updated_at(payload, complete.connection.options)
    with contextlib.suppress(MalformedWebhook):
        complete.source.document(payload)
    try:
        order = read_order(complete.connection, payload, complete.shop)
        if isinstance(order, Order) and not is_the_same(order, whole):
            complete.outcome_of_order(order)
    except UnmappableOrder as error:
        return error.field
    except (MalformedWebhook, ShopRejected, ShopUnavailable):
        pass
    return ""
