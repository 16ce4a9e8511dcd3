"""Whether CoopCycle's own rules allow a delivery, asked before it is created. Knows no AWS.

``POST /api/deliveries/assert`` evaluates the store's check expression (a zone, a weight, the hours until the
pickup) and answers 400 with the property path ``items`` when it refuses (upstream:
features/deliveries.feature), and ``[]`` when not (recorded: feasibility_and_price). Its reader is older than
that of ``POST /api/deliveries``: any other refusal says nothing about the rules, and the delivery itself is
then the question.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from bridge.connections.model import Connection
from bridge.coopcycle.payload import delivery_body
from bridge.errors import CoopCycleRejected, CoopCycleUnavailable, NotFeasible
from bridge.model import Delivery, Ignored
from bridge.reasons import Reason

_RULES = "items"  # the property path of what the store's rules refuse


class Rules(Protocol):
    """What is asked of one instance, as :class:`bridge.coopcycle.client.CoopCycleClient` does it."""

    def assert_feasible(self, body: Mapping[str, object]) -> None:
        """POST /api/deliveries/assert."""


def if_feasible(delivery: Delivery | Ignored, connection: Connection, instance: Rules) -> Delivery | Ignored:
    """Return the delivery if the connection does not ask or CoopCycle's rules allow it.

    With ``orders.if_infeasible = "ignore"`` what they do not allow is ignored. To be asked for new deliveries
    alone: rules know of hours until the pickup, and an update must not lose what was booked in time.

    Raises:
        NotFeasible: the rules do not allow it.
        RetryableError: the instance could not be asked.

    """
    orders = connection.orders
    if isinstance(delivery, Ignored) or not orders.check_feasibility:
        return delivery
    try:
        ask(delivery_body(delivery), instance)
    except NotFeasible:
        if orders.if_infeasible == "ignore":
            return Ignored(Reason.NOT_FEASIBLE)
        raise
    return delivery


def ask(body: Mapping[str, object], instance: Rules) -> str:
    """Ask whether a delivery is feasible; return why CoopCycle could not say, "" when it is.

    Raises:
        NotFeasible: the rules do not allow it.
        RetryableError: the instance could not be asked.
        CoopCycleRejected: the instance has no such question (404, 405, 415).

    """
    try:
        instance.assert_feasible(body)
    except CoopCycleRejected as error:
        if any(violation.property_path == _RULES for violation in error.violations):
            raise NotFeasible(error) from error
        if error.status != 400:
            raise
        return str(error)
    except CoopCycleUnavailable as error:
        if error.status != 500:  # a 500 is what an address gives that it cannot find: creating tells
            raise
        return str(error)
    return ""
