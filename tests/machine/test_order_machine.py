"""The life of an order, checked over all interleavings that Hypothesis can think of.

Whatever the shop says in whatever order, whatever fails, whoever is killed between two calls, and even
when two invocations hold the same order: while CoopCycle keeps to the settle time there is never more
than one live delivery, and in the end CoopCycle holds exactly what the shop's last word was.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.machine.world import SETTLE_SECONDS, Invocation, Queued, World

from bridge.dispatching.record import State

CHANGES = (
    "ok",
    "unavailable",
    "lost",
    "unanswered",
    "error_500",
    "done_500",
    "soon",
    "late",
    "kill",
    "kill_after",
)
ENDINGS = {
    "load": ("ok", "fail", "kill"),
    "save": ("ok", "fail", "kill", "kill_after"),
    "recheck": ("ok", "fail", "kill", "kill_after"),
    "post": (*CHANGES, "refused"),
    "put": (*CHANGES, "refused"),
    "delete": CHANGES,
    "list": ("ok", "unavailable", "kill"),
    "get": ("ok", "unavailable", "kill"),
}
ENDING = st.sampled_from(sorted({ending for endings in ENDINGS.values() for ending in endings}))


class OrderMachine(RuleBasedStateMachine):
    """Rules are what can happen next; the shop's and CoopCycle's own views are compared."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.bodies: list[bytes] = []

    # --- what can happen ------------------------------------------------------------------------

    @precondition(lambda self: len(self.bodies) < 6)
    @rule(cancelled=st.sampled_from([False, False, False, True]))
    def the_order_changes(self, cancelled: bool) -> None:
        """The shop's order takes a new state, and a webhook says so."""
        body = self.world.shop_says(cancelled=cancelled)
        self.bodies.append(body)
        self.world.push(body)

    @precondition(lambda self: self.bodies)
    @rule(data=st.data())
    def a_webhook_is_repeated(self, data: st.DataObject) -> None:
        """The sender repeats an old or a recent webhook."""
        self.world.push(data.draw(st.sampled_from(self.bodies)))

    @precondition(lambda self: self.world.queue)
    @rule(data=st.data(), at=st.integers(0, 9), ending=ENDING)
    def a_message_is_handled(self, data: st.DataObject, at: int, ending: str) -> None:
        """The queue hands out a message, and one of the calls about it ends in any way it can."""
        invocation = self.world.begin(data.draw(st.sampled_from(self.world.queue)))
        for number in range(100):
            if invocation.over:
                break
            invocation.step(ending if number == at and ending in ENDINGS[invocation.at] else "ok")

    @precondition(lambda self: self.world.queue and not self.world.running())
    @rule(data=st.data(), turns=st.lists(st.booleans(), max_size=20), at=st.integers(0, 19), ending=ENDING)
    def two_invocations_overlap(self, data: st.DataObject, turns: list[bool], at: int, ending: str) -> None:
        """A visibility ran out, or SQS delivered twice: two invocations take turns, call by call."""
        both = [self.world.begin(data.draw(st.sampled_from(self.world.queue))) for _ in range(2)]
        for number, turn in enumerate(turns):
            invocation = both[turn]
            if not invocation.over:
                invocation.step(ending if number == at and ending in ENDINGS[invocation.at] else "ok")

    @precondition(lambda self: self.world.running())
    @rule(data=st.data(), ending=ENDING)
    def an_invocation_goes_on(self, data: st.DataObject, ending: str) -> None:
        """What still runs goes on, or not."""
        invocation = data.draw(st.sampled_from(self.world.running()))
        invocation.step(ending if ending in ENDINGS[invocation.at] else "ok")
        if ending == "ok":
            finish(invocation)

    @rule(seconds=st.sampled_from([1, 20, SETTLE_SECONDS, 240, 5 * SETTLE_SECONDS, 4 * 3600]))
    def time_passes(self, seconds: int) -> None:
        """Seconds or hours go by."""
        self.world.advance(seconds)

    # --- what must hold -------------------------------------------------------------------------

    @invariant()
    def never_two_at_once(self) -> None:
        """Unless CoopCycle commits after its client gave up, there is at most one live delivery."""
        if self.world.late_commits == 0:
            assert len(self.world.live()) <= 1, self.story()

    def teardown(self) -> None:
        """In the end everything works again, and is compared."""
        try:
            self.heal()
            self.compare()
        finally:
            self.world.stop()

    def compare(self) -> None:
        """CoopCycle holds what the shop's last word was."""
        live = self.world.live()
        if not self.bodies or self.world.shop["cancelled_at"]:
            assert [] == live, self.story()
            return
        assert 1 == len(live), self.story()
        dropoff = live[0].body["dropoff"]
        assert dropoff["address"]["streetAddress"].startswith(
            self.world.shop["shipping_address"]["address1"]
        ), self.story()
        assert self.world.shop["note"] in dropoff["comments"], self.story()
        assert self.world.record is not None
        assert live[0].iri == self.world.record.delivery_iri, self.story()

    def heal(self) -> None:
        """Let everything that is under way end, then handle what is left until nothing is."""
        for invocation in self.world.running():
            finish(invocation)
        for _ in range(200):
            if self.world.parked:  # a person has looked, and redrives
                self.world.queue += [Queued(message) for message in self.world.parked]
                self.world.parked.clear()
            waiting = self.world.waiting()
            if not waiting and not self.world.rechecks and not self.world.late:
                return
            for each in waiting:
                finish(self.world.begin(each))
            self.world.advance(SETTLE_SECONDS)
        raise AssertionError(f"the order never comes to rest\n{self.story()}")

    def story(self) -> str:
        """Tell what CoopCycle holds and what the record says, for a failure's reader."""
        held = [
            (each.iri, each.live, each.body["dropoff"]["comments"][-8:]) for each in self.world.deliveries
        ]
        record: Any = self.world.record
        events = [(event.topic, event.outcome, event.reason) for event in record.history] if record else []
        said = "\n".join(self.world.log)
        now = f"{record.state} {record.delivery_iri}" if record else "none"
        return f"{said}\nCoopCycle: {held}\nrecord: {now}\n{events}"


