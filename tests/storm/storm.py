"""One run: start the stack, send the shop's webhooks into the storm, wait until all is calm, compare."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import boto3
import requests
from tests.storm import connections, faults, plan, report
from tests.storm.connections import CONNECTIONS
from tests.storm.fault_injection import Saboteur
from tests.storm.faults import Timings
from tests.storm.processes import serving
from tests.storm.shop import Shop

from bridge.aws.deliveries import DeliveriesTable
from bridge.dispatching.record import DeliveryRecord
from bridge.receiving.messages import read_message
from bridge_laptop import secrets
from bridge_laptop.local import sample
from bridge_laptop.local.runtimes import RiePool
from bridge_laptop.local.stack import LocalStack, Options, running
from bridge_laptop.sandbox.client import SandboxClient

if TYPE_CHECKING:
    from mypy_boto3_sqs.literals import QueueAttributeNameType

BACKLOG = 120  # messages on the queue with which the next wave of webhooks comes, at most
QUEUES = ("WebhooksQueue", "RechecksQueue")
COUNTS: tuple[QueueAttributeNameType, ...] = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
MANY = 500  # orders with which the storm is long enough for credentials that are refused for a whole minute
REFUSED_SECONDS = 60
UNREASONED = "received too often"  # on a dead-letter queue without a reason: SQS put it there
CALM_LOOKS = 3  # looks in a row at which nothing may be waiting, a second apart
WORKERS = 4  # dispatchers at once: twice the template's, for most of their time goes into waiting here
# Longer than an invocation takes, as in AWS, where it is six times the function's timeout: a message that is
# parked by one invocation while another still works on it would leave its order's record between two states.
VISIBILITY_SECONDS = 20
DELIVERED_AGAIN = 0.03  # share of the messages that the queue delivers twice


@dataclass(frozen=True, slots=True)
class Choices:
    """What was asked for."""

    orders: int
    seed: int
    kills: int
    runtime: str
    modes: tuple[str, ...]  # faults; empty: all of them
    share: float
    timings: Timings
    limit_seconds: float
    log: Path  # of the functions


@dataclass
class Outcome:
    """What happened, for the table and the exit status."""

    verdict: report.Verdict
    counted: dict[str, object] = field(default_factory=dict)
    hits: dict[str, int] = field(default_factory=dict)
    never_accepted: int = 0
    in_time: bool = True


class TooLong(RuntimeError):
    """The run did not end within its limit."""


class Deadline:
    """The hard end of a run."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def over(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() > self._end

    def check(self) -> None:
        """Raise :class:`TooLong` when the time is over."""
        if self.over:
            raise TooLong


def run(choices: Choices, tell: Callable[[str], None]) -> Outcome:
    """Do one run; ``tell`` gets a line now and then."""
    started = time.monotonic()
    choices.log.parent.mkdir(parents=True, exist_ok=True)
    choices.log.write_bytes(b"")
    order = json.loads(sample.ORDER.read_bytes())
    planned = plan.make(
        order,
        orders=choices.orders,
        seed=choices.seed,
        connections=CONNECTIONS,
        now=datetime.now(UTC).replace(microsecond=0),
    )
    with _stack(choices) as stack:
        storm = _Storm(choices, stack, planned, tell)
        try:
            storm.blow()
            storm.wait_for_calm()
        except TooLong:
            tell(f"{choices.limit_seconds:.0f} s are over, and there is work left; compared all the same:")
        outcome = storm.compare()
    outcome.in_time = not storm.deadline.over
    outcome.counted["duration"] = f"{time.monotonic() - started:.0f} s"
    return outcome


@contextmanager
def _stack(choices: Choices) -> Iterator[LocalStack]:
    random = Random(choices.seed)  # a seeded generator is wanted
    with ExitStack() as exits:
        folder = Path(exits.enter_context(tempfile.TemporaryDirectory(prefix="bridge-chaos-")))
        for connection_id in CONNECTIONS:
            (folder / f"{connection_id}.toml").write_text(connections.TEXT, encoding="utf-8")
        before = dict(os.environ)
        exits.callback(_restore_environment, before)
        os.environ.update(choices.timings.environment() | {"POWERTOOLS_LOG_LEVEL": "INFO"})
        options = Options(
            port=0,
            aws_endpoint=exits.enter_context(serving("aws", choices.log)),
            coopcycle_url=exits.enter_context(serving("coopcycle", choices.log)),
            connections=folder,
            runtime=choices.runtime,
            function_log=choices.log,
            workers=WORKERS,
            again=lambda: random.random() < DELIVERED_AGAIN,
        )
        stack = exits.enter_context(running(options))
        boto3.client("sqs").set_queue_attributes(
            QueueUrl=stack.names["WebhooksQueue"], Attributes={"VisibilityTimeout": str(VISIBILITY_SECONDS)}
        )
        yield stack


