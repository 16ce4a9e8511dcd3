"""One invocation of the dispatcher, which stops before each of its calls until it is told how that ends."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.errors import (
    RetryableError,
)
from bridge.receiving.messages import Recheck, WebhookMessage

if TYPE_CHECKING:
    from tests.state_machine.world import World


class Killed(BaseException):
    """The execution environment ended here."""


@dataclass
class Queued:
    """A message on WebhooksQueue."""

    message: WebhookMessage | Recheck
    in_flight: int = 0
    done: bool = False


class Invocation:
    """One invocation of the dispatcher with one message, a call at a time."""

    def __init__(self, world: World, queued: Queued) -> None:
        self._world = world
        self._queued = queued
        self._resume, self._stopped = threading.Semaphore(0), threading.Semaphore(0)
        self._decision = ""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.began_at = world.now
        self.at = ""  # the kind of call it waits before
        self.over = False
        self.failure: BaseException | None = None

    def start(self) -> None:
        """Run to the first call."""
        self._thread.start()
        self._wait()

    def step(self, decision: str) -> None:
        """Let the call it waits before end in a certain way, and run to the next one."""
        self._decision = decision
        number = self._world.invocations.index(self)
        self._world.log.append(f"{self._world.now:%H:%M:%S} #{number} {self.at}: {decision}")
        self._resume.release()
        self._wait()

    def kill(self) -> None:
        """End it where it stands."""
        self.step("kill")

    def call(self, kind: str) -> str:
        """Wait, inside the invocation, for the decision about the call that is to be made."""
        self.at = kind
        self._stopped.release()
        self._resume.acquire()
        if self._decision == "kill":
            raise Killed
        return self._decision

    def _wait(self) -> None:
        self._stopped.acquire()
        if self.over:
            self._thread.join()
        if self.failure is not None:
            failure, self.failure = self.failure, None
            raise failure

    def _run(self) -> None:
        _current.invocation = self
        try:
            self._world.handle(self._queued.message)
            self._queued.done = True
        except (Killed, RetryableError):
            pass
        except BaseException as error:  # noqa: BLE001  # the test's thread must see it
            self.failure = error
        finally:
            self._queued.in_flight -= 1
            if self._queued.done and self._queued in self._world.queue:
                self._world.queue.remove(self._queued)
            self.over = True
            self._stopped.release()


_current = threading.local()


def ask(kind: str) -> str:
    """Return how the call that is to be made ends."""
    invocation: Invocation = _current.invocation
    return invocation.call(kind)
