"""What every source must do, whoever sends: the contract of :class:`bridge.sources.Source`.

A new module under ``bridge/sources`` is found by itself, and fails here until its samples lie beside the
others (see :mod:`tests.support.samples`).
"""

from __future__ import annotations

import contextlib
import dataclasses
import inspect
import json
import re
import subprocess
import sys
from datetime import timedelta

import pytest
from tests.sources.contract import (
    assert_ids,
    each_complete_source,
    each_sample,
    each_signed_sample,
    identified,
)
from tests.support import samples
from tests.support.samples import Sample, SourceSamples

from bridge import sources
from bridge.errors import (
    BridgeError,
)
from bridge.sources import Source, Traits, Webhook

FUNCTIONS = ("greeting", "verify", "identify", "fetch", "document", "updated_at", "parse", "sign")

TOO_HEAVY = {"boto3", "botocore", "Crypto", "phonenumbers", "pydantic", "requests", "urllib3"}

EXPECTATION = re.compile(r"delivery|greeting|(ignored|error): [a-z][a-z0-9_]*")

each_source = pytest.mark.parametrize("name", sources.NAMES)

# --- the module -----------------------------------------------------------------------------------


@each_source
def test_a_source_is_one_class_in_a_file_of_its_name(name: str) -> None:
    """It is found by the name, made once, and adds no public name to the contract's and its bases'."""
    source = sources.get(name)

    assert f"bridge.sources.{name.replace('-', '_')}" == type(source).__module__
    assert source is sources.get(name)
    own = {one for one in vars(type(source)) if not one.startswith("_")}
    assert own <= {
        one for base in type(source).__mro__[1:] for one in (*vars(base), *inspect.get_annotations(base))
    }
    for function in FUNCTIONS:
        wanted = inspect.signature(getattr(Source, function)).parameters.values()
        found = inspect.signature(getattr(type(source), function)).parameters.values()

        assert [(one.name, one.kind) for one in wanted] == [(one.name, one.kind) for one in found], function


def test_an_unknown_source_is_answered_with_those_there_are() -> None:
    """A wrong name gives a LookupError, not a KeyError, that says what would be right."""
    with pytest.raises(LookupError, match=r'no source "shopfy"; the sources are: .*shopify') as caught:
        sources.get("shopfy")

    assert not isinstance(caught.value, KeyError)


@each_source
def test_the_constants_of_a_source_are_complete(name: str) -> None:
    """Topics are distinct texts, traits short phrases without a full stop, settings have a meaning each."""
    source = sources.get(name)

    assert source.TOPICS
    assert len(source.TOPICS) == len(set(source.TOPICS))
    assert all(topic and topic.isprintable() for topic in source.TOPICS)
    assert isinstance(source.TRAITS, Traits)
    for trait, text in dataclasses.asdict(source.TRAITS).items():
        assert text == text.strip(), trait
        assert 0 < len(text) <= 200, trait
        assert not text.endswith("."), trait
        assert "|" not in text, f"{trait} stands in a table"
    assert all(key and meaning for key, meaning in source.SETTINGS.items())


@each_source
def test_a_source_imports_nothing_heavy(name: str) -> None:
    """The receiver imports it while the sender waits for the answer, and no other source with it."""
    code = (
        f"import sys; from bridge import sources; sources.get({name!r}); found = set(sys.modules); "
        f"rsa = {{'Crypto'}} if 'bridge.sources.shared.rsa' in found else set(); "  # no other way
        f"names = set(sources.NAMES) - {{{name!r}}}; "
        f"others = {{'bridge.sources.' + other.replace('-', '_') for other in names}}; "
        f"print(sorted(({TOO_HEAVY!r} | others) & found - rsa))"
    )

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "[]" == found.stdout.strip()


# --- the samples ----------------------------------------------------------------------------------


@each_source
def test_a_source_has_samples(name: str) -> None:
    """Each kind of sender can be tried out: a connection of it, listed samples, one that is a delivery."""
    found = samples.load(name)

    assert name == found.connection.source
    assert found.connection.timezone, "the connection should name its time zone"
    assert found.connection.country, "the connection should name its country"
    assert found.deliveries, "there should be a sample that becomes a delivery"


