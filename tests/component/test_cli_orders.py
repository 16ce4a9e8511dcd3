"""`bridge orders …`: records that the real worker wrote, told to people."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result
from tests.component.conftest import Bridge, Sandbox, settings
from tests.support.order_records import Order, handle, key, the_record, unmappable

from bridge import runtime
from bridge_laptop.cli.as_json import instant
from bridge_laptop.cli.main import COMMANDS, main
from bridge_laptop.local import running_stack

Run = Callable[..., Result]
NAME = "#1042"  # of the typical order


def show(run: Run, *arguments: str) -> dict[str, Any]:
    """Return what `bridge orders show --json` tells of one order."""
    result = run("orders", "show", "acme", *arguments, "--json")
    assert 0 == result.exit_code, result.output
    (told,) = json.loads(result.stdout)
    assert isinstance(told, dict)
    return told


def steps(told: dict[str, Any]) -> list[str]:
    """Return the sentences of what happens next."""
    return [step["text"] for step in told["next"]]


def test_order_by_its_name(bridge: Bridge, deployed: Run, order: Order) -> None:
    """What arrived, what became of it and what happens next, for a name; nothing personal unasked."""
    body = order()
    handle(bridge, body)

    result = deployed("orders", "show", "acme", NAME)

    assert 0 == result.exit_code, result.output
    told = dict(line.split(maxsplit=1) for line in result.stdout.splitlines())
    assert "created" == told["state"]
    assert the_record(bridge, key(body)).delivery_iri == told["delivery"]
    assert told["history"].endswith("orders/create  created")
    assert told["next"].startswith("nothing; ")
    assert json.loads(body)["shipping_address"]["address1"] not in result.stdout


@pytest.mark.parametrize("name", ["1042", "#1042"])
def test_name_with_and_without_the_sign(bridge: Bridge, deployed: Run, order: Order, name: str) -> None:
    """People leave the sign out, and shells swallow it."""
    handle(bridge, order())

    assert NAME == show(deployed, name)["order"]


def test_order_by_its_id(bridge: Bridge, deployed: Run, order: Order) -> None:
    """The sender's key finds the order as well."""
    body = order()
    handle(bridge, body)

    assert NAME == show(deployed, key(body))["order"]


def test_history_in_the_order_of_time(bridge: Bridge, deployed: Run, order: Order) -> None:
    """Every webhook that changed something is told, with its topic and what came of it."""
    body = json.loads(order())
    handle(bridge, json.dumps(body).encode(), number=1)
    body |= {"updated_at": "2099-01-01T00:00:00+01:00", "note": "Sonner deux fois"}
    handle(bridge, json.dumps(body).encode(), "orders/updated", 2)
    body |= {"updated_at": "2099-01-01T00:00:01+01:00", "cancelled_at": "2099-01-01T00:00:01+01:00"}
    handle(bridge, json.dumps(body).encode(), "orders/cancelled", 3)

    told = show(deployed, NAME)

    assert [
        ("orders/create", "created"),
        ("orders/updated", "updated"),
        ("orders/cancelled", "cancelled"),
    ] == [(each["topic"], each["outcome"]) for each in told["history"] if each["outcome"] != "seen"]
    assert ("cancelled", ["nothing"]) == (told["state"], steps(told))


def test_what_was_sent(bridge: Bridge, deployed: Run, order: Order) -> None:
    """The body that CoopCycle was sent is shown with --sent alone."""
    body = order()
    handle(bridge, body)

    unasked, asked = show(deployed, NAME), show(deployed, NAME, "--sent")

    assert "sent" not in unasked
    assert json.loads(the_record(bridge, key(body)).sent) == asked["sent"]
    assert f"acme/{key(body)}" == asked["sent"]["dropoff"]["metadata"]["bridge_ref"]


def test_what_coopcycle_holds_now(bridge: Bridge, sandbox: Sandbox, deployed: Run, order: Order) -> None:
    """With --live CoopCycle is asked: the tasks' statuses, whether a courier has it, and the windows."""
    body = order()
    handle(bridge, body)
    delivery = the_record(bridge, key(body)).delivery_iri
    before = show(deployed, NAME, "--live")
    sandbox.courier(delivery, "assign")
    sandbox.courier(delivery, "start")

    after = show(deployed, NAME, "--live")

    assert (["TODO", "TODO"], False) == (before["live"]["statuses"], before["live"]["assigned"])
    assert (["DOING", "TODO"], True) == (after["live"]["statuses"], after["live"]["assigned"])
    assert before["dropoff"] == after["live"]["dropoff"]


