"""A stranger's name for something is cut at 60 characters wherever a sentence or a path quotes it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sources.contract import each_complete_source, identified
from tests.support import samples
from tests.support.samples import SourceSamples

from bridge.connections.model import Connection
from bridge.document import Fields
from bridge.errors import BridgeError
from bridge.fields import expressions
from bridge.fields.fields import FIELDS
from bridge.fields.values import Values
from bridge.model import Order, PostalAddress, Writings
from bridge.operator.dry_run import OfflineInstance
from bridge.planning.plan import plan
from bridge.planning.trace import Trace
from bridge.sources import Webhook
from bridge.sources.shared.writings import members, written
from bridge.text import shown_key

LENGTH = 60
LETTER = "ж"  # in no sample and no sentence of ours
TAIL = LETTER * 300
ENDS = ("", " date", " Lieferdatum", " delivery time", "_address", "[delivery_date]")
VALUES: tuple[object, ...] = ("99/99/9999", "tomorrow at 25:61", {"date": [1, 2]}, [{"a": "b"}], 7, None, "")


def longest(text: str) -> int:
    """Return how long the longest piece of the stranger's name is."""
    return max((len(piece) for piece in re.findall(f"{LETTER}+", text)), default=0)


def said_of(call: Callable[[], object]) -> str:
    """Return the sentence that something is refused with, "" where it is not."""
    try:
        call()
    except BridgeError as error:
        return str(error)
    return ""


def renamed(document: object) -> Iterator[object]:
    """Give a document with each of its keys in turn made long, and with a long name put beside it."""
    if isinstance(document, dict):
        for key, value in document.items():
            others = {name: kept for name, kept in document.items() if name != key}
            yield {**others, f"{key}{TAIL}": value}
            yield from ({**document, key: changed} for changed in renamed(value))
        for number, end in enumerate(ENDS):
            yield {**document, f"delivery {TAIL}{end}": VALUES[number % len(VALUES)]}
        for name in ("name", "key", "label", "title", "question"):
            if isinstance(document.get(name), str):
                yield {**document, name: f"Delivery date {TAIL}"}
    if isinstance(document, list) and document:
        yield from ([changed, *document[1:]] for changed in renamed(document[0]))


@each_complete_source
def test_no_sentence_about_an_order_quotes_a_long_name(complete: SourceSamples) -> None:
    """Each key of a real body, and names beside it, long: what is refused or remarked quotes a piece."""
    push = complete.push(complete.deliveries[0])
    webhook = identified(complete, push)
    assert isinstance(webhook, Webhook)
    payload = samples.payload_of(push, webhook)
    try:
        document = json.loads(push.body)
    except ValueError:
        pytest.skip("a body that is no JSON has no nested names")

    for changed in renamed(document):
        body = replace(payload, body=json.dumps(changed).encode())
        assert longest(said_of(lambda body=body: complete.outcome_of(body))) <= LENGTH


names = st.builds(
    lambda start, letters, end: start + LETTER * letters + end,
    st.sampled_from(["", "Delivery date ", "Livraison: ", "_", "\x00", "\u202e", '"', "a.b["]),
    st.integers(0, 400),
    st.sampled_from(ENDS),
)
leaves = st.sampled_from(VALUES)
documents = st.recursive(
    leaves,
    lambda inner: st.dictionaries(names, inner, max_size=3) | st.lists(inner, max_size=2),
    max_leaves=6,
)
objects = st.dictionaries(names, documents, min_size=1, max_size=4)


@given(name=st.text() | names)
def test_a_shown_key_is_one_short_line(name: str) -> None:
    """Whatever it is; and a short one is as it was."""
    shown = shown_key(name)

    assert len(shown) <= LENGTH
    assert shown.isprintable()
    assert shown == name or len(name) > LENGTH or not name.isprintable()


@given(document=objects, expression=st.sampled_from(["a.b", "a[0].b", "length(a)", "*.b", "@.a.b.c"]))
def test_expressions(document: Mapping[str, object], expression: str) -> None:
    """What an expression misses is told with the names that are there instead."""
    for holder in (document, {"a": document}, {"a": [document]}):
        said = said_of(lambda holder=holder: expressions.search(expression, holder, field="fields.date"))
        assert longest(said) <= LENGTH


@given(document=objects, name=st.sampled_from([*FIELDS]))
def test_fields(document: Mapping[str, object], name: str) -> None:
    """A field that is found by a name of the sender's is refused under that name."""
    values = Values({"answers": document}, own={"answers": document})

    assert longest(values.where(name)) <= LENGTH
    for key in document:
        assert longest(Fields(document, "form").path_of(key)) <= LENGTH
        assert longest(str(Fields(document).refuse(key, "should be a text"))) <= LENGTH


@given(document=objects)
def test_choice_of_time(document: Mapping[str, object]) -> None:
    """What looks like a choice of time, and what was passed over, is quoted by pieces of its name."""
    moment = datetime(2026, 11, 23, 9, tzinfo=UTC)
    order = Order(
        order_id="7",
        name="#7",
        updated_at=moment,
        created_at=moment,
        address=PostalAddress("48 Rue de Rivoli", "", "75004", "Paris", "France", "FR"),
        writings=Writings(written(members(Fields(document, "attributes")), "order")),
    )
    connection = Connection(
        "acme", "shopify", "https://acme.coopcycle.org", timezone="Europe/Paris", country="FR"
    )
    trace = Trace()
    said = said_of(lambda: plan(order, connection, OfflineInstance(), now=moment, trace=trace))
    assert longest(said) <= LENGTH
    assert longest(repr((trace.origins, trace.rules))) <= LENGTH
