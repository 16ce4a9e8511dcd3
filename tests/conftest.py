"""Nothing here may reach a real AWS account: credentials are fake before any client is made."""

import os
from functools import cache
from typing import Any

import botocore.hooks
import botocore.loaders
import hypothesis
import pytest

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

# Each boto3 session reads botocore's JSON anew (0.1 s a service); one loader serves all sessions of the run.
botocore.loaders.create_loader = cache(botocore.loaders.create_loader)
# And each client asks anew what a handler's parameters are and what an event is called today: two fifths of
# what it takes to make one. Both depend on nothing but their argument.
botocore.hooks.accepts_kwargs = cache(botocore.hooks.accepts_kwargs)
_NAMES_OF_EVENTS: dict[str, str] = {}


class _SharedAliases(botocore.hooks.EventAliaser):  # type: ignore[misc]  # botocore has no types for it
    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._alias_name_cache = _NAMES_OF_EVENTS


botocore.hooks.EventAliaser = _SharedAliases


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many recorded exchanges the sandbox was asked, and how many of its answers differ."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    counts = [each for report in reports for name, each in report.user_properties if name == "exchanges"]
    if counts:
        asked, wrong = (sum(numbers) for numbers in zip(*counts, strict=True))
        terminalreporter.write_line(f"{asked} recorded exchanges compared, {wrong} differ")