@each_complete_source
def test_the_list_of_samples_is_that_of_the_files(complete: SourceSamples) -> None:
    """No file is forgotten, and none is missing."""
    listed = {sample.name for sample in complete.samples}

    assert listed == samples.files(complete.name)


@each_sample()
def test_a_sample_says_what_becomes_of_it(complete: SourceSamples, sample: Sample) -> None:
    """The expectation has one of the forms that are compared; the topic is one of the source's own."""
    assert EXPECTATION.fullmatch(sample.expect)
    if sample.expect not in ("greeting", "ignored: topic"):
        assert sample.topic in complete.source.TOPICS


@each_sample()
def test_a_sample_becomes_what_it_should(complete: SourceSamples, sample: Sample) -> None:
    """From the request to CoopCycle's body: what ``samples.toml`` says, and only with our reference."""
    found = complete.outcome(complete.push(sample))

    assert sample.expect == found.text
    if sample.expect == "delivery":
        assert found.body is not None
        assert f'"{complete.name}/{found.order_id}"' in json.dumps(found.body)


@each_signed_sample
def test_receiver_and_worker_mean_the_same_order(complete: SourceSamples, sample: Sample) -> None:
    """The id under which a push was queued is that of the order which the worker reads, ignored or not."""
    push = complete.push(sample)
    webhook = identified(complete, push)
    if not isinstance(webhook, Webhook):
        return
    with contextlib.suppress(BridgeError):  # what a sample of an error is, is compared elsewhere
        options = complete.connection.options
        payload = complete.source.fetch(samples.payload_of(push, webhook), options, complete.shop)
        parsed = complete.source.parse(payload, options)

        assert webhook.order_id == parsed.order_id


@each_signed_sample
def test_a_webhooks_own_time_is_that_of_its_order(complete: SourceSamples, sample: Sample) -> None:
    """What is told before the order is read is never earlier than what is read; of a moment, if at all."""
    push = complete.push(sample)
    webhook = identified(complete, push)
    if not isinstance(webhook, Webhook):
        return
    options, payload = complete.connection.options, samples.payload_of(push, webhook)
    told = complete.source.updated_at(payload, options)
    with contextlib.suppress(BridgeError):
        parsed = complete.source.parse(complete.source.fetch(payload, options, complete.shop), options)
        if told and parsed.updated_at:
            assert timedelta(0) <= told - parsed.updated_at <= timedelta(microseconds=1)
        elif complete.source.fetch(payload, options, complete.shop) is payload:
            assert told or parsed.updated_at in (None, payload.received_at)


@each_signed_sample
def test_an_id_is_short_and_printable(complete: SourceSamples, sample: Sample) -> None:
    """Both ids fit a queue, a table and CoopCycle's metadata; the topic is that of the sample."""
    webhook = identified(complete, complete.push(sample))

    assert_ids(webhook)
    if isinstance(webhook, Webhook):
        assert sample.topic == webhook.topic


@each_signed_sample
def test_the_same_push_is_known_again(complete: SourceSamples, sample: Sample) -> None:
    """Neither a second look nor the sender's own repetition an hour later changes which push it is."""
    later = samples.SENT_AT + timedelta(hours=1)
    first = complete.push(sample)
    repeated = samples.push_of(complete.sign(sample, sent_at=later), later)

    webhook = identified(complete, first)

    assert webhook == identified(complete, first)
    assert webhook == identified(complete, repeated)


@each_signed_sample
def test_an_order_is_no_greeting(complete: SourceSamples, sample: Sample) -> None:
    """What is answered without a look at the signature is never an order."""
    assert complete.source.greeting(complete.push(sample), complete.connection.options) is None


@each_sample(lambda sample: sample.expect == "greeting")
def test_a_greeting_is_answered_with_what_it_brought(complete: SourceSamples, sample: Sample) -> None:
    """Anybody can make a trial call: the answer tells nothing new, and no secret."""
    push = complete.push(sample)

    answer = complete.source.greeting(push, complete.connection.options)

    assert answer is not None
    known = [push.body.decode("utf-8", "replace"), *push.headers.values(), *push.query.values()]
    assert all(any(word in text for text in known) for word in re.findall(r"[\w-]{6,}", answer))
