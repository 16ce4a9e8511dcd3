"""A connection tried out on the deployment it is in force in, up to what would be booked, or all the way.

:func:`signature` sends what no order can come of, so that the stack itself verifies it; :func:`rehearsed` has
the real dispatcher plan an order with nothing changed, and asks CoopCycle whether its rules allow that;
:func:`booked` sends an order of nobody through the stack, and cancels it again.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bridge import sources
from bridge.dispatching.record import State
from bridge.errors import (
    BridgeError,
    CredentialsRejected,
    NotFeasible,
    PermanentError,
    RejectedWebhook,
    RetryableError,
)
from bridge.model import Ignored
from bridge.operator.credentials import ask_feasibility
from bridge.operator.doctor import Finding, warning, well, wrong
from bridge.operator.dry_run import rehearse
from bridge.operator.errors import NotQueueable, WouldBeParked, WouldWait
from bridge.operator.parked import Selection
from bridge.operator.parked_reasons import REASONS
from bridge.operator.replay import webhook_of_body
from bridge.receiving.http import accept

if TYPE_CHECKING:
    from bridge.connections.model import Connection, Secrets
    from bridge.dispatching.record import DeliveryRecord
    from bridge.operator.deployment import Deployment

NO_TOPIC = "bridge/test"  # that no source follows
NO_ORDERS = (b"{}", b"[]", b"nothing")  # bodies of which no order can be read, as a rule; each is tried first
TRIED_FOR = timedelta(minutes=2)  # how long an order may take from the webhook to its delivery, and back
_SIGNATURE, _MAPPING, _COOPCYCLE, _BOOKING, _CANCELLING = (
    "signature",
    "mapping",
    "CoopCycle",
    "booking",
    "cancelling",
)

Post = Callable[[str, sources.Signed], "Answer"]  # an address, and what is posted there


@dataclass(frozen=True, slots=True)
class Answer:
    """What the stack answered; ``said`` are the members of its JSON. Status 0: nothing answered."""

    status: int
    said: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Order:
    """A webhook about an order of nobody; the body is personal where it is somebody's own."""

    body: bytes = field(repr=False)
    topic: str | None  # None: a new order
    shop: sources.Shop | None = field(default=None, repr=False)  # answers for the sender's API


# --- the signature --------------------------------------------------------------------------------


def signature(
    deployment: Deployment, connection: Connection, key: str, post: Post, *, can_sign: bool, now: datetime
) -> Finding:
    """Have the stack verify a signed push that leads to no work.

    ``key`` signs. Where only the sender can (``can_sign`` false, and ``key`` is anybody's), the stack must
    refuse it.
    """
    title = sources.get(connection.source).TRAITS.title
    push = _harmless(connection, key, now)
    if push is None:
        return warning(_SIGNATURE, "no webhook could be made that is surely no order", "try with --book")
    answer = post(push.address(_base(deployment), connection.connection_id), push)
    if can_sign or answer.said.get("error") != "invalid_signature":
        return _verified(answer, connection.connection_id, title)
    return warning(
        _SIGNATURE,
        f"only {title} can sign; the stack refuses what somebody else signed, as it must",
        f"have {title} send a webhook; `bridge tail` shows whether it is accepted",
    )


def _base(deployment: Deployment) -> str:
    return deployment.webhook_url.removesuffix("/").removesuffix("/webhooks")


def signed_push(
    connection: Connection, body: bytes, key: str, topic: str | None, now: datetime
) -> sources.Signed:
    """Sign a body as the sender does.

    Raises:
        ValueError: the key is not of the kind that the sender signs with.
    """
    sender = sources.get(connection.source)
    return sender.sign(
        body,
        key,
        topic=topic or sender.TOPICS[0],
        webhook_id=str(uuid.uuid4()),
        sent_at=now,
        options=connection.options,
    )


def _harmless(connection: Connection, key: str, now: datetime) -> sources.Signed | None:
    """Return a signed push of which the receiver's own code here makes no message; ``None`` without one."""
    refused = None
    for body in NO_ORDERS:
        try:
            signed = signed_push(connection, body, key, NO_TOPIC, now)
            headers = {name.lower(): value for name, value in signed.headers.items()}
            made = accept(connection, sources.Push(signed.body, headers, now, signed.path_secret))
        except RejectedWebhook:
            refused = refused or signed
        except ValueError:  # a body that this sender cannot even write
            continue
        else:
            if isinstance(made, Ignored):
                return signed
    return refused


