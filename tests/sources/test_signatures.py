"""Signatures of every source: what passes, and a matrix of hostile values that is that of no sender."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.sources.contract import each_complete_source, each_signed_sample, refusal
from tests.sources.hostile_values import HOSTILE_VALUES
from tests.support import samples
from tests.support.samples import Sample, SourceSamples

from bridge.errors import (
    BridgeError,
    InvalidSignature,
    MalformedWebhook,
)
from bridge.receiving.http import Request
from bridge.sources import Payload, Push


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


def signed_with(complete: SourceSamples, secret: str) -> Push | None:
    """Return a sample signed with any secret; ``None`` when the source cannot sign with this one."""
    secrets = {**complete.secrets, "webhook": secret}
    try:
        return samples.push_of(replace(complete, secrets=secrets).sign(complete.deliveries[0]))
    except (ValueError, MalformedWebhook):
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
