"""CoopCycle as the state machine has it: deliveries, and every way in which a call can end."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.state_machine.invocation import Killed, ask

from bridge.coopcycle.answers import Identity, InstanceSettings
from bridge.errors import (
    CoopCycleBlocked,
    CoopCycleRejected,
    CoopCycleUnavailable,
    CredentialsRejected,
    DeliveryOutcomeUnknown,
)
from bridge.model import Listing, PlacedTask, Receipt, TimeWindow

if TYPE_CHECKING:
    from tests.state_machine.world import World


SOON = timedelta(seconds=30)
LATEST_COMMIT = timedelta(minutes=4)  # after the request was sent; the recheck comes five after the attempt
LISTING_PAGE = 30  # recorded: listing


@dataclass
class Held:
    """A delivery that CoopCycle holds."""

    iri: str
    body: dict[str, Any]
    created_at: datetime
    cancelled: bool = False
    assigned: bool = False
    withdrawn: bool = False  # cancelled by the dispatcher
    moved_to: tuple[str, str] | None = None  # by the dispatcher; undone when the bridge sends a window
    words: str = ""  # the dispatcher's, behind ours

    @property
    def shown(self) -> dict[str, Any]:
        """What GET answers of it, as far as the oracle compares it."""
        blank: dict[str, Any] = {"comments": "", "weight": None, "packages": []}
        return {
            kind: {**blank, **self.body[kind], "address": self.body[kind].get("address", {})}
            for kind in ("pickup", "dropoff")
        }

    @property
    def window(self) -> tuple[str, str]:
        """Between when it is dropped, as the bodies say it."""
        return self.body["dropoff"]["after"], self.body["dropoff"]["before"]

    def move(self, by: timedelta) -> None:
        """Give the dropoff another window, as the dispatcher does."""
        ends = [datetime.fromisoformat(self.body["dropoff"][end]) + by for end in ("after", "before")]
        after, before = (end.strftime("%Y-%m-%dT%H:%M:%SZ") for end in ends)
        self.body["dropoff"] |= {"after": after, "before": before}
        self.moved_to = (after, before)

    def write(self, words: str, *, before: bool) -> None:
        """Add the dispatcher's words to the courier's."""
        told = self.body["dropoff"]["comments"]
        self.body["dropoff"] |= {"comments": f"{words}\n{told}" if before else f"{told}\n{words}"}
        self.words = words

    def put(self, body: Mapping[str, Any]) -> None:
        """Take the members that a PUT names."""
        for name in ("pickup", "dropoff"):
            self.body[name] = {**self.body[name], **body.get(name, {})}
        if "before" in body.get("dropoff", {}):
            self.moved_to = None

    @property
    def live(self) -> bool:
        """Whether it was not cancelled."""
        return not self.cancelled


@dataclass
class Late:
    """A change that CoopCycle makes after its client has given up."""

    due: datetime
    act: Callable[[], None]


def page(found: Iterable[Held]) -> Listing:
    members = tuple(receipt(held) for held in found)
    return Listing(members[:LISTING_PAGE], len(members))


def receipt(held: Held) -> Receipt:
    """Return CoopCycle's answer about a delivery."""
    status = "CANCELLED" if held.cancelled else "TODO"
    return Receipt(
        held.iri,
        f"https://acme.coopcycle.org{held.iri}/track",
        bridge_ref=held.body["dropoff"]["metadata"]["bridge_ref"],
        statuses=(status, status),
        assigned=held.assigned,
        created_at=held.created_at,
        tasks=tuple(
            PlacedTask(
                f"/api/tasks/{number}",
                kind.upper(),
                status,
                TimeWindow.parse(task["after"], task["before"]),
                task.get("comments", ""),
                task.get("address", {}).get("streetAddress", ""),
            )
            for number, (kind, task) in enumerate((kind, held.body[kind]) for kind in ("pickup", "dropoff"))
        ),
    )


@dataclass
class Instance:
    """CoopCycle, with every way a call can end."""

    world: World

    def _change(self, kind: str, act: Callable[[], None]) -> None:
        """Do a change, or not, or later, and tell the client, or not."""
        decision = ask(kind)
        if decision == "unavailable":
            raise CoopCycleUnavailable("503")
        if decision == "credentials":
            raise CredentialsRejected("401")
        if decision == "refused":
            raise CoopCycleRejected(422)
        if decision in ("soon", "late"):  # within the settle time, or long after it
            delay = SOON if decision == "soon" else LATEST_COMMIT
            self.world.late.append(Late(self.world.now + delay, act))
            self.world.late_commits += decision == "late"
            raise DeliveryOutcomeUnknown("no answer")
        if decision in ("lost", "error_500"):
            raise DeliveryOutcomeUnknown("not done", status=500 if decision == "error_500" else None)
        act()
        if decision == "kill_after":
            raise Killed
        if decision in ("unanswered", "done_500"):
            raise DeliveryOutcomeUnknown("done", status=500 if decision == "done_500" else None)

    def create_delivery(self, body: Mapping[str, object]) -> Receipt:
        made: list[Held] = []
        self._change("post", lambda: made.append(self.world.create(body)))
        return receipt(made[0])

    def update_delivery(self, iri: str, body: Mapping[str, object]) -> Receipt:
        held = self.world.find(iri)
        new = json.loads(json.dumps(body))
        self._change("put", lambda: held.put(new))
        return receipt(held)

    def cancel_delivery(self, iri: str) -> None:
        held = self.world.find(iri)

        def cancel() -> None:
            if not held.assigned:
                held.cancelled = True

        self._change("delete", cancel)
        if held.assigned:
            raise CoopCycleRejected(400)

    def get_delivery(self, iri: str) -> Receipt:
        self._read("get")
        return receipt(self.world.find(iri))

    def me(self) -> Identity:
        return Identity("/api/stores/1")

    def settings(self) -> InstanceSettings:
        return InstanceSettings("FR", "Europe/Paris")

    def list_deliveries(
        self, store_iri: str, *, before_from: datetime, before_to: datetime, timezone: str
    ) -> Listing:
        self._read("list")
        return page(
            held
            for held in self.world.deliveries
            if before_from <= datetime.fromisoformat(held.body["dropoff"]["before"]) <= before_to
        )

    def list_recent_deliveries(self, store_iri: str) -> Listing:
        self._read("list")
        return page(reversed(self.world.deliveries))

    def _read(self, kind: str) -> None:
        decision = ask(kind)
        if decision == "credentials":
            raise CredentialsRejected("401")
        if decision == "blocked":
            raise CoopCycleBlocked("a page of a firewall", status=403)
        if decision != "ok":
            raise CoopCycleUnavailable("no answer")
