"""What every source keeps to that asks the shop's API for the order."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.sources.contract import ALL
from tests.support import samples
from tests.support.samples import FakeShop, SourceSamples

from bridge.errors import InvalidConnection, ShopRejected, ShopUnavailable
from bridge.sources import Payload

ASKING = {name: one for name, one in ALL.items() if one.shop.answers}
each_that_asks = pytest.mark.parametrize("complete", ASKING.values(), ids=ASKING)
ADDRESSES = ("api_url", "shop_url")  # the setting that names where the API is


def fetched(complete: SourceSamples, shop: FakeShop, **settings: str) -> Payload:
    """Fetch the first order with other settings."""
    options = complete.connection.options
    options = replace(options, settings={**options.settings, **settings})
    return complete.source.fetch(pushed(complete), options, shop)


def pushed(complete: SourceSamples) -> Payload:
    """Return what the first delivery is pushed as."""
    sample = complete.deliveries[0]
    return Payload(complete.push(sample).body, sample.topic, samples.SENT_AT)


def setting_of(complete: SourceSamples) -> str:
    """Return the name of the setting that says where the API is."""
    (name,) = set(ADDRESSES) & set(complete.source.SETTINGS)
    return name


def test_those_that_ask_are_known() -> None:
    """A source that only hears of an order is among them."""
    assert ["bigcommerce", "prestashop", "square", "squarespace"] == sorted(ASKING)


@each_that_asks
def test_an_order_that_is_not_there_is_parked(complete: SourceSamples) -> None:
    """404 means another shop's token, for none of them forgets an order: a person's matter, never ignored."""
    with pytest.raises(ShopRejected):
        fetched(complete, FakeShop({}))


@each_that_asks
@pytest.mark.parametrize("answer", [b"", b"<html>", b"[]", b"null", b"{}"])
def test_an_answer_that_is_not_the_order_is_asked_for_again(complete: SourceSamples, answer: bytes) -> None:
    """A proxy's page is taken for no part of an order, and the message comes again."""
    for path in complete.asked_for(pushed(complete)):
        with pytest.raises(ShopUnavailable):
            fetched(complete, FakeShop({**complete.shop.answers, path: answer}))


@each_that_asks
@pytest.mark.parametrize("token", ["", "  ", "a\nb", "é"])
def test_a_missing_or_unusable_token_is_named(complete: SourceSamples, token: str) -> None:
    """Without a token nothing is asked, and the message says what to apply."""
    shop = FakeShop(complete.shop.answers, token)

    with pytest.raises(InvalidConnection, match=r"^shop_token: "):
        fetched(complete, shop)

    assert [] == shop.asked


@each_that_asks
@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://[::1]:8080", "http://127.0.0.1:8080/"])
def test_the_api_may_be_elsewhere(complete: SourceSamples, url: str) -> None:
    """A sandbox, or a test's own server, is named by a setting; plain http is for this machine alone."""
    shop = FakeShop(complete.shop.answers)

    fetched(complete, shop, **{setting_of(complete): url})

    assert complete.asked_for(pushed(complete)) == [
        asked.removeprefix(url.rstrip("/")) for asked, _ in shop.asked
    ]


@each_that_asks
@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com",
        "http://127.0.0.1.example.com",
        "ftp://api.example.com",
        "api.example.com",
        "https://",
        "https://user:pass@api.example.com",
        "https://api.example.com?x=1",
        "https://api.example.com#x",
        "https://api example.com",
        "https://[::1",
        "https://api.example.com:port",
    ],
)
def test_a_token_travels_to_no_odd_address(complete: SourceSamples, url: str) -> None:
    """It is the connection's mistake, and nothing is asked."""
    shop = FakeShop(complete.shop.answers)
    name = setting_of(complete)

    with pytest.raises(InvalidConnection, match=rf"^sender\.{name}: ") as caught:
        fetched(complete, shop, **{name: url})

    assert "pass" not in str(caught.value).replace("password", "")
    assert [] == shop.asked
