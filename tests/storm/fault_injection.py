"""What goes on while the shop sends: faults at CoopCycle, functions killed with -9, a dispatcher at work."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random

import requests
from tests.storm.faults import Row

from bridge_laptop.local.runtimes import RiePool
from bridge_laptop.sandbox.client import SandboxClient

LONGEST_WAIT_FOR_WORK = 10.0  # seconds for a function to be at work; then an idle one is killed
_DISPATCHER = {"Authorization": "Bearer dispatcher", "Content-Type": "application/ld+json"}
LONGEST_MOMENT = 1.0  # seconds into an invocation


def _next_day(moment: str) -> str:
    """Return a time a day later, by the instance's clock: a dispatcher's offset is not reckoned with."""
    return (datetime.fromisoformat(moment) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S")


class Saboteur:
    """Kills and spells, spread evenly over the storm's progress (0 to 1)."""

    def __init__(
        self,
        sandbox: SandboxClient,
        pools: Sequence[RiePool],
        *,
        kills: int,
        spells: Sequence[Sequence[Row]],
        moves: int,
        cancels: int,
        seed: int,
        progress: Callable[[], float],
    ) -> None:
        self._sandbox = sandbox
        self._pools = pools
        self._random = Random(seed)  # a seeded generator is wanted
        self._progress = progress
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._kill_all, args=(kills if pools else 0,), name="killer"),
            threading.Thread(target=self._cast_all, args=(spells,), name="spells"),
            threading.Thread(target=self._by_hand, args=(moves, self._move_one), name="dispatcher"),
            threading.Thread(target=self._by_hand, args=(cancels, self._cancel_one), name="canceller"),
        ]
        self.moved: set[str] = set()  # deliveries, by their IRIs
        self.cancelled: set[str] = set()  # likewise
        self.kills = 0
        self.kills_at_work = 0
        self.spells = 0

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def finish(self, seconds: float) -> None:
        """Wait until all is done, at most so long; then stop."""
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(timeout=max(0.0, deadline - time.monotonic()))
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _due(self, number: int, count: int) -> bool:
        """Wait until the storm has come so far; false when it is over before."""
        while self._progress() < (number + 0.5) / count:
            if self._over.wait(0.05):
                return False
        return not self._over.is_set()

    def _cast_all(self, spells: Sequence[Sequence[Row]]) -> None:
        for number, spell in enumerate(spells):
            if not self._due(number, len(spells)):
                return
            for row in spell:
                self._sandbox.fault(**row)
            self.spells += 1

    def _by_hand(self, count: int, do: Callable[[str, str], None]) -> None:
        """Let a dispatcher do something with a delivery now and then; a fault may hit him, too."""
        for number in range(count):
            if not self._due(number, count):
                return
            references = self._sandbox.stats()["deliveries_by_ref"].values()
            live = sorted(each["@id"] for found in references for each in found if not each["cancelled"])
            if live:
                iri = self._random.choice(live)
                # CoopCycle numbers the dropoff of a new delivery before its pickup (recorded: create_simple)
                do(iri, f"{self._sandbox.url}/api/tasks/{2 * int(iri.rpartition('/')[2]) - 1}")

    def _cancel_one(self, iri: str, task: str) -> None:
        """Cancel all tasks of a delivery by hand, which ends it."""
        pickup = f"{task.rpartition('/')[0]}/{int(task.rpartition('/')[2]) + 1}"
        self.cancelled.add(iri)  # also when the answer is lost
        for each in (task, pickup):
            with suppress(requests.RequestException):
                requests.put(f"{each}/cancel", json={}, headers=_DISPATCHER, timeout=5)

    def _move_one(self, iri: str, task: str) -> None:
        """Move a delivery by hand to the next day."""
        with suppress(requests.RequestException, KeyError, ValueError):
            dropoff = requests.get(task, headers=_DISPATCHER, timeout=5).json()
            ends = {name: _next_day(dropoff[name]) for name in ("after", "before")}
            self.moved.add(iri)  # also when the answer is lost
            requests.put(task, json=ends, headers=_DISPATCHER, timeout=5)

    def _kill_all(self, count: int) -> None:
        for number in range(count):
            if not self._due(number, count):
                return
            self._kill_one()

    def _kill_one(self) -> None:
        """Kill an environment at a random moment, one that is at work if there is any."""
        deadline = time.monotonic() + LONGEST_WAIT_FOR_WORK
        while not self._over.is_set():
            self._over.wait(self._random.uniform(0.01, LONGEST_MOMENT))
            busy = [(pool, process_id) for pool in self._pools for process_id in pool.busy_process_ids]
            running = [(pool, process_id) for pool in self._pools for process_id in pool.process_ids]
            if running and (busy or time.monotonic() > deadline):
                pool, process_id = self._random.choice(busy or running)
                pool.kill(process_id)
                self.kills += 1
                self.kills_at_work += bool(busy)
                return
