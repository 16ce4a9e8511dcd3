"""The bodies that the samples become keep to what a running CoopCycle was seen to take (recorded)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import phonenumbers
import pytest
from tests import samples

SAMPLES = [
    pytest.param(complete, sample, id=str(sample))
    for complete in samples.load_all().values()
    for sample in complete.deliveries
]


def tasks_of(body: Mapping[str, object]) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Yield each task of a body with its path."""
    tasks = body.get("tasks")
    named = {f"tasks[{index}]": task for index, task in enumerate(tasks)} if isinstance(tasks, list) else body
    for path, task in named.items():
        assert isinstance(task, Mapping)
        yield path, task


@pytest.mark.parametrize(("complete", "sample"), SAMPLES)
def test_every_telephone_is_valid(complete: samples.SourceSamples, sample: samples.Sample) -> None:
    """One that is merely possible is answered 400 (recorded: phones)."""
    body = complete.outcome(complete.push(sample)).body

    assert body is not None
    for path, task in tasks_of(body):
        address = task.get("address")
        telephone = address.get("telephone") if isinstance(address, Mapping) else None
        if telephone is not None:
            assert phonenumbers.is_valid_number(phonenumbers.parse(str(telephone))), path