def test_live_when_coopcycle_is_down(bridge: Bridge, sandbox: Sandbox, deployed: Run, order: Order) -> None:
    """The record is told all the same; that CoopCycle could not be asked is the error."""
    handle(bridge, order())
    sandbox.fault("unavailable")

    result = deployed("orders", "show", "acme", NAME, "--live")

    assert 1 == result.exit_code
    assert "state                created" in result.stdout
    assert result.stderr.startswith("Error: CoopCycle could not be asked for order ")
    assert 1 == len(result.stderr.splitlines())


def test_token_of_the_functions_is_used(
    bridge: Bridge, sandbox: Sandbox, deployed: Run, order: Order
) -> None:
    """A question to CoopCycle costs no token of its own."""
    handle(bridge, order())

    show(deployed, NAME, "--live")

    assert 1 == sandbox.stats()["token_requests"]


def test_outcome_unknown(bridge: Bridge, sandbox: Sandbox, deployed: Run, order: Order) -> None:
    """A POST without an answer: when CoopCycle is asked about it, and when the order is looked at again."""
    body = order()
    sandbox.fault("create_then_reset")
    handle(bridge, body)

    told = show(deployed, NAME)

    record = the_record(bridge, key(body))
    assert record.recheck_at is not None
    assert "creating" == told["state"]
    assert steps(told)[0].startswith("what became of the POST of ")
    assert "the bridge tries again by itself, next at " in steps(told)[1]
    assert ["find_out", "try_again", "look_again"] == [step["step"] for step in told["next"]]
    assert record.recheck_at == datetime.fromisoformat(told["next"][2]["details"]["at"])
    assert record.recheck_at == datetime.fromisoformat(told["recheck_at"])
    for_people = deployed("orders", "show", "acme", NAME).stdout
    assert f"{record.recheck_at.astimezone(ZoneInfo('Europe/Paris')):%H:%M:%S} Europe/Paris" in for_people


def test_instance_that_is_down(bridge: Bridge, sandbox: Sandbox, deployed: Run, order: Order) -> None:
    """An order that waits for CoopCycle says so, and that nobody has to do anything."""
    sandbox.fault("unavailable", on="create")
    handle(bridge, order())

    told = show(deployed, NAME)

    assert ["coopcycle_unavailable"] == [event["reason"] for event in told["history"]]
    record = the_record(bridge, told["order_id"])
    assert record.next_try_at is not None
    said = f"CoopCycle answers 503; the bridge tries again by itself, next at {instant(record.next_try_at)}"
    assert steps(told)[0].startswith(said)
    assert 503 == told["next"][0]["details"]["status"]


def test_credentials_that_coopcycle_refuses(
    bridge: Bridge, sandbox: Sandbox, deployed: Run, order: Order
) -> None:
    """An order that waits for credentials names the cure, and that no order has to be redriven."""
    bridge.connect("acme", settings(sandbox.url), **{"client-secret": "wrong"})
    handle(bridge, order())

    (step,) = steps(show(deployed, NAME))

    assert step.startswith("CoopCycle does not accept the credentials: give it the right ones")
    assert "; the bridge tries again by itself, next at " in step


def test_parked_order_by_its_name(bridge: Bridge, deployed: Run, order: Order) -> None:
    """An order that could not be mapped has a record without a name: its parked message tells the name."""
    handle(bridge, unmappable(order))

    told = show(deployed, NAME)

    assert (NAME, "rejected", "unmappable_order") == (told["order"], told["state"], told["reason"])
    assert ["unmappable_order"] == [each["reason"] for each in told["parked"]]
    assert steps(told)[0].startswith("a message waits for a person (unmappable_order)")
    command = f"redrive --connection acme --order {told['order_id']} --environment dev`"
    assert command in steps(told)[0]


def test_parked_change_of_a_delivery(bridge: Bridge, deployed: Run, order: Order) -> None:
    """A change that was parked leaves the delivery as it is, and both are told."""
    handle(bridge, order(), number=1)
    handle(bridge, unmappable(order, updated_at="2099-01-01T00:00:00+01:00"), "orders/updated", 2)

    told = show(deployed, NAME)

    assert "created" == told["state"]
    assert 1 == len(told["parked"])
    assert "the delivery on CoopCycle stays as it is until then" == steps(told)[1]


def test_order_whose_parked_message_was_discarded(bridge: Bridge, deployed: Run, order: Order) -> None:
    """Rejected and parked no more: what makes a new attempt is said, with the order's id."""
    handle(bridge, unmappable(order))
    order_id = show(deployed, NAME)["order_id"]
    deployed("parked", "discard", "--all", "--yes")

    told = show(deployed, order_id)

    assert [] == told["parked"]
    assert f"`bridge replay acme {order_id} --body FILE --environment dev`" in steps(told)[0]


