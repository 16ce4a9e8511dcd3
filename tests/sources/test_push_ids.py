"""The id of a push: the sender's own, or none; never one that is made of what the push says."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.support import samples
from tests.support.samples import SourceSamples

from bridge import sources
from bridge.model import Ignored
from bridge.receiving.messages import WebhookMessage
from bridge.sources import Push, Webhook

ALL = samples.load_all()
GOOD = "2f6c1c1e-0d0c-4b6e-9d0e-5f1f4a3f7b10"
ODD = ("", " ", "two words", "é" * 20, "x" * 129, "\x00", "٣" * 8)


def in_header(name: str) -> Callable[[SourceSamples, str], Push]:
    """Return how a sender gives an id in a header."""

    def push(complete: SourceSamples, given: str) -> Push:
        first = complete.push(complete.deliveries[0])
        return replace(first, headers={**first.headers, name: given})

    return push


def in_body(key: str) -> Callable[[SourceSamples, str], Push]:
    """Return how a sender gives an id in the body."""

    def push(complete: SourceSamples, given: str) -> Push:
        first = complete.push(complete.deliveries[0])
        return replace(first, body=json.dumps(json.loads(first.body) | {key: given}).encode())

    return push


def in_a_token(complete: SourceSamples, given: str) -> Push:
    """Give an id as Wix does, in the innermost of three objects."""
    return samples.push_of(complete.sign(complete.deliveries[0], webhook_id=given))


# Where each sender's documentation says that the id of a push stands; the others give none.
GIVEN: dict[str, Callable[[SourceSamples, str], Push]] = {
    "adobe-commerce": in_header("x-adobe-event-id"),
    "bigcommerce": in_header("webhook-id"),
    "prestashop": in_body("id"),
    "shopify": in_header("x-shopify-webhook-id"),
    "square": in_body("event_id"),
    "squarespace": in_body("id"),
    "standard-webhooks": in_header("webhook-id"),
    "tally": in_body("eventId"),
    "typeform": in_body("event_id"),
    "wix": in_a_token,
}


def identified(complete: SourceSamples, push: Push) -> Webhook:
    """Identify a push that is about an order."""
    webhook = complete.source.identify(push, complete.connection.options)
    assert isinstance(webhook, Webhook)
    return webhook


@pytest.mark.parametrize("name", GIVEN)
def test_the_id_is_the_senders_own(name: str) -> None:
    """It is taken as it is given; one that no queue could carry counts as none."""
    complete, give = ALL[name], GIVEN[name]

    assert GOOD == identified(complete, give(complete, GOOD)).webhook_id
    for odd in ODD:
        assert identified(complete, give(complete, odd)).webhook_id == "", odd


@pytest.mark.parametrize("name", sorted(set(sources.NAMES) - set(GIVEN)))
def test_without_an_id_of_its_own_a_push_has_none(name: str) -> None:
    """Whatever its headers and its body say, no digest stands for what the sender does not give."""
    complete = ALL[name]
    for sample in complete.samples:
        if sample.expect != "greeting":
            webhook = complete.source.identify(complete.push(sample), complete.connection.options)

            assert isinstance(webhook, Ignored) or webhook.webhook_id == ""


@pytest.mark.parametrize("name", sources.NAMES)
def test_the_same_state_sent_later_is_another_message(name: str) -> None:
    """Cancelled, taken back, cancelled again: the queue drops an id that it has seen, and keeps all three."""
    complete = ALL[name]
    push = complete.push(complete.deliveries[0])
    if name in GIVEN:
        push = GIVEN[name](complete, "")
    webhook = identified(complete, push)
    later = replace(push, received_at=push.received_at + timedelta(seconds=1))

    first, second = (WebhookMessage.of("acme", name, one, webhook).webhook_id for one in (push, later))

    assert first
    assert first != second
