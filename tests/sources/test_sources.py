"""What every source must do, whoever sends: the contract of :class:`bridge.sources.Source`.

A new module under ``bridge/sources`` is found by itself, and fails here until its samples lie beside the
others (see :mod:`tests.support.samples`). The matrix of hostile signatures is that of no sender in
particular.
"""

from __future__ import annotations

import contextlib
import dataclasses
import inspect
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.sources.hostile_values import HOSTILE_BODIES, HOSTILE_VALUES
from tests.support import samples
from tests.support.samples import Sample, SourceSamples

from bridge import sources
from bridge.errors import (
    BridgeError,
    InvalidSignature,
    MalformedWebhook,
    ShopRejected,
    ShopUnavailable,
    UnmappableOrder,
)
from bridge.model import Ignored
from bridge.receiving.http import Request
from bridge.sources import Payload, Push, Source, Traits, Webhook

ALL = samples.load_all()
FUNCTIONS = ("greeting", "verify", "identify", "fetch", "document", "updated_at", "parse", "sign")
TOO_HEAVY = {"boto3", "botocore", "cryptography", "phonenumbers", "pydantic", "requests", "urllib3"}

PRINTABLE = re.compile(r"[!-~]{1,128}", re.ASCII)
EXPECTATION = re.compile(r"delivery|greeting|(ignored|error): [a-z][a-z0-9_]*")

each_source = pytest.mark.parametrize("name", sources.NAMES)
each_complete_source = pytest.mark.parametrize("complete", ALL.values(), ids=ALL)


def each_sample(wanted: Callable[[Sample], bool] | None = None) -> pytest.MarkDecorator:
    """Run a test for each sample, or each that is wanted, with what belongs to its source."""
    rows = [(one, sample) for one in ALL.values() for sample in one.samples if not wanted or wanted(sample)]
    return pytest.mark.parametrize(("complete", "sample"), rows, ids=[str(sample) for _, sample in rows])


