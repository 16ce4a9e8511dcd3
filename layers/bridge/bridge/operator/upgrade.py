"""What brings a stack of an earlier version to this one: orders into indexes, parked messages to orders.

Each step may be stopped and begun again: what is done already is not done twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bridge.dispatching import lifecycle
from bridge.dispatching.privacy import Compliance
from bridge.dispatching.record import ParkedMessage
from bridge.errors import AlreadyInProgress
from bridge.operator.deployment import ORDER_INDEXES, stack_name
from bridge.receiving.messages import ParkReason, PrivacyMessage, WebhookMessage

if TYPE_CHECKING:
    from bridge.dispatching.record import DeliveryRecord
    from bridge.operator.deployment import Deployment
    from bridge.operator.parked import Parked

PARAMETER = "OrderIndexes"
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]  # as samconfig.toml has them


def make_indexes(environment: str, cloudformation: Any, present: int) -> Iterator[tuple[int, int]]:
    """Make the missing indexes of the table of orders, one update of the stack each (CloudFormation).

    Yields which one is begun, and of how many; an update takes some minutes, and the next begins after it.

    Raises:
        botocore.exceptions.WaiterError: an update failed; the stack's events in CloudFormation tell why.
    """
    name = stack_name(environment)
    for wanted in range(present + 1, ORDER_INDEXES + 1):
        yield wanted, ORDER_INDEXES
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        others = [each["ParameterKey"] for each in stack["Parameters"] if each["ParameterKey"] != PARAMETER]
        cloudformation.update_stack(
            StackName=name,
            UsePreviousTemplate=True,
            Parameters=[
                {"ParameterKey": PARAMETER, "ParameterValue": str(wanted)},
                *({"ParameterKey": key, "UsePreviousValue": True} for key in others),
            ],
            Capabilities=_CAPABILITIES,
        )
        cloudformation.get_waiter("stack_update_complete").wait(StackName=name)


def index_orders(deployment: Deployment) -> int:
    """Write anew each order that is in no index yet; return how many. A change meanwhile does so itself."""
    written = 0
    for record in deployment.orders.not_indexed():
        try:
            deployment.orders.save(record)
        except AlreadyInProgress:
            continue
        written += 1
    return written


def move_parked(deployment: Deployment, clock: Callable[[], datetime]) -> tuple[int, int]:
    """Park in their orders' records what lies on the dead-letter queue; return how many, and how many stay.

    What cannot be read, or has no room in a record, stays on the queue.
    """
    with deployment.dead_letters.hold() as held:
        moved = 0
        for each in sorted(held.messages, key=lambda parked: (parked.came_at, parked.parked_at)):
            if each.message is None:
                continue
            if isinstance(each.message, PrivacyMessage):
                reason = ParkReason(each.reason, each.sentence)
                compliance = Compliance(deployment.orders, (), clock=clock)
                compliance.park(each.message, reason, message_id=each.message_id, text=each.text)
                deployment.dead_letters.delete(each)
                moved += 1
            elif _park_in_record(deployment, each, clock()):
                deployment.dead_letters.delete(each)
                moved += 1
        return moved, len(held.messages) - moved + held.hidden


def _park_in_record(deployment: Deployment, parked: Parked, now: datetime) -> bool:
    """Tell whether the order's record holds the message now; the worker may have written it meanwhile."""
    entry = ParkedMessage(
        message_id=parked.message_id,
        code=parked.reason,
        sentence=parked.sentence,
        property_paths=parked.property_paths,
        parked_at=parked.parked_at,
        topic=parked.topic,
        received_at=parked.came_at if isinstance(parked.message, WebhookMessage) else None,
        updated_at=None,
        text=parked.text,
    )
    record = deployment.orders.load(*parked.key) or _unknown(parked, now)
    changed = lifecycle.parked(record, entry, parked.order_name, record.changed_at)
    if not any(each.message_id == entry.message_id and each.text for each in changed.parked):
        return False
    try:
        deployment.orders.save(replace(changed, changed_at=now))
    except AlreadyInProgress:
        return False
    return True


def _unknown(parked: Parked, now: datetime) -> DeliveryRecord:
    return lifecycle.unknown_order(
        parked.connection_id, parked.order_id, now, datetime.fromisoformat("1970-01-01T00:00:00+00:00"), now
    )
