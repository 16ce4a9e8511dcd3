"""A genuine body that cannot be read: the reason that the sender's log and ours say of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.sources.hostile_values import HOSTILE_BODIES
from tests.support import samples
from tests.support.samples import SourceSamples

from bridge import sources
from bridge.errors import MalformedWebhook

ALL = samples.load_all()
IN_ANOTHER_ENCODING = ("not UTF-8", "UTF-16")
IS_JSON_OF_ANOTHER_KIND = ("null", "a list", "a list of lists", "a text", "a number")

# What each source says of an object that holds nothing; None: it is accepted, and parked with a sentence.
OF_NOTHING = {
    "adobe-commerce": "topic_missing",
    "bigcommerce": "topic_missing",
    "fillout": "questions_missing",
    "form": None,
    "google-forms": "items_missing",
    "gravity-forms": None,
    "jotform": "raw_request_missing",
    "prestashop": "topic_missing",
    "shopify": "order_id_missing",
    "square": "topic_missing",
    "squarespace": "topic_missing",
    "standard-webhooks": None,
    "tally": None,  # ignored: another event
    "typeform": None,
    "wix": "not_an_object",
    "woocommerce": "order_id_missing",
}
READ_ANY_ENCODING = {"fillout", "form", "google-forms", "gravity-forms", "jotform", "standard-webhooks"}
READ_ANY_ENCODING |= {"tally", "typeform"}


def expected(name: str, what: str) -> str | None:
    """Return the reason of a body."""
    if what in ("empty", "blank"):
        return "not_a_token" if name == "wix" else "empty_body"
    if what == "nothing in it" or (what in IN_ANOTHER_ENCODING and name in READ_ANY_ENCODING):
        return OF_NOTHING[name]
    if name in ("form", "jotform"):
        return None if name == "form" else "not_a_form"  # any text is a field of some form
    return (name == "wix" and of_no_token(what)) or of_no_json(what)


def of_no_token(what: str) -> str:
    """Return what is said of a body that should be a token, "" where it is read as JSON, as in a dry run."""
    if what == "a token without a signature":
        return "not_an_object"  # that it says nothing inside
    return "" if HOSTILE_BODIES[what].startswith(b"{") else "not_a_token"


def of_no_json(what: str) -> str:
    """Return what is said of a body that should be JSON."""
    if what in IN_ANOTHER_ENCODING:
        return "not_utf8"
    return "not_an_object" if what in IS_JSON_OF_ANOTHER_KIND else "not_json"


def reason_of(complete: SourceSamples, raw: bytes) -> str | None:
    """Say why a body is malformed, in the place of a sample's; ``None`` when it is not."""
    push = replace(complete.push(complete.deliveries[0]), body=raw)
    try:
        complete.source.identify(push, complete.connection.options)
    except MalformedWebhook as error:
        return error.reason
    return None


def test_every_source_says_what_it_misses() -> None:
    """A new source says here what an empty object is to it."""
    assert set(OF_NOTHING) == set(sources.NAMES)


@pytest.mark.parametrize("what", HOSTILE_BODIES)
@pytest.mark.parametrize("name", sources.NAMES)
def test_an_unreadable_body_is_refused_for_its_reason(name: str, what: str) -> None:
    """By the receiver, before anything is queued, so that the sender's log shows it."""
    assert expected(name, what) == reason_of(ALL[name], HOSTILE_BODIES[what])
