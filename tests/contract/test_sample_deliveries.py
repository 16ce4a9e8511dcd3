"""The bodies that the samples become keep to what a running CoopCycle was seen to take (recorded)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import phonenumbers
import pytest
from tests import samples

from bridge.model import COLUMN_LENGTH

PARIS = ZoneInfo("Europe/Paris")  # the clock of a French instance: what CoopCycle keeps of a window

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


def test_all_kinds_of_senders_are_looked_at() -> None:
    """Some fifty deliveries, of every source that has samples."""
    assert len(SAMPLES) >= 50
    assert {name for name, each in samples.load_all().items() if each.deliveries} == {
        str(sample.values[1]).partition("/")[0] for sample in SAMPLES
    }


@pytest.mark.parametrize(("complete", "sample"), SAMPLES)
def test_a_sample_keeps_to_what_coopcycle_takes(
    complete: samples.SourceSamples, sample: samples.Sample
) -> None:
    """Phones valid (recorded: phones), texts within columns (recorded: create_addresses), windows whole.

    Weights are whole numbers and packages counted (recorded: create_goods).
    """
    body = complete.outcome(complete.push(sample)).body

    assert body is not None
    for path, task in tasks_of(body):
        address = task.get("address")
        if isinstance(address, Mapping):
            check_address(path, address)
        ends = [datetime.fromisoformat(str(task[end])) for end in ("after", "before")]
        after, before = (end.astimezone(PARIS).replace(tzinfo=None) for end in ends)
        assert after < before, path
        assert type(task.get("weight", 0)) is int, path
        packages = task.get("packages", [])
        assert isinstance(packages, list)
        assert all(package["type"] and package["quantity"] >= 1 for package in packages), path


def check_address(path: str, address: Mapping[str, object]) -> None:
    """Demand an address that CoopCycle can store, with a number that it takes."""
    assert address["streetAddress"], path
    for name in ("streetAddress", "name", "contactName"):
        assert len(str(address.get(name, ""))) <= COLUMN_LENGTH, f"{path}.{name}"
    telephone = address.get("telephone")
    if telephone is not None:
        assert phonenumbers.is_valid_number(phonenumbers.parse(str(telephone))), path
