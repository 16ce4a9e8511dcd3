"""`bridge parked …`: what the real worker has parked, on a real queue."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import Result
from tests.component.conftest import Bridge, Sandbox, settings, sqs_attributes
from tests.support.fake_server import FakeServer, Request, http

from bridge import runtime
from bridge.operator.parked_reasons import reason_of

Order = Callable[..., bytes]
Run = Callable[..., Result]


def unmappable(order: Order, number: int, **changes: object) -> bytes:
    """Return an order whose address is empty."""
    body = json.loads(order(id=number, name=f"#{number}", **changes))
    body["shipping_address"]["address1"] = ""
    return json.dumps(body).encode()


def park_unmappable(bridge: Bridge, order: Order, *numbers: int) -> None:
    """Put orders without an address through the worker, each as a webhook of its own."""
    for number in numbers:
        bridge.push(unmappable(order, number), webhook_id=f"parked-{number}")
    assert bridge.work() == []


STRICT = """
[pickup]
unknown_location = "refuse"
[pickup.locations]
"10002" = { address = "2 Rue Deux, 75002 Paris" }
"""


def park_for_settings(bridge: Bridge, sandbox: Sandbox, *bodies: bytes) -> None:
    """Put webhooks through a worker whose connection takes no order that names no place, then mend that."""
    bridge.connect("acme", settings(sandbox.url, STRICT))
    runtime.dispatch_runtime.cache_clear()  # it keeps a connection for five minutes
    for number, body in enumerate(bodies):
        bridge.push(body, "orders/updated", webhook_id=f"refused-{number}")
        assert bridge.work() == []
    bridge.connect("acme", settings(sandbox.url))
    runtime.dispatch_runtime.cache_clear()  # it keeps a connection for five minutes


def parked_ids(run: Run, *options: str) -> list[str]:
    """Return the ids that `bridge parked list` shows."""
    return [each["message_id"] for each in json.loads(run("parked", "list", "--json", *options).stdout)]


def test_nothing_is_parked(deployed: Run) -> None:
    """An empty queue is said to be empty, and is no error."""
    result = deployed("parked", "list")

    assert 0 == result.exit_code, result.output
    assert "nothing is parked\n" == result.stdout


def test_list_tells_which_order_and_why(bridge: Bridge, deployed: Run, order: Order) -> None:
    """Each parked message is listed with connection, order, code and the sentence; nothing is personal."""
    park_unmappable(bridge, order, 7)

    result = deployed("parked", "list")

    assert 0 == result.exit_code, result.output
    headers, message, count, _ = result.stdout.split("\n", 3)
    assert ["MESSAGE", "PARKED", "CONNECTION", "ORDER", "ID", "TOPIC", "REASON", "BECAUSE"] == headers.split()
    assert "  ".join(message.split()).endswith(
        "acme  #7  7  orders/create  unmappable_order  shipping_address.address1:  is  missing;  a  "
        "delivery  needs  a  street  address"
    )
    assert "1 parked message" == count
    assert json.loads(order())["shipping_address"]["last_name"] not in result.stdout


def test_list_sees_more_than_one_batch_and_leaves_them(bridge: Bridge, deployed: Run, order: Order) -> None:
    """More messages than SQS hands out in one call are all listed, and can be listed again at once."""
    for start in (100, 110, 120):
        park_unmappable(bridge, order, *range(start, start + 9))

    first, second = parked_ids(deployed), parked_ids(deployed)

    assert 27 == len(set(first))
    assert first == second


@pytest.mark.parametrize(
    ("options", "orders"),
    [
        ([], ["7", "8", "unreadable"]),
        (["--connection", "acme"], ["7", "8"]),
        (["--connection", "acme2"], []),
        (["--order", "7"], ["7"]),
        (["--order", "#8"], ["8"]),
        (["--reason", "unreadable_message"], ["unreadable"]),
        (["--reason", "unmappable_order", "--order", "8"], ["8"]),
    ],
)
def test_list_is_narrowed(
    bridge: Bridge, deployed: Run, order: Order, options: list[str], orders: list[str]
) -> None:
    """Connection, order (by id or name) and code narrow the list together."""
    park_unmappable(bridge, order, 7, 8)
    bridge.dispatch([strange_message()])

    listed = json.loads(deployed("parked", "list", "--json", *options).stdout)

    assert orders == sorted(each["order_id"] or "unreadable" for each in listed)


def strange_message() -> dict[str, Any]:
    """Return a queue message that the receiver never wrote."""
    return {
        "MessageId": "strange",
        "ReceiptHandle": "made-up-strange",
        "Body": '{"hello": "world"}',
        "Attributes": sqs_attributes("strange"),
    }


def test_order_by_the_name_that_the_connection_gives_it(
    bridge: Bridge, sandbox: Sandbox, deployed: Run, order: Order
) -> None:
    """An order is found by what `[fields]` call it, also when another field is why it is parked."""
    fields = "[fields]\norder_name = \"join('-', ['F', to_string(id)])\"\nphone = \"line_items\"\n"
    bridge.connect("acme", settings(sandbox.url, fields))
    runtime.dispatch_runtime.cache_clear()  # it keeps a connection for five minutes
    bridge.push(order(id=7))
    bridge.work()

    (told,) = json.loads(deployed("parked", "list", "--order", "F-7", "--json").stdout)
    shown = deployed("orders", "show", "acme", "F-7")

    assert ("F-7", "unmappable_order") == (told["order"], told["reason"])
    assert told["because"].startswith("fields.phone: ")
    assert 0 == shown.exit_code, shown.output
    assert "rejected" in shown.stdout


@pytest.mark.parametrize(("order_id", "reason"), [("7", "unmappable_order")])
def test_cure_is_that_of_the_table(
    bridge: Bridge, deployed: Run, order: Order, order_id: str, reason: str
) -> None:
    """What is to be done is what the documentation says of the code."""
    park_unmappable(bridge, order, int(order_id))

    result = deployed("parked", "show", "--order", order_id)

    assert f"to do            {reason_of(reason).cure}\n" in result.stdout


def test_show_tells_all_but_the_body(bridge: Bridge, deployed: Run, order: Order) -> None:
    """One message in full: reason, what to do, when it came and until when it is kept; no body unasked."""
    park_unmappable(bridge, order, 7)
    (message_id,) = parked_ids(deployed)

    result = deployed("parked", "show", message_id)

    assert 0 == result.exit_code, result.output
    told = dict(line.split(maxsplit=1) for line in result.stdout.splitlines() if line)
    assert "unmappable_order" == told["reason"]
    assert told["because"].startswith("shipping_address.address1")
    assert "parked-7" == told["webhook"].split()[-1]
    assert "Europe/Paris" in told["received"]
    assert "shipping_address" not in result.stdout.replace(told["because"], "")


def test_show_by_order_with_the_property_paths(bridge: Bridge, deployed: Run, order: Order) -> None:
    """What CoopCycle refused is shown by the paths it named."""
    violations = {"violations": [{"propertyPath": "items[0].dropoff.before", "message": "Trop tôt"}]}

    def answer(request: Request) -> bytes:
        if request.path == "/oauth2/token":
            token = {"token_type": "Bearer", "expires_in": 3600, "access_token": "t"}
            return http(200, token, headers={"Content-Type": "application/json"})
        return http(422, violations, headers={"Content-Type": "application/ld+json"})

    with FakeServer(answer) as coopcycle:
        bridge.connect("acme", settings(coopcycle.url))
        bridge.push(order())
        bridge.work()

    (told,) = json.loads(deployed("parked", "show", "--order", "#1042", "--json").stdout)

    assert "coopcycle_rejected" == told["reason"]
    assert ["items[0].dropoff.before"] == told["property_paths"]
    assert "Trop tôt" not in str(told)


def test_show_body(bridge: Bridge, deployed: Run, order: Order) -> None:
    """With --body the sender's bytes are shown as they came."""
    park_unmappable(bridge, order, 7)

    result = deployed("parked", "show", "--order", "7", "--body")

    assert unmappable(order, 7).decode() in result.stdout


