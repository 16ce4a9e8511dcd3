"""docs/performance.md is what the bench's last run makes, and the model counts what the tests count."""

from __future__ import annotations

import json

import pytest
from tests.bench import __main__ as bench
from tests.bench import cost, page
from tests.bench.goals import GOALS
from tests.bench.measure import Figure

RUN = json.loads(bench.RESULTS.read_text(encoding="utf-8"))


def test_the_page_is_made_of_the_last_run() -> None:
    """A figure in the page is one that was measured; `python -m tests.bench --page` writes it again."""
    assert page.made(RUN) == page.PAGE.read_text(encoding="utf-8")


def test_every_goal_is_read_from_the_run() -> None:
    """One that is not met says why."""
    missed = [goal for goal in GOALS if not goal.met(RUN)]

    assert [] == [goal.text for goal in missed if not goal.why]
    assert {"calls to AWS of an accepted webhook", "token requests of 50 environments"}.isdisjoint(
        goal.text for goal in missed
    )


def test_the_model_counts_the_calls_of_an_order() -> None:
    """As tests/component/test_aws_calls.py holds them."""
    assert 1 == RUN["figures"]["calls_accepted"]["median"]
    assert 2 == RUN["figures"]["calls_created"]["median"]


def test_a_begun_kilobyte_is_a_unit() -> None:
    """DynamoDB developer guide, "Read and write operations": items are rounded up to the next 1 KB."""
    assert [1, 1, 2, 5] == [cost.units(size) for size in (1, 1024, 1025, 5000)]


def test_parts_add_up() -> None:
    """More orders cost more, and an order that comes alone costs more than one of ten."""
    assert cost.a_month(RUN, 100) < cost.a_month(RUN, 10_000) < cost.a_month(RUN, 1_000_000)
    assert sum(cost.of_an_order(RUN, batch=1).values()) > cost.dollars_per_million(RUN)
    assert cost.a_month(RUN, 1_000_000) == pytest.approx(cost.dollars_per_million(RUN))


def test_a_ratio_is_of_pairs() -> None:
    """Noise that meets both sides of a pair cancels out."""
    figure = Figure("x", "ms", [2.0, 20.0, 4.0], [1.0, 10.0, 2.0], "floor")

    assert 2.0 == figure.ratio
    assert 4.0 == figure.as_json()["median"]
