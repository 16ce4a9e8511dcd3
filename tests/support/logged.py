"""Functions that log to the log groups of a stack, as Lambda has it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from bridge_laptop.local.function_output import FunctionOutput, logged_to


@contextmanager
def logging_to_groups(cloudformation: Any) -> Iterator[Callable[[], None]]:
    """Have the functions log to the groups of stack bridge-dev; yields what writes what was logged so far."""
    resources = cloudformation.describe_stack_resources(StackName="bridge-dev")["StackResources"]
    groups = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}
    outputs: list[FunctionOutput] = []
    with ExitStack() as exits:

        def begin() -> None:
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
