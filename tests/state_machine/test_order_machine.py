"""The life of an order, checked over all interleavings that Hypothesis can think of.

Whatever the shop says in whatever order, whatever fails, whoever is killed between two calls, and even
when two invocations hold the same order: while CoopCycle keeps to the settle time there is never more
than one live delivery, and in the end CoopCycle holds exactly what the shop's last word was.
"""

from __future__ import annotations

import json
import os
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.state_machine.coopcycle import Held
from tests.state_machine.invocation import Invocation, Queued
from tests.state_machine.world import ORDER_KEY, SETTLE_SECONDS, World
from tests.support import oracle

from bridge.dispatching.record import State
from bridge.receiving.messages import Recheck, WebhookMessage

PHASES = (Phase.explicit, Phase.generate)  # without shrinking, which takes minutes
CHANGES = (
    "ok",
    "unavailable",
    "lost",
    "unanswered",
    "error_500",
    "done_500",
    "soon",
    "late",
    "credentials",
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
    "list": ("ok", "unavailable", "credentials", "blocked", "kill"),
    "get": ("ok", "unavailable", "credentials", "blocked", "kill"),
}
ENDING = st.sampled_from(sorted({ending for endings in ENDINGS.values() for ending in endings}))


class OrderMachine(RuleBasedStateMachine):
    """Rules are what can happen next; the shop's and CoopCycle's own views are compared."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.bodies: list[bytes] = []

    # --- what can happen ------------------------------------------------------------------------

    @precondition(lambda self: self.world.states < 6)
    @rule(cancelled=st.sampled_from([False, False, False, True]), lies=st.sampled_from([False, False, True]))
    def the_order_changes(self, cancelled: bool, lies: bool) -> None:
        """The shop's order takes a new state, and a webhook says so; its clock may lie."""
        self._say(self.world.shop_says(cancelled=cancelled, lies=lies), lies=lies)

    @precondition(lambda self: 0 < self.world.states < 6)
    @rule(data=st.data(), cancelled=st.booleans())
    def the_order_goes_back(self, data: st.DataObject, cancelled: bool) -> None:
        """It looks again as it did before: A, B, A; cancelled, undone, cancelled."""
        like = data.draw(st.integers(1, self.world.states))
        self._say(self.world.shop_says(cancelled=cancelled, like=like))

    def _say(self, body: bytes, *, lies: bool = False) -> None:
        if not lies:  # a repeat of one that lies is a new state to everybody
            self.bodies.append(body)
        self.world.push(body)

    @precondition(lambda self: self.bodies)
    @rule(data=st.data())
    def a_webhook_is_repeated(self, data: st.DataObject) -> None:
        """The sender repeats an old or a recent webhook."""
        self.world.push(self.bodies[data.draw(st.integers(0, len(self.bodies) - 1))])

    @precondition(lambda self: self.world.states)
    @rule(newer=st.booleans())
    def a_webhook_that_nobody_can_read(self, newer: bool) -> None:
        """An older or a newer state cannot be mapped; what is parked of it is thrown away in the end."""
        self.world.push(self.world.unmappable(newer=newer))

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
        """CoopCycle holds exactly what the shop's last word was, and the record knows it and rests."""
        live = self.world.live()
        if not self.world.states or self.world.shop["cancelled_at"]:
            assert [] == live, self.story()
            return
        assert 1 == len(live), self.story()
        self.compare_with_last_word(live[0])

    def compare_with_last_word(self, held: Held) -> None:
        """Ask the oracle that judges the storm too."""
        record = self.world.record
        assert record is not None
        assert (held.iri, State.CREATED) == (record.delivery_iri, record.state), self.story()
        assert not oracle.unsettled(record), self.story()
        body = json.dumps(self.world.shop).encode()
        wanted = oracle.wanted(body, self.world.connection, record, self.world.now)
        found = oracle.differences(
            wanted, held.shown, moved=held.moved_to is not None, reworded=bool(held.words)
        )
        assert [] == list(found), self.story()
        assert f"acme/{ORDER_KEY}" == held.body["dropoff"]["metadata"]["bridge_ref"], self.story()

    def heal(self) -> None:
        """Let everything that is under way end, then handle what is left until nothing is."""
        for invocation in self.world.running():
            finish(invocation)
        for _ in range(200):
            if self.world.parked:  # a person has looked: what can be read goes again
                self.world.queue += [
                    Queued(message) for message in self.world.parked if not is_broken(message)
                ]
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