def test_show_what_is_not_parked(deployed: Run) -> None:
    """A message that is not there is one sentence and exit code 1."""
    result = deployed("parked", "show", "nope")

    assert 1 == result.exit_code
    assert "Error: no such message is parked; nothing else is\n" == result.stderr


def test_show_wants_one_of_two(deployed: Run) -> None:
    """A message's id or an order: neither is a usage error."""
    assert 2 == deployed("parked", "show").exit_code


def test_redrive_after_mending(bridge: Bridge, sandbox: Sandbox, deployed: Run, order: Order) -> None:
    """A redriven message is handled like a new one, under a deduplication id that SQS does not know yet."""
    park_for_settings(bridge, sandbox, order())

    result = deployed("parked", "redrive", "--order", "#1042", typed="y\n")
    failed = bridge.work()

    assert 0 == result.exit_code, result.output
    assert "1 message on the queue again" in result.stdout
    assert [] == failed
    assert 1 == len(sandbox.live("acme/" + str(json.loads(order())["id"])))
    assert [] == parked_ids(deployed)


def test_redrive_keeps_the_order_of_an_orders_webhooks(
    bridge: Bridge, sandbox: Sandbox, deployed: Run, order: Order
) -> None:
    """The older state of an order goes back on the queue before the newer one, in its order's group."""
    first = json.loads(order(id=7, updated_at="2026-11-23T10:00:00+01:00"))
    second = first | {"updated_at": "2026-11-23T11:00:00+01:00"}
    park_for_settings(bridge, sandbox, json.dumps(first).encode(), json.dumps(second).encode())

    deployed("parked", "redrive", "--all", "--yes")

    queued = bridge.receive_messages()
    assert {"acme/7"} == {message["Attributes"]["MessageGroupId"] for message in queued}
    webhooks = [json.loads(message["Body"])["webhook_id"] for message in queued]
    assert ["refused-0", "refused-1"] == webhooks


