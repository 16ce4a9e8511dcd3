"""What the tests of the sources' contract share."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from tests.support import samples
from tests.support.samples import Sample, SourceSamples

from bridge.errors import (
    InvalidSignature,
    MalformedWebhook,
)
from bridge.model import Ignored
from bridge.sources import Push, Webhook

ALL = samples.load_all()

PRINTABLE = re.compile(r"[!-~]{1,128}", re.ASCII)

each_complete_source = pytest.mark.parametrize("complete", ALL.values(), ids=ALL)


def each_sample(wanted: Callable[[Sample], bool] | None = None) -> pytest.MarkDecorator:
    """Run a test for each sample, or each that is wanted, with what belongs to its source."""
    rows = [(one, sample) for one in ALL.values() for sample in one.samples if not wanted or wanted(sample)]
    return pytest.mark.parametrize(("complete", "sample"), rows, ids=[str(sample) for _, sample in rows])


each_signed_sample = each_sample(lambda sample: sample.expect != "greeting")


def identified(complete: SourceSamples, push: Push) -> Webhook | Ignored | None:
    """Identify a push; ``None`` when it is malformed, which another test compares."""
    try:
        return complete.source.identify(push, complete.connection.options)
    except MalformedWebhook:
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
