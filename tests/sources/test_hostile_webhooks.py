"""A short run of the fuzzer with every test run; ``make fuzz`` is the long one."""

from __future__ import annotations

from tests.fuzz.fuzz_sources import fuzz

from bridge import sources

CASES = 6_000
SEED = 20_261_123


def test_no_hostile_webhook_gets_out_of_the_taxonomy() -> None:
    """Bent bodies and headers, most rightly signed, are refused, parked, ignored or delivered; no more."""
    report = fuzz(SEED, CASES, stop_after=1)

    assert not report.failures, report.failures[0].what
    assert set(sources.NAMES) == set(report.cases)
    for name in sources.NAMES:
        reached = {outcome.partition(":")[0] for source, outcome in report.outcomes if source == name}
        assert {"rejected", "delivery"} <= reached, f"{name}: the cases should get that far"


def test_the_same_seed_makes_the_same_cases() -> None:
    """A failure can be had again."""
    assert fuzz(1, 300).outcomes == fuzz(1, 300).outcomes
    assert fuzz(1, 300).outcomes != fuzz(2, 300).outcomes
