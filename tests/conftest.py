"""Nothing here may reach a real AWS account: credentials are fake before any client is made."""

import gc
import os
from collections.abc import Generator

import hypothesis
import pytest
from tests.support import botocore_once

os.environ.update(
    AWS_ACCESS_KEY_ID="testing",
    AWS_SECRET_ACCESS_KEY="testing",
    AWS_SESSION_TOKEN="testing",
    AWS_DEFAULT_REGION="eu-west-3",
    AWS_EC2_METADATA_DISABLED="true",
    POWERTOOLS_METRICS_DISABLED="true",
)
os.environ.pop("AWS_PROFILE", None)
os.environ.pop("AWS_ENDPOINT_URL", None)

# No example is timed: on a machine that does something else beside, any of them is slow now and then.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

botocore_once.install()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected lives as long as the run: nobody looks through it for garbage, now or later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the storm: it takes longest, and whoever came to it last would be waited for."""
    items.sort(key=lambda item: item.path.name != "test_storm.py")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many recorded exchanges the sandbox was asked, and how many of its answers differ."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    counts = [each for report in reports for name, each in report.user_properties if name == "exchanges"]
    if counts:
        asked, wrong = (sum(numbers) for numbers in zip(*counts, strict=True))
        terminalreporter.write_line(f"{asked} recorded exchanges compared, {wrong} differ")
