"""Functions that log to the log groups of a stack, as Lambda has it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import pytest
from click.testing import Result

from bridge_laptop.local.function_output import FunctionOutput, logged_to


@pytest.fixture
def logged(deployed: Callable[..., Result], clients: Mapping[str, Any]) -> Iterator[Callable[[], None]]:
    """Have the functions log to the stack's log groups; call it to have written what was logged so far."""
    outputs: list[FunctionOutput] = []
    with ExitStack() as exits:

        def begin() -> None:
            resources = clients["cloudformation"].describe_stack_resources(StackName="bridge-dev")
            groups = {
                each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources["StackResources"]
            }
            output = FunctionOutput(groups, lambda *_: None)
            output.start()
            exits.enter_context(logged_to(output, "INFO"))
            outputs.append(output)

        def so_far() -> None:
            outputs.pop().stop()
            begin()

        begin()
        yield so_far
        outputs.pop().stop()
