"""Orders of nobody, made from the samples."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from bridge_laptop import samples

NOW = datetime(2027, 3, 10, 15, 30, tzinfo=UTC)  # a Wednesday


@pytest.mark.parametrize(
    ("body", "moved"),
    [
        (b'{"created_at":"2026-11-23T10:00:00+01:00"}', b'{"created_at":"2027-03-10T16:30:00+01:00"}'),
        (b'{"at":"2026-11-23T09:12:09.000Z"}', b'{"at":"2027-03-10T15:30:00.000Z"}'),
        (b"date_created=2026-11-23 09:12:08", b"date_created=2027-03-10 15:30:00"),
        (b'{"day":"2026-12-04"}', b'{"day":"2027-03-26"}'),
        (b'{"after":"2026-12-04T14:00:00+01:00"}', b'{"after":"2027-03-26T14:00:00+01:00"}'),
        (b'{"id":5940139491042,"phone":"0612345678"}', b'{"id":5940139491042,"phone":"0612345678"}'),
    ],
)
def test_sample_of_today(body: bytes, moved: bytes) -> None:
    """A shop's own times end now; what a customer chose keeps its weekday and hour, in the future."""
    assert moved == samples.as_of(body, NOW)


def test_times_keep_their_distance() -> None:
    """The last time that a shop wrote is now, the others are as far before it as they were."""
    body = b"2026-11-23T09:00:00Z 2026-11-23T09:10:00Z"

    assert b"2027-03-10T15:20:00Z 2027-03-10T15:30:00Z" == samples.as_of(body, NOW)


@pytest.mark.parametrize("days", range(8))
def test_chosen_day_is_a_day_to_come(days: int) -> None:
    """Whatever day it is, a day that was chosen is of the same weekday, and not over."""
    now = NOW + timedelta(days=days)

    day = datetime.fromisoformat(samples.as_of(b"2026-11-27", now).decode()).replace(tzinfo=UTC)

    assert (4, True) == (day.weekday(), day >= now - timedelta(days=1))


@pytest.mark.parametrize(
    ("given", "form"),
    [
        ("5940139491042", r"9\d{12}"),
        ("727", r"9\d{12}"),
        ("000000042", r"9\d{12}"),
        ("b1e5b4d6-1a0b-6c6c-9c43-8e2d0a9ec3e2", r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        ("fa4k", r"[a-z]{2}\d[a-z]{9}"),
    ],
)
def test_id_that_no_shop_has_given(given: str, form: str) -> None:
    """It looks like the shop's, and is another one each time."""
    first, second = samples.new_id(given), samples.new_id(given)

    assert re.fullmatch(form, first)
    assert len({given, first, second}) == 3


def test_body_of_another_order() -> None:
    """The id is replaced where it stands alone, and people see that it is a test."""
    body = b'{"id":727,"name":"#1042","total":"727.00","phone":"0172727","ref":"order-727","of":"727"}'

    assert (
        b'{"id":99,"name":"#bridge-test","total":"727.00","phone":"0172727","ref":"order-727","of":"99"}'
        == samples.of_order(body, "727", "99")
    )


def test_first_sample_of_a_kind() -> None:
    """A sender's first sample that becomes a delivery; ``None`` where there is none of a kind."""
    sample = samples.first("shopify", samples.DELIVERY)

    assert sample is not None
    assert ("order-typical.json", "orders/create") == (sample.file.name, sample.topic)
    assert samples.first("typeform", samples.CANCELLED) is None
    assert samples.first("nobody", samples.DELIVERY) is None
