"""The buyer's choice of time where no field of ours holds it: found among what else an order says."""

from __future__ import annotations

from dataclasses import replace

from bridge.model import Order
from bridge.planning.trace import Trace
from bridge.schedule.chosen_time import Reading


def with_choice(order: Order, reading: Reading, trace: Trace | None = None) -> Order:
    """Return the order with the choice that its names and values make; one that it has already stays.

    Nothing is refused here: what looks like a choice and must not be guessed becomes a wish with a problem,
    which is read after the connection's filters. The trace gets a line for every name that was looked at.
    """
    if order.wish is not None or not order.writings.entries:
        return order
    from bridge.schedule.find_chosen_time import find_chosen_time

    found = find_chosen_time(order.writings, reading, ordered_at=order.created_at)
    if trace is not None:
        for one in found.seen:
            trace.rule(f"time, {one.path}", one.why)
    return replace(order, wish=found.wish)
