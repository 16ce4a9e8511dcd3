"""``bridge redact`` and ``bridge export``: a person's data wherever we hold it, and nobody else's."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import boto3
import pytest
from click.testing import Result
from tests.component.conftest import Bridge, Sandbox, settings
from tests.component.test_privacy_requests import SHOP, an_event, received
from tests.support.dispatched import record_of

from bridge.aws.deliveries import DeliveriesTable
from bridge.operator import personal_data
from bridge.operator.deployment import Deployment
from bridge_laptop.cli.deployment import local_deployment
from bridge_laptop.local import running_stack

Run = Callable[..., Result]
Order = Callable[..., bytes]
EMAIL = "ines.dubois@example.org"
PHONE = "06 98 76 54 32"
PERSONAL = ("Dubois", EMAIL, "98765432", "98 76 54 32", "12 rue des Lilas")


@pytest.fixture
def hers(order: Order) -> Callable[..., bytes]:
    """An order of the person who asks."""

    def make(**changes: object) -> bytes:
        document = json.loads(order(**changes))
        address = document["shipping_address"] or {}
        if "city" in address:
            document["shipping_address"] = {
                **address,
                "last_name": "Dubois",
                "name": "Inès Dubois",
                "phone": "+33 6 98 76 54 32",
            }
        return json.dumps(
            {**document, "email": EMAIL.upper(), "contact_email": EMAIL, "phone": PHONE}
        ).encode()

    return make


@pytest.fixture
def handled(bridge: Bridge, sandbox: Sandbox, order: Order, hers: Callable[..., bytes]) -> Bridge:
    """Two orders of hers, one of them parked, and one of somebody else."""
    bridge.connect("acme", settings(sandbox.url, SHOP))
    for number, body in enumerate(
        (
            hers(id=1, name="#1001"),
            hers(id=2, name="#1002", shipping_address={"zip": 7}),
            order(id=3, name="#1003"),
        )
    ):
        bridge.push(body, webhook_id=f"webhook-{number}")
    bridge.work()
    return bridge


def rows(bridge: Bridge) -> str:
    """Return all that the table holds, as text."""
    table = DeliveriesTable(boto3.client("dynamodb"), bridge.names["DeliveriesTable"])
    exported = [
        personal_data.export(personal_data.Held((personal_data.HeldOrder(record, ()),), ()))
        for record in table.of_connection("acme")
    ]
    return json.dumps(exported, ensure_ascii=False)


@pytest.mark.parametrize(
    "whose",
    [
        ("--email", EMAIL),
        ("--email", EMAIL.title()),
        ("--phone", PHONE),  # as the connection's country writes it
        ("--phone", "+33698765432"),
        ("--order", "#1001", "--order", "2"),
    ],
)
def test_redacted_everywhere(handled: Bridge, deployed: Run, whose: tuple[str, ...]) -> None:
    """Shown first, asked for, gone: from the record and from what is parked; others' data stay."""
    refused = deployed("redact", "acme", *whose, typed="n\n")
    before = rows(handled)
    erased = deployed("redact", "acme", *whose, "--yes")

    assert 1 == refused.exit_code
    assert "order #1001 (1): " in refused.stdout
    assert "order 2 (2): " in refused.stdout
    assert "1003" not in refused.stdout
    assert "Dubois" in before
    assert 0 == erased.exit_code, erased.output
    assert "2 orders redacted, 0 messages deleted\n" in erased.stdout
    assert "CoopCycle has its own copy, to be erased there: /api/deliveries/" in erased.stdout
    assert not [word for word in PERSONAL if word.casefold() in rows(handled).casefold()]
    assert not [
        word for word in PERSONAL if word.casefold() in erased.output.casefold() and word not in whose
    ]
    assert {"#1001", "#1003"} <= {
        record_of(handled, json.dumps({"id": n}).encode()).order_name for n in (1, 3)
    }  # type: ignore[union-attr]
    assert record_of(handled, b'{"id": 3}').message  # type: ignore[union-attr]
    assert [] == handled.parked()


def test_a_late_repeat_books_nothing(
    handled: Bridge, deployed: Run, sandbox: Sandbox, hers: Callable[..., bytes]
) -> None:
    """What guards the order stays."""
    deployed("redact", "acme", "--email", EMAIL, "--yes")

    handled.push(hers(id=1, name="#1001"), webhook_id="late-repeat")

    assert [] == handled.work()
    assert 1 == len(sandbox.live("acme/1"))


def test_nothing_is_left_to_erase(handled: Bridge, deployed: Run) -> None:
    """A second time it finds nothing by her name, and says of her orders that they are redacted."""
    deployed("redact", "acme", "--email", EMAIL, "--yes")

    by_email = deployed("redact", "acme", "--email", EMAIL)
    by_order = deployed("redact", "acme", "--order", "1")

    assert "nothing to erase\n" == by_email.stdout
    assert "order #1001 (1): already redacted\nnothing to erase\n" == by_order.stdout