def _verified(answer: Answer, connection_id: str, title: str) -> Finding:
    error = answer.said.get("error", "")
    if answer.status == 200 or (answer.status == 400 and error):  # verified before it is read
        return well(_SIGNATURE, f"the stack accepts what {title} signs with the secret in force")
    cures = {
        "invalid_signature": f"`bridge connections apply {connection_id}` with the secret that stands at the "
        "sender; the functions notice within five minutes",
        "unknown_connection": f"`bridge connections apply {connection_id}`; the functions notice within five "
        "minutes",
        "invalid_connection": "`bridge logs` says which key of the connection is wrong",
    }
    says = (
        f"the stack answers {answer.status} {error}".rstrip()
        if answer.status
        else "the stack does not answer"
    )
    return wrong(_SIGNATURE, says, cures.get(error, "`bridge doctor`, then `bridge logs`"))


# --- the mapping, and CoopCycle's rules -----------------------------------------------------------


def rehearsed(
    deployment: Deployment, connection: Connection, secrets: Secrets, key: str, order: Order, now: datetime
) -> Iterator[Finding]:
    """Tell what the dispatcher would do with an order, and whether CoopCycle's rules allow it."""
    signing = replace(secrets, webhook=(key,))
    try:
        message = webhook_of_body(connection, signing, order.body, topic=order.topic, order=None, now=now)
        told = rehearse(
            deployment, connection, secrets, message, live=False, clock=lambda: now, shop=order.shop
        )
    except NotQueueable as error:
        yield wrong(_MAPPING, str(error), "try another webhook of your shop: --body FILE, --topic")
        return
    except WouldBeParked as error:
        yield wrong(_MAPPING, f"the order would be parked ({error.code}): {error}", _cure(error.code))
        return
    except WouldWait as error:
        yield wrong(_MAPPING, f"the order would wait ({error.code}): {error}", _cure(error.code))
        return
    if not told.changes:
        yield warning(
            _MAPPING, f"nothing would be booked: {told.result.reason or told.result.outcome}", _IGNORED
        )
        return
    body = told.changes[-1].body
    zone = deployment.zone_of(connection.connection_id)
    yield well(_MAPPING, f"a delivery, {_windows(body, zone)}")
    yield _allowed(connection, secrets, body)


_IGNORED = "`bridge map --explain` says which rule decides that"


def _cure(code: str) -> str:
    known = REASONS.get(code)
    return known.cure if known else "`bridge map --explain` shows what is made of it"


def _windows(body: Mapping[str, Any], zone: ZoneInfo) -> str:
    """Return when a delivery's stops would be, by the connection's clock."""
    stops = [(name, body[name]) for name in ("pickup", "dropoff") if name in body]
    stops += [(str(task["type"]).lower(), task) for task in body.get("tasks", ())]
    return f"{', '.join(f'{name} {_window(task, zone)}' for name, task in stops)} {zone.key}"


def _window(task: Mapping[str, Any], zone: ZoneInfo) -> str:
    after, before = (datetime.fromisoformat(str(task[name])).astimezone(zone) for name in ("after", "before"))
    return f"{after:%Y-%m-%d %H:%M} to {before:%Y-%m-%d %H:%M}"


def _allowed(connection: Connection, secrets: Secrets, body: Mapping[str, object]) -> Finding:
    url = connection.coopcycle_url
    try:
        unsaid = ask_feasibility(connection, body, secrets.client_id, secrets.client_secret)
    except NotFeasible as error:
        return wrong(_COOPCYCLE, str(error), _cure(error.code))
    except CredentialsRejected as error:
        return wrong(_COOPCYCLE, f"{url} refuses the credentials: {error}", _cure(error.code))
    except (PermanentError, RetryableError) as error:
        return wrong(_COOPCYCLE, f"{url} gives no usable answer: {error}", _cure(error.code))
    if unsaid:
        return warning(_COOPCYCLE, f"{url} cannot say: {unsaid}", "--book would tell")
    return well(_COOPCYCLE, f"{url} allows it")