def test_redrive_refused(bridge: Bridge, deployed: Run, order: Order) -> None:
    """Without a yes everything stays parked and visible."""
    park_unmappable(bridge, order, 7)

    result = deployed("parked", "redrive", "--all", typed="n\n")

    assert 1 == result.exit_code
    assert 1 == len(parked_ids(deployed))
    assert [] == bridge.receive_messages()


def test_redrive_takes_what_is_meant_and_leaves_the_rest(bridge: Bridge, deployed: Run, order: Order) -> None:
    """Other orders' messages stay parked and can be seen at once."""
    park_unmappable(bridge, order, 7, 8, 9)

    result = deployed("parked", "redrive", "--order", "8", "--yes")

    assert 0 == result.exit_code, result.output
    assert ["8"] == [json.loads(message["Body"])["order_id"] for message in bridge.receive_messages()]
    left = json.loads(deployed("parked", "list", "--json").stdout)
    assert ["7", "9"] == sorted(each["order_id"] for each in left)


def test_redrive_of_one_message_names_the_others_of_its_order(
    bridge: Bridge, sandbox: Sandbox, deployed: Run, order: Order
) -> None:
    """Who takes one message of several is told which ones of the same order stay behind."""
    park_for_settings(bridge, sandbox, order(id=7), order(id=7, note="later"))
    older, newer = parked_ids(deployed)

    result = deployed("parked", "redrive", "--message", newer, "--yes")

    assert f"not chosen, and about the same order: {older};" in result.stderr
    assert [older] == parked_ids(deployed)


def test_redriven_twice_because_of_a_crash_is_one_delivery(
    bridge: Bridge, sandbox: Sandbox, deployed: Run, order: Order
) -> None:
    """Killed between send and delete: the message goes again, and makes no second delivery."""
    park_for_settings(bridge, sandbox, order(id=7))
    (message,) = bridge.parked()
    bridge.sqs.send_message(  # what the command had done when it was killed
        QueueUrl=bridge.names["WebhooksQueue"],
        MessageBody=message.text,
        MessageGroupId="acme/7",
        MessageDeduplicationId="long-ago",
    )

    failed = bridge.work()

    assert [] == failed
    assert [] == parked_ids(deployed)  # its webhook was handled, so it is parked no more
    deployed("parked", "redrive", "--all", "--yes")
    assert [] == bridge.work()
    assert 1 == sandbox.stats()["created"]