def test_export_is_all_that_is_held(handled: Bridge, deployed: Run) -> None:
    """Every field of the records, the shop's bodies as they came, and nothing of anybody else."""
    result = deployed("export", "acme", "--email", EMAIL)

    document = json.loads(result.stdout)
    one, two = document["orders"]
    assert {"1", "2"} == {one["order_id"], two["order_id"]}
    assert EMAIL == json.loads(one["message"])["contact_email"]
    assert "Inès Dubois" == one["sent"]["dropoff"]["address"]["contactName"]
    assert EMAIL == json.loads(two["parked"][0]["text"])["contact_email"]
    assert "Moreau" not in one["sent"]["dropoff"]["address"]["contactName"]
    assert record_of(handled, b'{"id": 1}').message  # type: ignore[union-attr]  # it is left as it was


@pytest.fixture
def with_events(bridge: Bridge, aws: str, events_queues: Mapping[str, str]) -> Deployment:
    """The bridge as an operator has it, with an event source."""
    names = {**bridge.names, **events_queues}
    with running_stack.announced(running_stack.LocalState("http://127.0.0.1:3000", aws, names)):
        return local_deployment()


def test_events_and_dead_letters(
    handled: Bridge,
    with_events: Deployment,
    hers: Callable[..., bytes],
    order: Order,
    events_queues: Mapping[str, str],
) -> None:
    """What waits on the bus's queues, or was given up by SQS, is found and deleted; others' stays."""
    her_event = an_event(hers(id=8), "acme.myshopify.com")
    another = an_event(order(id=9), "acme.myshopify.com")
    for url in events_queues.values():
        for text in (her_event, another):
            handled.sqs.send_message(QueueUrl=url, MessageBody=text)
    given_up = handled.message(hers(id=7))
    handled.sqs.send_message(
        QueueUrl=handled.names["WebhooksDeadLetterQueue"],
        MessageBody=given_up["Body"],
        MessageGroupId="acme/7",
        MessageDeduplicationId="acme/7",
    )
    person = personal_data.Person(emails=(EMAIL,))

    held = personal_data.find(with_events, "acme", person)
    exported = personal_data.export(held)
    from bridge.runtime import utc_now

    assert (2, 3) == personal_data.erase(with_events, "acme", person, held, now=utc_now)
    assert [
        ("WebhooksDeadLetterQueue", "7"),
        ("EventsQueue", "8"),
        ("EventsDeadLetterQueue", "8"),
    ] == [(message["queue"], message["order_id"]) for message in exported["messages"]]
    for url in events_queues.values():
        assert [another] == [message["Body"] for message in received(handled, url)]
    assert [] == handled.dead_letters()


def test_what_is_on_its_way_is_told(handled: Bridge, deployed: Run, hers: Callable[..., bytes]) -> None:
    """A queue cannot be looked through without holding its orders up."""
    handled.push(hers(id=4), webhook_id="on-its-way")

    result = deployed("redact", "acme", "--email", EMAIL, "--yes")

    assert "1 message of all connections on the way cannot be looked through" in result.stderr
    handled.work()


def test_orders_of_a_connection_that_is_gone(handled: Bridge, deployed: Run) -> None:
    """A shop that left is no reason to keep its customers' data."""
    from bridge.operator.connections import ConnectionRegistry
    from bridge_laptop.local.provisioning import CONNECTIONS_PATH

    registry = ConnectionRegistry(boto3.client("ssm"), CONNECTIONS_PATH)
    registry.remove(registry.one("acme"))

    result = deployed("redact", "acme", "--email", EMAIL, "--yes")

    assert "2 orders redacted" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "say whose: --email, --phone or --order"),
        (("--phone", "call me"), "a telephone number with its country code, such as +33612345678"),
    ],
)
def test_nobody_is_named(bridge: Bridge, deployed: Run, arguments: tuple[str, ...], said: str) -> None:
    """Nothing is erased that nobody asked for."""
    result = deployed("redact", "acme", *arguments, "--yes")

    assert 2 == result.exit_code
    assert said in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    ("text", "by"),
    [
        ('{"email": "Ines.Dubois@Example.org"}', ("email",)),
        ("email=ines.dubois%40example.org&tel=0698765432", ("email", "phone")),
        ('{"phone": "+33 (0)6 98 76 54 32"}', ("phone",)),
        ('{"phone": "0033698765432"}', ("phone",)),
        ('{"phone": 33698765432}', ("phone",)),
        ('{"phone": "06.98.76.54.32"}', ("phone",)),
        ('{"note": "In\\u00e8s, ines.dubois\\u0040example.org"}', ("email",)),
        ('{"email": "not-ines.dubois@example.org"}', ()),
        ('{"email": "ines.dubois@example.org.uk"}', ()),
        ('{"id": 106987654321}', ()),
        ('{"phone": "+32698765432"}', ()),
        ("", ()),
    ],
)
def test_how_a_person_is_named(text: str, by: tuple[str, ...]) -> None:
    """However the sender writes it, and never as a part of another's."""
    person = personal_data.Person(emails=(EMAIL,), phones=(PHONE,), country="FR")

    assert by == person.named_in([text])


def test_an_order_alone_names_nobody() -> None:
    """Without an address or a number no text is searched."""
    person: Any = personal_data.Person(orders=("1",))

    assert () == person.named_in(["1"])
