"""The table and the delay queue as the state machine has them, with every way in which a call can end."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from tests.state_machine.invocation import Killed, ask

from bridge.errors import (
    AwsUnavailable,
)
from bridge.receiving.messages import Recheck

if TYPE_CHECKING:
    from tests.state_machine.world import World


@dataclass
class Table:
    """The two calls that DeliveriesTable makes of boto3's client, with the conditions that it states."""

    world: World
    item: dict[str, Any] = field(default_factory=dict)
    states: set[str] = field(default_factory=set)  # that the record was ever in

    def get_item(self, **request: Any) -> dict[str, Any]:
        if ask("load") != "ok":
            raise AwsUnavailable("the table does not answer")
        return {"Item": self.item} if self.item else {}

    def put_item(self, **request: Any) -> None:
        decision = ask("save")
        if decision == "fail":
            raise AwsUnavailable("the table does not answer")
        if not self._holds(request.get("ConditionExpression"), request):
            code = {"Code": "ConditionalCheckFailedException", "Message": ""}
            old = {"Item": self.item} if "ReturnValuesOnConditionCheckFailure" in request else {}
            raise ClientError({"Error": code, **old}, "PutItem")  # type: ignore[typeddict-unknown-key]
        self.item = request["Item"]
        self.states.add(self.item["state"]["S"])
        if decision == "kill_after":
            raise Killed

    def _holds(self, condition: str | None, request: dict[str, Any]) -> bool:
        if condition is None:
            return True
        if condition == "attribute_not_exists(order_id)":
            return not self.item
        assert condition == "version = :version"
        return bool(self.item) and self.item["version"] == request["ExpressionAttributeValues"][":version"]


@dataclass
class RechecksQueue:
    """The delay queue."""

    world: World

    def send(self, recheck: Recheck, *, delay_seconds: float) -> None:
        decision = ask("recheck")
        if decision == "fail":
            raise AwsUnavailable("the queue does not answer")
        self.world.rechecks.append((self.world.now + timedelta(seconds=delay_seconds), recheck))
        if decision == "kill_after":
            raise Killed