class MachineWithCouriers(OrderMachine):
    """The same while couriers take deliveries, which CoopCycle then refuses to cancel."""

    @precondition(lambda self: self.world.live())
    @rule(data=st.data())
    def a_courier_takes_a_delivery(self, data: st.DataObject) -> None:
        """A delivery is assigned."""
        held = data.draw(st.sampled_from(self.world.live()))
        held.assigned = True
        self.world.log.append(f"{self.world.now:%H:%M:%S} {held.iri} is assigned")

    def compare(self) -> None:
        """What is live beyond the shop's last word is with a courier, and the record knows of it."""
        live, record = self.world.live(), self.world.record
        if not any(held.assigned for held in live):
            super().compare()
            return
        assert record is not None
        assert record.delivery_iri in [held.iri for held in live], self.story()
        assert all(held.assigned or held.iri == record.delivery_iri for held in live), self.story()
        wanted = State.CANCEL_REFUSED if self.world.shop["cancelled_at"] else State.CREATED
        assert wanted is record.state, self.story()


def finish(invocation: Invocation) -> None:
    """Let every remaining call of an invocation end well."""
    while not invocation.over:
        invocation.step("ok")


@pytest.mark.parametrize("machine", [OrderMachine, MachineWithCouriers])
def test_one_order_over_all_interleavings(machine: type[OrderMachine]) -> None:
    """At most one live delivery, and in the end exactly what the last update says.

    A normal run has the same few hundred examples each time; MACHINE_EXAMPLES asks for more, and for others.
    """
    examples = os.environ.get("MACHINE_EXAMPLES")
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=int(examples or "200"),
            derandomize=examples is None,
            database=None,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
