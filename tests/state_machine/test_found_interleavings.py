"""Interleavings that the machine once found, each as few steps as show it."""

from __future__ import annotations

from tests.state_machine.invocation import Queued
from tests.state_machine.test_order_machine import OrderMachine, finish
from tests.state_machine.world import SETTLE_SECONDS

from bridge.receiving.messages import Recheck


def test_twin_that_comes_to_light_while_it_is_looked_for_is_taken_back() -> None:
    """What was made since a look began may be another's; the next look still knows that two were posted."""
    machine = OrderMachine()
    world = machine.world
    machine.the_order_changes(cancelled=False, lies=False)
    first = world.begin(world.queue[0])
    while not first.over:
        first.step("late" if first.at == "post" else "ok")
    world.advance(SETTLE_SECONDS)
    finish(world.begin(world.queue[0]))  # finds nothing, and posts anew

    world.advance(4 * 60)  # what was posted first is made in the moment in which it is looked for
    finish(world.begin(due(world.queue)))

    assert 2 == len(world.live())
    machine.teardown()
    assert 1 == len(world.live())


def due(queue: list[Queued]) -> Queued:
    """Return the look that is due."""
    return next(each for each in queue if isinstance(each.message, Recheck))