def test_redrive_of_what_is_no_message_of_the_bridge(bridge: Bridge, deployed: Run) -> None:
    """What cannot be read has no order to wait for: it can only be discarded, and the command says so."""
    bridge.dispatch([strange_message()])

    result = deployed("parked", "redrive", "--all", "--yes")

    assert 1 == result.exit_code
    assert "`bridge parked discard`" in result.stderr
    assert 1 == len(parked_ids(deployed))


def test_redrive_warns_of_a_connection_applied_just_now(bridge: Bridge, deployed: Run, order: Order) -> None:
    """Settings that the functions may not have noticed yet are pointed out."""
    park_unmappable(bridge, order, 7)

    result = deployed("parked", "redrive", "--all", typed="n\n")

    assert "acme was applied " in result.stderr


@pytest.mark.parametrize("options", [[], ["--order", "7", "--all"], ["--connection", "acme"]])
def test_redrive_wants_to_know_which(deployed: Run, options: list[str]) -> None:
    """Exactly one of order, message and all is to be named."""
    assert 2 == deployed("parked", "redrive", *options).exit_code


def test_discard_is_final_and_asks(bridge: Bridge, deployed: Run, order: Order) -> None:
    """A discarded message is on no queue any more; the others stay."""
    park_unmappable(bridge, order, 7, 8)

    result = deployed("parked", "discard", "--order", "7", typed="y\n")

    assert 0 == result.exit_code, result.output
    assert "This is final" in result.stdout
    assert "1 message discarded" in result.stdout
    assert ["8"] == [each["order_id"] for each in json.loads(deployed("parked", "list", "--json").stdout)]
    assert [] == bridge.receive_messages()


def test_discard_refused(bridge: Bridge, deployed: Run, order: Order) -> None:
    """Without a yes nothing is lost."""
    park_unmappable(bridge, order, 7)

    result = deployed("parked", "discard", "--all", typed="n\n")

    assert 1 == result.exit_code
    assert 1 == len(parked_ids(deployed))


def test_what_sqs_parked_by_itself(bridge: Bridge, deployed: Run, order: Order) -> None:
    """A message that killed the function every time has no reason of ours: the command says what SQS did."""
    queue = bridge.names["WebhooksQueue"]
    bridge.sqs.set_queue_attributes(
        QueueUrl=queue,
        Attributes={
            "RedrivePolicy": json.dumps(
                {"deadLetterTargetArn": bridge.names["WebhooksDeadLetterQueue.Arn"], "maxReceiveCount": 1}
            )
        },
    )
    bridge.push(order(id=7, name="#7"))
    (message,) = bridge.receive_messages()
    bridge.sqs.change_message_visibility(
        QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
    )
    bridge.receive_messages()

    (told,) = json.loads(deployed("parked", "list", "--json").stdout)

    assert ("received_too_often", "#7") == (told["reason"], told["order"])
    assert "SQS gave it up" in told["because"]
    assert timedelta(days=13) < datetime.fromisoformat(told["kept_until"]) - datetime.now(UTC)


def test_what_somebody_else_is_looking_at(bridge: Bridge, deployed: Run, order: Order) -> None:
    """Messages that are held elsewhere are counted, lest an empty list be taken for an empty queue."""
    bridge.dispatch([{**bridge.message(order(id=7)), "Body": "?"}])
    bridge.sqs.receive_message(QueueUrl=bridge.names["WebhooksDeadLetterQueue"], VisibilityTimeout=60)

    result = deployed("parked", "list")

    assert "nothing is parked" not in result.stdout
    assert "about 1 more cannot be seen now" in result.stderr


def test_no_stack(deployed: Run) -> None:
    """An environment that is not deployed is one sentence that says what else there is."""
    result = deployed("parked", "list", "--environment", "prod")

    assert 1 == result.exit_code
    assert result.stderr.startswith("Error: no stack bridge-prod in eu-west-3; ")
    assert 1 == len(result.stderr.splitlines())
