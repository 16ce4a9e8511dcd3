"""``bridge test``: a connection tried out on the deployment that it is in force in."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import requests

from bridge import sources
from bridge.connections.model import Connection, Secrets
from bridge.operator import trial as operator
from bridge.operator.deployment import Deployment
from bridge.operator.doctor import Finding, Health
from bridge.operator.errors import NotQueueable
from bridge.operator.recorded_shop import RecordedShop
from bridge.operator.replay import webhook_of_body
from bridge.operator.trial import Answer, Booking, Order, signed_push
from bridge_laptop import samples
from bridge_laptop.cli import as_json as for_programs
from bridge_laptop.cli.deployment import deployment_options
from bridge_laptop.cli.doctor import print_finding
from bridge_laptop.cli.exit_codes import FAILED
from bridge_laptop.cli.options import connection_argument, existing_file, json_option, yes_option

TIMEOUT_SECONDS = 30
LOOK_AGAIN_SECONDS = 1.0
RSA_BITS = 2048


@click.command("test")
@connection_argument
@click.option(
    "--body",
    "body_file",
    type=existing_file,
    help="A webhook of your own shop or form.  [default: the sender's sample]",
)
@click.option("--topic", help="With --body: the webhook's topic.  [default: a new order]")
@click.option("--book", is_flag=True, help="Book a delivery through the stack, and cancel it.")
@yes_option
@json_option
@deployment_options
def try_out(
    deployment: Deployment,
    connection_id: str,
    body_file: Path | None,
    topic: str | None,
    book: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Try a connection that is in force, up to what would be booked.

    The stack is sent a signed webhook that is no order, which it has to verify. Then the order is planned
    here as the dispatcher does, with the settings and secrets in force, and CoopCycle is asked whether its
    rules allow the delivery. Nothing is queued or booked.

    With --book the order goes through receiver, queue and worker and becomes a delivery; a signed
    cancellation takes it away again, or CoopCycle is asked to where the sender has none. It gets an id that
    no shop has given. Not for senders whose webhooks only name an order, or who sign with a key of their own.

    The sample's address is in Paris, and a form's sample has other questions than yours: give a webhook of
    your own with --body. Exit code 1 if something is wrong.
    """
    connection, _ = deployment.connection(connection_id)
    trial = _Trial.of(deployment, connection, deployment.registry.secrets(connection_id))
    order = trial.order(body_file, topic)
    if book:
        _refuse_what_cannot_be_booked(trial, order)
        if not yes:
            click.confirm(f"Book a delivery at {connection.coopcycle_url}, and cancel it?", abort=True)
    found = []
    for finding in trial.findings(order, book=book):
        found.append(finding)
        if not as_json:
            print_finding(finding)
    if as_json:
        for_programs.print_json([for_programs.finding_row(each) for each in found])
    elif not book:
        click.echo("Nothing was booked; --book goes through queue and worker as well.", err=True)
    if any(each.health is Health.WRONG for each in found):
        raise SystemExit(FAILED)


@dataclass(frozen=True, slots=True)
class _Planned:
    """An order to try; ``order_id`` is one that no shop has given, or empty."""

    order: Order
    order_id: str