def is_broken(message: WebhookMessage | Recheck) -> bool:
    """Tell whether a webhook can never be mapped."""
    return isinstance(message, WebhookMessage) and isinstance(
        json.loads(message.body)["shipping_address"], str
    )


class MachineWithADispatcher(OrderMachine):
    """The same while a dispatcher moves deliveries, writes to couriers and cancels by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.withdrawn: list[Held] = []
        self.moved: dict[str, tuple[str, str]] = {}  # the window that he gave a delivery last

    @precondition(lambda self: self.world.live())
    @rule(hours=st.integers(24, 48))
    def a_dispatcher_moves_a_delivery(self, hours: int) -> None:
        """To another day, also while the bridge is at work."""
        held = self.world.live()[0]
        held.move(timedelta(hours=hours))
        self.moved[held.iri] = held.window
        self.world.log.append(f"{self.world.now:%H:%M:%S} {held.iri} is moved")

    @precondition(lambda self: self.can_write())
    @rule(before=st.booleans())
    def a_dispatcher_writes(self, before: bool) -> None:
        """Before our words, or behind them, while nothing is between our reading and our writing of them."""
        held = self.world.live()[0]
        held.write("ring at the back door", before=before)
        self.world.log.append(f"{self.world.now:%H:%M:%S} {held.iri} gets his words")

    @precondition(lambda self: self.can_withdraw())
    @rule()
    def a_dispatcher_cancels(self) -> None:
        """A delivery of which the bridge knows, while nothing is under way."""
        held = self.world.live()[0]
        held.cancelled = held.withdrawn = True
        self.withdrawn.append(held)
        self.world.log.append(f"{self.world.now:%H:%M:%S} {held.iri} is cancelled by the dispatcher")

    @invariant()
    def what_he_moved_stays(self) -> None:
        """The shop's orders ask for no window of their own, so no change of theirs moves it back."""
        for held in self.world.live():
            assert self.moved.get(held.iri, held.window) == held.window, self.story()

    def can_write(self) -> bool:
        """Whether nothing is under way: CoopCycle has no way to say "if it still reads so"."""
        live = self.world.live()
        return bool(live) and not live[0].words and not self.world.running() and not self.world.late

    def can_withdraw(self) -> bool:
        """Whether it is clear what his cancel means: the shop wants the order, and has never cancelled it."""
        record, live = self.world.record, self.world.live()
        return (
            record is not None
            and len(live) == 1
            and record.delivery_iri == live[0].iri
            and not oracle.unsettled(record)
            and not (self.world.running() or self.world.late or self.the_shop_has_cancelled)
        )

    @property
    def the_shop_has_cancelled(self) -> bool:
        """Whether it has ever said so; that a later word overtook it nobody knows yet."""
        return any("cancelled" in line for line in self.world.log if " shop: " in line)

    @property
    def his_cancel_is_the_last_word(self) -> bool:
        """Whether no cancel of the shop's was carried out, after which it may want a delivery anew."""
        record = self.world.record
        if not self.withdrawn or record is None:
            return False
        return State.CANCELLED not in self.world.dynamodb.states or record.state is State.WITHDRAWN

    def compare(self) -> None:
        """His words and windows are there; what he cancelled was neither updated nor made anew."""
        for held in self.withdrawn:
            assert held.cancelled, self.story()
        if self.his_cancel_is_the_last_word:
            assert [] == self.world.live(), self.story()
            return
        super().compare()
        for held in self.world.live():
            assert held.words in held.body["dropoff"]["comments"], self.story()


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


@pytest.mark.parametrize("machine", [OrderMachine, MachineWithCouriers, MachineWithADispatcher])
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
            phases=PHASES if os.environ.get("MACHINE_QUICKLY") else settings.default.phases,
            suppress_health_check=list(HealthCheck),
        ),
    )
