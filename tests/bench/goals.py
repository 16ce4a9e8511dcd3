"""The goals, and whether a run's figures meet them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.bench.cost import dollars_per_million

Run = Mapping[str, Any]  # the JSON of a run


@dataclass(frozen=True)
class Goal:
    """What is to be reached, and how to read it from a run; ``why``: what stands in the way if it is not."""

    text: str
    value: Callable[[Run], float]
    limit: float
    at_least: bool = False
    unit: str = ""
    why: str = ""

    def met(self, run: Run) -> bool:
        """Tell whether a run reaches it."""
        value = self.value(run)
        return value >= self.limit if self.at_least else value <= self.limit

    def line(self, run: Run) -> str:
        """Return goal, figure and verdict."""
        sign = "≥" if self.at_least else "≤"
        verdict = "met" if self.met(run) else "not met"
        return f"{self.text} {sign} {self.limit:g}{self.unit}: {self.value(run):.3g}{self.unit}, {verdict}"


def figure(name: str, part: str = "median") -> Callable[[Run], float]:
    """Return a reader of one number."""
    return lambda run: float(run["figures"][name][part])


def cpu_of_an_order(run: Run) -> float:
    """Return what an order costs both functions, in a batch of ten."""
    return figure("receiver_warm_10kb")(run) + figure("dispatcher_ten_0")(run)


GOALS = (
    Goal("receiver's cold start ÷ its floor", figure("cold_receive_webhook", "ratio"), 1.15),
    Goal(
        "dispatcher's cold start ÷ its floor",
        figure("cold_dispatch_delivery", "ratio"),
        1.25,
        why="It stands on the edge, and runs lie on both sides of it. Beside its floor's packages it has phonenumbers and "
        "our own modules; nobody waits for it, so no more is taken out for a hundredth.",
    ),
    Goal(
        "warm receiver, 10 KB ÷ a bare SendMessage",
        figure("receiver_warm_10kb", "ratio"),
        1.3,
        why="Beside SendMessage it checks the signature, reads the order's id, compresses the body, so that an order of 300 KB fits a queue message, and writes a log line and a metric.",
    ),
    Goal(
        "CPU of an order through both functions",
        cpu_of_an_order,
        6,
        unit=" ms",
        why="The bare calls of both functions, their floors in the table below, take about five of the six; the rest is to read the order, plan the delivery, write its record down and log.",
    ),
    Goal(
        "ten orders at once ÷ one at a time, CoopCycle takes 150 ms",
        figure("dispatcher_ten_150", "at_once"),
        8,
        at_least=True,
        why="Ten times two bare writes and a bare POST, in ten threads and without any of our code, do hardly better "
        "(bare at once, in the table below): the emulator of AWS is one Python process, and it shares the two cores.",
    ),
    Goal("token requests of 50 environments", figure("tokens_50"), 1),
    Goal("calls to AWS of an accepted webhook", figure("calls_accepted"), 1),
    Goal("calls to AWS of a created order", figure("calls_created"), 2),
    Goal("layer", figure("layer"), 30, unit=" MB"),
    Goal(
        "local stack, 16 shops with an order a second each, until accepted",
        figure("local_16_a_second"),
        50,
        unit=" ms",
    ),
    Goal(
        "local stack, 16 shops that send as soon as they are answered, until accepted",
        figure("local_16"),
        50,
        unit=" ms",
        why="Receiver, dispatcher, AWS emulator and CoopCycle are one Python process, which is always at work then: "
        "an order takes its CPU time, and each of sixteen shops waits for the orders of the fifteen others. No "
        "emulated call takes 40 ms any more, as the line above shows.",
    ),
    Goal(
        "dollars for a million orders",
        dollars_per_million,
        6,
        unit=" $",
        why="The record of an order has the webhook with which the order can be replayed, so its second write is "
        "several of DynamoDB's units of 1 KB; the three indexes, by which orders are found without reading them all, "
        "are three units more; and each order is a request at the HTTP API, which is a dollar by itself.",
    ),
)