def test_parked_message_that_somebody_else_holds(bridge: Bridge, deployed: Run, order: Order) -> None:
    """What cannot be seen is not said to be gone: the command says that there is more."""
    body = order()
    handle(bridge, body)
    bridge.dispatch([{**bridge.message(order(id=8), number=8), "Body": "?"}])
    bridge.sqs.receive_message(QueueUrl=bridge.names["WebhooksDeadLetterQueue"], VisibilityTimeout=60)

    result = deployed("orders", "show", "acme", key(body))

    assert 0 == result.exit_code, result.output
    assert "about 1 more cannot be seen now" in result.stderr


def test_parked_by_sqs_before_there_was_a_record(bridge: Bridge, deployed: Run, order: Order) -> None:
    """A message that killed the function each time left no record: it is told from the parked message."""
    queue = bridge.names["WebhooksQueue"]
    to_dead_letters = {
        "deadLetterTargetArn": bridge.names["WebhooksDeadLetterQueue.Arn"],
        "maxReceiveCount": 1,
    }
    bridge.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"RedrivePolicy": json.dumps(to_dead_letters)})
    bridge.push(order())
    (message,) = bridge.receive_messages()
    bridge.sqs.change_message_visibility(
        QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
    )
    bridge.receive_messages()

    told = show(deployed, NAME)

    assert "no record" == told["state"]
    assert "received_too_often" == told["parked"][0]["reason"]


def test_order_that_is_on_the_queue_still(bridge: Bridge, deployed: Run, order: Order) -> None:
    """Accepted and not handled yet: that there are messages on the queue is said."""
    bridge.push(order())

    result = deployed("orders", "show", "acme", NAME)

    assert 1 == result.exit_code
    assert f"has no record of order {NAME}" in result.stderr
    assert "1 message of all connections is on the queue still" in result.stderr


def test_order_that_never_came(deployed: Run) -> None:
    """Neither record, nor parked, nor queued: one sentence."""
    result = deployed("orders", "show", "acme", "#404")

    assert 1 == result.exit_code
    assert "nor is any on the queue" in result.stderr
    assert 1 == len(result.stderr.splitlines())


def test_connection_that_is_gone(bridge: Bridge, deployed: Run, order: Order) -> None:
    """The record outlives its connection; only CoopCycle can then not be asked."""
    handle(bridge, order())
    deployed("connections", "remove", "acme", "--yes")
    runtime.dispatch_runtime.cache_clear()

    result = deployed("orders", "show", "acme", NAME, "--live")

    assert 1 == result.exit_code
    assert "created" in result.stdout
    assert "the connection is not applied any more" in result.stderr


def test_the_local_stack(bridge: Bridge, aws: str, order: Order) -> None:
    """With --local the commands find what the running `bridge local` has written down."""
    handle(bridge, order())

    with running_stack.announced(running_stack.LocalState("http://127.0.0.1:3000", aws, bridge.names)):
        result = CliRunner().invoke(main, ["orders", "show", "acme", NAME, "--local", "--live"])

    assert 0 == result.exit_code, result.output
    assert "TODO, TODO; no courier is known to have it" in result.stdout


def test_stack_that_was_killed(deployed: Run, bridge: Bridge, aws: str) -> None:
    """What a killed stack left behind is not taken for a running one."""
    died = subprocess.Popen([sys.executable, "-c", ""])
    died.wait()

    with running_stack.announced(
        running_stack.LocalState("http://127.0.0.1:3000", aws, bridge.names, died.pid)
    ):
        result = deployed("orders", "list", "--local")

    assert 1 == result.exit_code
    assert "no local stack is running" in result.stderr


def test_no_local_stack(deployed: Run) -> None:
    """Without a running stack --local is one sentence."""
    result = deployed("orders", "list", "--local")

    assert 1 == result.exit_code
    assert result.stderr.startswith("Error: no local stack is running in ")
    assert "start one with `make run`" in result.stderr
    assert 1 == len(result.stderr.splitlines())


def test_help_lists_the_commands() -> None:
    """`bridge --help` names every command, and each explains itself."""
    listed = CliRunner().invoke(main, ["--help"]).output

    for command in ("orders", "parked", "replay"):
        assert f"  {command}" in listed
        assert command in COMMANDS
        assert 0 == CliRunner().invoke(main, [command, "--help"]).exit_code