@dataclass(frozen=True, slots=True)
class _Trial:
    deployment: Deployment
    connection: Connection
    secrets: Secrets
    key: str
    can_sign: bool

    @classmethod
    def of(cls, deployment: Deployment, connection: Connection, secrets: Secrets) -> _Trial:
        """Return a trial with what signs for the sender, or would if it were the sender's.

        Raises:
            click.ClickException: the webhook secret is missing, or is none that this sender could have.
        """
        if not secrets.webhook:
            raise click.ClickException(
                f"connection {connection.connection_id} has no webhook secret: `bridge connections apply`"
            )
        for key in (secrets.webhook[0], None):
            signing = key or _anybodys_rsa_key()
            try:
                signed_push(connection, b"{}", signing, None, datetime.now(UTC))
            except ValueError as error:
                problem = str(error)
            else:
                return cls(deployment, connection, secrets, signing, can_sign=key is not None)
        raise click.ClickException(f"connection {connection.connection_id}: {problem}")

    def order(self, body_file: Path | None, topic: str | None) -> _Planned:
        """Return the order to try: a body of one's own, or the sender's sample as if it were of today."""
        now = datetime.now(UTC)
        if body_file is not None:
            return self._of_nobody(Order(body_file.read_bytes(), topic))
        sample = samples.first(self.connection.source, samples.DELIVERY)
        if sample is None:
            raise click.UsageError(f"there is no sample of {self.connection.source}: give --body")
        body = samples.as_of(sample.file.read_bytes(), now - timedelta(minutes=1))
        answers = samples.answers_of_api(self.connection.source)
        if answers:
            return _Planned(Order(body, topic or sample.topic, RecordedShop(answers)), "")
        return self._of_nobody(Order(body, topic or sample.topic))

    def cancellation(self, order_id: str) -> Order | None:
        """Return the sender's cancellation of an order; ``None`` where it has none that we know."""
        sample = samples.first(self.connection.source, samples.CANCELLED)
        if sample is None:
            return None
        body = samples.as_of(sample.file.read_bytes(), datetime.now(UTC))
        planned = self._of_nobody(Order(body, sample.topic), order_id)
        return planned.order if planned.order_id else None

    def findings(self, planned: _Planned, *, book: bool) -> Iterator[Finding]:
        """Try, one thing after the other; what is wrong before a booking prevents it."""
        now = datetime.now(UTC)
        signature = operator.signature(
            self.deployment, self.connection, self.key, _post, can_sign=self.can_sign, now=now
        )
        yield signature
        wrong = signature.health is Health.WRONG
        for finding in operator.rehearsed(
            self.deployment, self.connection, self.secrets, self.key, planned.order, now
        ):
            yield finding
            wrong = wrong or finding.health is Health.WRONG
        if not book or wrong:
            return
        if sys.stderr.isatty():
            click.echo("Booking; this takes up to two minutes …", err=True)
        booking = Booking(self.deployment, self.connection, self.secrets, self.key, _post, _utc_now, _pause)
        cancellation = self.cancellation(planned.order_id)
        yield from operator.booked(booking, planned.order, cancellation, planned.order_id)

    def _of_nobody(self, order: Order, new: str = "") -> _Planned:
        """Return an order under an id that no shop has given; under its own where that cannot be put in."""
        old = self._id_of(order)
        new = new or samples.new_id(old)
        moved = replace(order, body=samples.of_order(order.body, old, new)) if old else order
        return _Planned(moved, new) if old and self._id_of(moved) == new else _Planned(order, "")

    def _id_of(self, order: Order) -> str:
        """Return the order that a webhook is about; empty where the receiver would not queue it."""
        signing = replace(self.secrets, webhook=(self.key,))
        try:
            message = webhook_of_body(
                self.connection, signing, order.body, topic=order.topic, order=None, now=datetime.now(UTC)
            )
        except NotQueueable:
            return ""
        return message.order_id


def _refuse_what_cannot_be_booked(trial: _Trial, planned: _Planned) -> None:
    """Refuse to book what could not be taken away again, or would be somebody's order.

    Raises:
        click.ClickException: says why.
    """
    sender = sources.get(trial.connection.source)
    title = sender.TRAITS.title
    if not trial.can_sign:
        raise click.ClickException(f"only {title} can sign its webhooks: order something there instead")
    if type(sender).fetch is not sources.Source.fetch:
        raise click.ClickException(
            f"a webhook of {title} only names an order, which the worker asks the shop for: order something "
            "there instead"
        )
    if not planned.order_id:
        raise click.ClickException(
            "no id of its own can be put into this webhook, so that it might be a customer's order: give "
            "another with --body"
        )


def _anybodys_rsa_key() -> str:
    """Return a private key that is of the right kind for a sender that signs with RSA, and not its own."""
    from Crypto.PublicKey import RSA

    return RSA.generate(RSA_BITS).export_key().decode("ascii")


def _post(address: str, signed: sources.Signed) -> Answer:
    try:
        answer = requests.post(
            address, data=signed.body, headers=dict(signed.headers), timeout=TIMEOUT_SECONDS
        )
        said = answer.json() if answer.content else {}
    except requests.JSONDecodeError:
        return Answer(answer.status_code)
    except requests.RequestException:
        return Answer(0)
    return Answer(answer.status_code, said if isinstance(said, dict) else {})


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _pause() -> None:
    time.sleep(LOOK_AGAIN_SECONDS)