each_signed_sample = each_sample(lambda sample: sample.expect != "greeting")


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
    """The receiver imports it while the sender waits for the answer."""
    code = (
        f"import sys; from bridge import sources; sources.get({name!r}); found = set(sys.modules); "
        f"rsa = {{'cryptography'}} if 'bridge.sources.shared.rsa' in found else set(); "  # no other way
        f"print(sorted({TOO_HEAVY!r} & found - rsa))"
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


# --- the signature --------------------------------------------------------------------------------


@each_signed_sample
def test_a_signed_sample_verifies(complete: SourceSamples, sample: Sample) -> None:
    """It passes under its secret, be that the current or the previous one."""
    current = complete.push(sample)
    previous = samples.push_of(complete.sign(sample, secret="previous"))

    complete.verify(current, "webhook")
    complete.verify(current, "webhook", "previous")
    complete.verify(previous, "webhook", "previous")
    complete.verify(current, "previous", "webhook")


@each_signed_sample
def test_another_connections_secret_does_not_verify(complete: SourceSamples, sample: Sample) -> None:
    """A push that is right for somebody else is wrong here."""
    push = samples.push_of(complete.sign(sample, secret="other"))

    refused(complete, push, "webhook", "previous")
    refused(complete, complete.push(sample), "other")


@each_complete_source
@pytest.mark.parametrize("secrets", [[], [""], ["", "  "], ["\n"]], ids=repr)
def test_without_a_secret_nothing_verifies(complete: SourceSamples, secrets: list[str]) -> None:
    """A blank secret is no secret: anybody could sign with it."""
    push = complete.push(complete.deliveries[0])
    bare = Push(push.body, {}, push.received_at)
    blank = Push(push.body, dict.fromkeys(push.headers, ""), push.received_at)
    guessed = [signed for secret in secrets if (signed := signed_with(complete, secret))]

    for one in (push, bare, blank, *guessed):
        with pytest.raises(InvalidSignature):
            complete.source.verify(one, secrets, complete.connection.options)


@each_complete_source
@pytest.mark.parametrize("secret", ["\x00", "é", "\ud800", "whsec_", "===", "a" * 10_000, "-----BEGIN"])
def test_an_odd_secret_is_a_wrong_secret(complete: SourceSamples, secret: str) -> None:
    """Whatever was stored as the secret, verification has one way to fail."""
    push = complete.push(complete.deliveries[0])

    with pytest.raises(InvalidSignature):
        complete.source.verify(push, [secret], complete.connection.options)
    complete.source.verify(push, [secret, complete.known["webhook"]], complete.connection.options)


def hostile_values(right: str) -> Iterator[tuple[str, str]]:
    """Give every value that must not pass in the place of the right one."""
    yield from HOSTILE_VALUES.items()
    yield "a character more", right + "A"
    yield "half", right[: len(right) // 2]
    yield "a character changed", ("B" if right[:1] == "A" else "A") + right[1:]
    yield "turned round", right[::-1]


@each_complete_source
def test_a_hostile_value_has_one_way_to_fail(complete: SourceSamples) -> None:
    """Every part of a push on which its genuineness hangs is tried: missing, empty, odd, nearly right.

    Which parts these are is found out by leaving them away; there must be one.
    """
    push = complete.push(complete.deliveries[0])
    matters = [name for name in push.headers if not passes(complete, without(push, name))]
    tried = 0

    for name in push.headers:
        for what, value in hostile_values(push.headers[name]):
            tried += 1
            passed = passes(complete, replace(push, headers={**push.headers, name: value}))
            assert not (passed and name in matters), f"{name}: {what}"
    if push.path_secret:
        for what, value in hostile_values(push.path_secret):
            tried += 1
            assert not passes(complete, replace(push, path_secret=value)), f"path: {what}"
    for what, value in HOSTILE_VALUES.items():
        everywhere = replace(push, headers=dict.fromkeys(push.headers, value), path_secret=value)
        assert not passes(complete, everywhere) or signs_by_body(push, matters), what
    assert tried
    if signs_by_body(push, matters):
        assert not passes(complete, replace(push, body=push.body + b"A"))
    else:
        refused(complete, Push(push.body, {}, push.received_at), "webhook", "previous")


@each_complete_source
def test_a_body_is_part_of_what_is_signed(complete: SourceSamples) -> None:
    """Not a byte can be changed, unless the sender only shows the secret itself."""
    push = complete.push(complete.deliveries[0])
    if shows_the_secret(complete, push):
        pytest.skip("this sender cannot sign: it shows its secret")
    middle = len(push.body) // 2
    bodies = [
        b"",
        b" ",
        b"\xff\xfe\x00",
        push.body + b"x",
        push.body[:-1],
        push.body[:middle] + bytes([push.body[middle] ^ 1]) + push.body[middle + 1 :],
        bytes([push.body[0] ^ 1]) + push.body[1:],
        push.body * 2,
    ]

    for body in bodies:
        refused(complete, replace(push, body=body), "webhook", "previous")


@each_complete_source
def test_a_secret_is_shown_nowhere(complete: SourceSamples) -> None:
    """Neither errors nor the representations of a request hold a secret, the one in the address included."""
    push = complete.push(complete.deliveries[0])
    signed = complete.sign(complete.deliveries[0])
    request = Request(complete.name, push.headers, push.body, push.path_secret)
    shown = [repr(push), repr(signed), repr(request)]
    bearing = {"x-webhook-secret": complete.secrets["webhook"]}
    shown += [repr(replace(push, headers=bearing)), repr(replace(request, headers=bearing))]
    for broken in broken_pushes(push):
        shown += errors_of(complete, broken)

    for kind in ("webhook", "previous"):
        assert not [text for text in shown if complete.secrets[kind] in text]


# --- hostile bodies -------------------------------------------------------------------------------


@each_complete_source
@pytest.mark.parametrize("raw", HOSTILE_BODIES.values(), ids=HOSTILE_BODIES)
def test_a_hostile_body_has_one_way_to_fail(complete: SourceSamples, raw: bytes) -> None:
    """Signed but unreadable is one class of the taxonomy, at the receiver and in the worker."""
    for sample in complete.samples:
        if sample.expect != "greeting":
            try_body(complete, sample, raw)


@each_complete_source
def test_a_torn_order_has_one_way_to_fail(complete: SourceSamples) -> None:
    """Each field of a real body, or of the shop's answer, is taken away and replaced by other types."""
    sample = complete.deliveries[0]
    push = complete.push(sample)
    webhook = identified(complete, push)
    assert isinstance(webhook, Webhook)
    payload = samples.payload_of(push, webhook)

    for raw in torn(push.body):
        try_payload(complete, replace(payload, body=raw))
        identified(complete, replace(push, body=raw))
    for path in dict.fromkeys(complete.asked_for(payload)):
        for raw in (*HOSTILE_BODIES.values(), *torn(complete.shop.answers[path])):
            shop = replace(complete.shop, answers={**complete.shop.answers, path: raw})
            try_payload(replace(complete, shop=shop), payload)


ODD_VALUES: tuple[object, ...] = (None, True, 0, -1, 1.5, 10**30, "", " ", "\x00", [], [None], {}, {"a": {}})


def torn(raw: bytes) -> Iterator[bytes]:
    """Give a JSON body once for each place in it and each odd value there; nothing for another body."""
    try:
        document = json.loads(raw)
    except ValueError:
        return
    for changed in _torn(document):
        yield json.dumps(changed).encode()


def _torn(document: object) -> Iterator[object]:
    if isinstance(document, dict):
        for key, value in document.items():
            yield {other: kept for other, kept in document.items() if other != key}
            yield from ({**document, key: odd} for odd in ODD_VALUES)
            yield from ({**document, key: inner} for inner in _torn(value))
    if isinstance(document, list) and document:
        yield from ([odd, *document[1:]] for odd in ODD_VALUES)
        yield from ([inner, *document[1:]] for inner in _torn(document[0]))


# --- what the tests above share -------------------------------------------------------------------


def identified(complete: SourceSamples, push: Push) -> Webhook | Ignored | None:
    """Identify a push; ``None`` when it is malformed, which another test compares."""
    try:
        return complete.source.identify(push, complete.connection.options)
    except MalformedWebhook:
        return None


def signed_with(complete: SourceSamples, secret: str) -> Push | None:
    """Return a sample signed with any secret; ``None`` when the source cannot sign with this one."""
    secrets = {**complete.secrets, "webhook": secret}
    try:
        return samples.push_of(replace(complete, secrets=secrets).sign(complete.deliveries[0]))
    except (ValueError, MalformedWebhook):
        return None


def assert_ids(webhook: Webhook | Ignored | None) -> None:
    """Expect ids that fit a queue, a table and CoopCycle's metadata, in what leads to a delivery."""
    if isinstance(webhook, Webhook):
        assert not webhook.webhook_id or PRINTABLE.fullmatch(webhook.webhook_id)
        assert type(webhook) is not Webhook or PRINTABLE.fullmatch(webhook.order_id)


def refusal(complete: SourceSamples, push: Push) -> str | None:
    """Say why a push does not verify; any error but InvalidSignature fails the test."""
    try:
        complete.verify(push, "webhook", "previous")
    except InvalidSignature as error:
        return error.reason
    return None


def passes(complete: SourceSamples, push: Push) -> bool:
    """Tell whether a push verifies."""
    return refusal(complete, push) is None


def refused(complete: SourceSamples, push: Push, *secrets: str) -> None:
    """Expect a push not to verify."""
    with pytest.raises(InvalidSignature) as caught:
        complete.verify(push, *secrets)

    assert re.fullmatch(r"[a-z][a-z0-9_]*", caught.value.reason)


def without(push: Push, header: str) -> Push:
    """Return a push without a header."""
    return replace(push, headers={name: value for name, value in push.headers.items() if name != header})


def shows_the_secret(complete: SourceSamples, push: Push) -> bool:
    """Tell whether a push carries the secret itself, as of senders that cannot sign."""
    secret = complete.secrets["webhook"]
    return secret == push.path_secret or any(secret in value for value in push.headers.values())


def signs_by_body(push: Push, matters: list[str]) -> bool:
    """Tell whether all of the signature stands in the body: no header matters, nor does the address."""
    return not matters and not push.path_secret


def broken_pushes(push: Push) -> Iterator[Push]:
    """Give pushes that must not verify, or not be readable."""
    yield replace(push, headers=dict.fromkeys(push.headers, "x"), path_secret="x")
    yield replace(push, headers={}, path_secret="")
    for body in (b"", b"\xff", b"{}", b"[]", push.body[:-2]):
        yield replace(push, body=body)


def errors_of(complete: SourceSamples, push: Push) -> list[str]:
    """Return everything an error says, with what it was raised from."""
    texts: list[str] = []
    options = complete.connection.options
    for call in (
        lambda: complete.verify(push, "webhook", "previous"),
        lambda: complete.source.identify(push, options),
        lambda: complete.source.parse(
            Payload(push.body, complete.source.TOPICS[0], push.received_at, push.content_type), options
        ),
    ):
        try:
            call()
        except BridgeError as error:
            one: BaseException | None = error
            while one is not None:
                texts += [str(one), repr(one)]
                one = one.__cause__ or one.__context__
    return texts


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


def try_payload(complete: SourceSamples, payload: Payload) -> None:
    """Put a payload through the worker's functions; any error but the contract's fails the test."""
    complete.source.updated_at(payload, complete.connection.options)
    with contextlib.suppress(MalformedWebhook):
        complete.source.document(payload)
    with contextlib.suppress(MalformedWebhook, UnmappableOrder, ShopRejected, ShopUnavailable):
        complete.outcome_of(payload)