def _restore_environment(before: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(before)


class _Storm:
    """The parts of one run over a running stack."""

    def __init__(
        self, choices: Choices, stack: LocalStack, planned: plan.Plan, tell: Callable[[str], None]
    ) -> None:
        self._choices = choices
        self._stack = stack
        self._plan = planned
        self._tell = tell
        self.deadline = Deadline(choices.limit_seconds)
        self._sqs = boto3.client("sqs")
        self._table = DeliveriesTable(boto3.client("dynamodb"), stack.names["DeliveriesTable"])
        self._sandbox = SandboxClient(stack.coopcycle_url)
        self._shop = Shop(
            stack.url, {each: secrets.local_defaults(each)["webhook-secret"] for each in CONNECTIONS}
        )
        self._waves_begun = 0
        self._began = time.monotonic()
        pools = [pool for pool in stack.runtimes.values() if isinstance(pool, RiePool)]
        dispatchers = stack.runtimes["DispatchDeliveryFunction"]
        self._saboteur = Saboteur(
            self._sandbox,
            [dispatchers] if isinstance(dispatchers, RiePool) and pools else [],
            kills=choices.kills,
            spells=[] if choices.modes else self._spells(),
            moves=max(3, choices.orders // 20),
            cancels=max(2, choices.orders // 40),
            seed=choices.seed,
            progress=lambda: self._waves_begun / len(planned.waves),
        )

    def _spells(self) -> list[list[faults.Row]]:
        times = max(1, self._choices.orders // 250)
        longest = [faults.refused_for(REFUSED_SECONDS)] if self._choices.orders >= MANY else []
        spells = faults.spells() * times
        return [*spells[: len(spells) // 2], *longest, *spells[len(spells) // 2 :]]

    def blow(self) -> None:
        """Send every webhook while things go wrong; return when nothing new goes wrong any more."""
        choices = self._choices
        rows = (
            faults.only(list(choices.modes), choices.timings, choices.share, choices.seed)
            if choices.modes
            else faults.mixture(choices.timings, choices.share, choices.seed)
        )
        for row in rows:
            self._sandbox.fault(**row)
        self._saboteur.start()
        try:
            for number, wave in enumerate(self._plan.waves):
                self._waves_begun = number + 1
                if number == len(self._plan.waves) // 2:
                    connections.change_settings()
                self._shop.send(wave)
                self._wait_until(lambda: self._waiting() <= min(BACKLOG, choices.orders // 2))
                if number % 5 == 4:
                    self._report(f"{number + 1} of {len(self._plan.waves)} waves sent")
            self._saboteur.finish(60)
        finally:
            self._saboteur.finish(0)
            self._sandbox.fault(None)
        self._report("the storm is over")

    def wait_for_calm(self) -> None:
        """Wait until no message waits and CoopCycle works on nothing."""
        quiet = 0
        while quiet < CALM_LOOKS:
            self.deadline.check()
            quiet = quiet + 1 if self._waiting() == 0 and self._at_work() == 0 else 0
            time.sleep(1)

    def _report(self, what: str) -> None:
        seconds = time.monotonic() - self._began
        self._tell(
            f"{seconds:4.0f} s: {what}; {self._waiting()} messages wait, "
            f"{self._saboteur.kills} functions killed"
        )

    def _wait_until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            self.deadline.check()
            time.sleep(0.2)

    def _waiting(self) -> int:
        """Return how many messages wait or are at work on either queue."""
        total = 0
        for queue in QUEUES:
            attributes = self._sqs.get_queue_attributes(
                QueueUrl=self._stack.names[queue], AttributeNames=["All"]
            )["Attributes"]
            total += sum(int(attributes[name]) for name in COUNTS)
        return total

    def _at_work(self) -> int:
        """Return how many requests CoopCycle has not answered yet, those whose client has left included."""
        requests_by_route = self._sandbox.stats()["requests"]
        return sum(2 * counts["total"] - sum(counts.values()) for counts in requests_by_route.values())

    # --- comparing ------------------------------------------------------------------------------

    def compare(self) -> Outcome:
        """Collect what there is, and judge it."""
        stats = self._sandbox.stats()
        by_reference: dict[str, list[dict[str, Any]]] = stats["deliveries_by_ref"]
        records = {
            f"{record.connection_id}/{record.order_id}": record
            for connection_id in CONNECTIONS
            for record in self._table.of_connection(connection_id)
        }
        parked = self._parked(records)
        tokens = {each: self._token(each) for each in CONNECTIONS}
        held = {
            order.reference: self._held(
                order, by_reference.get(order.reference, []), records.get(order.reference), parked, tokens
            )
            for order in self._plan.orders
        }
        known = {order.reference for order in self._plan.orders}
        made = sum(len(each) for each in by_reference.values())
        strays = [reference for reference in by_reference if reference not in known]
        strays += ["a delivery without our reference"] * (stats["created"] - made)
        judged = report.judge(
            self._plan.orders,
            held,
            {name: connections.alternatives(each) for name, each in self._stack.connections.items()},
            strays=strays,
            now=datetime.now(UTC),
        )
        return Outcome(
            verdict=judged,
            counted=self._counted(stats, parked),
            hits=dict(sorted(stats["fault_hits"].items())),
            never_accepted=len(self._shop.never_accepted),
        )

    def _held(
        self,
        order: plan.PlannedOrder,
        deliveries: list[dict[str, Any]],
        record: DeliveryRecord | None,
        parked: Mapping[str, list[str]],
        tokens: Mapping[str, str],
    ) -> report.Held:
        live = [each["@id"] for each in deliveries if not each["cancelled"]]
        return report.Held(
            live=[self._fetch(iri, tokens[order.connection_id]) for iri in live],
            cancelled=len(deliveries) - len(live),
            record=record,
            parked=parked.get(order.reference, []),
            moved=any(each["@id"] in self._saboteur.moved for each in deliveries),
            cancelled_by_hand=any(each["@id"] in self._saboteur.cancelled for each in deliveries),
        )

    def _token(self, connection_id: str) -> str:
        answer = requests.post(
            f"{self._stack.coopcycle_url}/oauth2/token",
            auth=(connection_id, f"{connection_id}-secret"),
            data={"grant_type": "client_credentials", "scope": "deliveries"},
            timeout=10,
        )
        answer.raise_for_status()
        return str(answer.json()["access_token"])

    def _fetch(self, iri: str, token: str) -> Mapping[str, Any]:
        answer = requests.get(
            f"{self._stack.coopcycle_url}{iri}",
            headers={"Authorization": f"Bearer {token}", "Accept": "application/ld+json"},
            timeout=10,
        )
        answer.raise_for_status()
        body: Mapping[str, Any] = answer.json()
        return body

    def _parked(self, records: Mapping[str, DeliveryRecord]) -> dict[str, list[str]]:
        """Return the reasons of all parked messages by the reference of their order, wherever they are."""
        found = {
            reference: [each.code for each in record.parked if each.text]
            for reference, record in records.items()
            if record.parked
        }
        for queue in ("WebhooksDeadLetterQueue", "RechecksDeadLetterQueue"):
            while messages := self._sqs.receive_message(
                QueueUrl=self._stack.names[queue],
                MaxNumberOfMessages=10,
                VisibilityTimeout=600,
                MessageAttributeNames=["All"],
            ).get("Messages", []):
                for message in messages:
                    parked = read_message(message["Body"])
                    attributes = message.get("MessageAttributes", {})
                    reason = attributes["reason"]["StringValue"] if "reason" in attributes else UNREASONED
                    found.setdefault(f"{parked.connection_id}/{parked.order_id}", []).append(reason)
        return found

    def _counted(self, stats: Mapping[str, Any], parked: Mapping[str, list[str]]) -> dict[str, object]:
        answers = ", ".join(f"{count} x {status}" for status, count in sorted(self._shop.answers.items()))
        reasons = Counter(reason for each in parked.values() for reason in each)
        requests_to_change = {
            route: counts["total"]
            for route, counts in stats["requests"].items()
            if not route.startswith("GET")
        }
        return {
            "webhooks sent": f"{self._shop.sent} ({answers})",
            **self._plan.counts,
            "messages delivered twice by the queue": sum(p.delivered_again for p in self._stack.pollers),
            "functions killed": f"{self._saboteur.kills}, {self._saboteur.kills_at_work} of them at work",
            "spells": self._saboteur.spells,
            "moved by hand": len(self._saboteur.moved),
            "cancelled by hand": len(self._saboteur.cancelled),
            "deliveries made": stats["created"],
            "token requests": stats["token_requests"],
            "messages parked": ", ".join(f"{n} {reason}" for reason, n in reasons.items()) or 0,
            "requests": ", ".join(f"{n} {route}" for route, n in sorted(requests_to_change.items())),
            "listings": stats["requests"].get("GET /api/stores/{id}/deliveries", {}).get("total", 0),
        }