# --- a booking, and its end -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Booking:
    """A trial that books: where it is sent, with what, and how to wait between two looks at its record."""

    deployment: Deployment
    connection: Connection
    secrets: Secrets
    key: str
    post: Post
    clock: Callable[[], datetime]
    pause: Callable[[], None]

    def send(self, order: Order) -> Answer:
        """Sign and post a webhook."""
        signed = signed_push(self.connection, order.body, self.key, order.topic, self.clock())
        return self.post(signed.address(_base(self.deployment), self.connection.connection_id), signed)

    def record(self, order_id: str) -> DeliveryRecord | None:
        """Return the order's record."""
        return self.deployment.orders.load(self.connection.connection_id, order_id)

    def wait(self, order_id: str, until: Callable[[DeliveryRecord], bool]) -> DeliveryRecord | None:
        """Return the record when it is so, or as it is when the time is over."""
        deadline = self.clock() + TRIED_FOR
        while True:
            record = self.record(order_id)
            if (record is not None and until(record)) or self.clock() >= deadline:
                return record
            self.pause()


def booked(trial: Booking, order: Order, cancellation: Order | None, order_id: str) -> Iterator[Finding]:
    """Book an order through the stack, and cancel it: whatever happens, nothing of it is left to ride.

    ``order_id`` is the one that both webhooks are about, which no shop has given. Where the sender cannot
    cancel (``cancellation`` ``None``) or its webhook does not, CoopCycle is asked to.
    """
    answer = trial.send(order)
    if answer.said.get("outcome") != "accepted" or answer.said.get("order_id") != order_id:
        reason = answer.said.get("reason") or answer.said.get("error") or "no answer"
        yield wrong(_BOOKING, f"the stack does not queue it: {answer.status} {reason}", "`bridge logs`")
        return
    record = trial.wait(order_id, lambda each: each.state is not State.CREATING)
    yield _became(record, order_id)
    yield from _ended(trial, record, cancellation, order_id)


def _became(record: DeliveryRecord | None, order_id: str) -> Finding:
    if record is not None and record.state is State.CREATED:
        return well(_BOOKING, f"order {order_id} went through queue and worker: {record.delivery_iri}")
    if record is not None and record.state is not State.CREATING:
        says = f"order {order_id} is {record.state.value} ({record.reason})"
        return wrong(_BOOKING, says, _cure(record.reason))
    return wrong(
        _BOOKING,
        f"order {order_id} is no delivery after {TRIED_FOR.seconds // 60} minutes",
        "`bridge doctor`, then `bridge logs`: does the dispatcher run, does CoopCycle answer?",
    )


def _ended(
    trial: Booking, record: DeliveryRecord | None, cancellation: Order | None, order_id: str
) -> Iterator[Finding]:
    """See to it that nothing rides, by the sender's webhook or else at CoopCycle, and nothing is parked."""
    if record is not None and record.state in (State.REJECTED, State.IGNORED):
        _forget_parked(trial, order_id)
        yield well(_CANCELLING, "nothing was booked; what was parked of it is discarded")
        return
    if cancellation is not None and trial.send(cancellation).said.get("outcome") == "accepted":
        record = trial.wait(order_id, lambda each: each.state in _OVER)
        if record is not None and record.state is State.CANCELLED:
            yield well(_CANCELLING, "the signed cancellation cancelled it")
            return
    yield _cancelled_at_coopcycle(trial, record)


_OVER = (State.CANCELLED, State.CANCEL_REFUSED, State.WITHDRAWN, State.IGNORED, State.REJECTED)


def _forget_parked(trial: Booking, order_id: str) -> None:
    chosen = trial.deployment.parked.look().selected(Selection(trial.connection.connection_id, order_id))
    trial.deployment.parked.discard(chosen)


def _cancelled_at_coopcycle(trial: Booking, record: DeliveryRecord | None) -> Finding:
    if record is None or not record.delivery_iri:
        return warning(
            _CANCELLING,
            "there is no delivery to cancel yet; if the order is worked on later, there will be one",
            "`bridge orders list` shows it; cancel it on CoopCycle",
        )
    iri = record.delivery_iri
    try:
        trial.deployment.coopcycle(trial.connection, trial.secrets).cancel_delivery(iri)
    except BridgeError as error:
        return wrong(_CANCELLING, f"{iri} still rides: {error}", "call the dispatcher, who cancels it")
    return well(
        _CANCELLING, f"the sender's webhooks did not cancel it, so CoopCycle was asked to: {iri} is gone"
    )
