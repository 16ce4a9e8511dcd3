from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bridge_laptop.cli.main import main

ROOT = Path(__file__).parents[2]
BODIES = ROOT / "events" / "webhooks" / "shopify"
SETTINGS = """
source = "shopify"
timezone = "Europe/Paris"
country = "FR"
[coopcycle]
url = "https://acme.coopcycle.org"
[schedule]
opening_hours = ["Mo-Sa 09:00-19:00"]
preparation_minutes = 45
"""
NOW = "2026-11-24T10:00:00+01:00"  # a Tuesday


def run_map(folder: Path, body: Path, *arguments: str, settings: str = SETTINGS) -> Result:
    """Run `bridge map` on a Tuesday morning."""
    connection = folder / "acme.toml"
    connection.write_text(settings, encoding="utf-8")
    return CliRunner().invoke(main, ["map", str(connection), str(body), "--now", NOW, *arguments])


def test_delivery(tmp_path: Path):
    """A typical order gives exit code 0 and the body as JSON, alone on stdout."""
    result = run_map(tmp_path, BODIES / "order-typical.json")

    assert (0, "") == (result.exit_code, result.stderr)
    body = json.loads(result.stdout)
    assert "acme/5940139491042" == body["dropoff"]["metadata"]["bridge_ref"]
    assert ("2026-11-24T09:45:00Z", "2026-11-24T10:15:00Z") == (
        body["pickup"]["after"],
        body["pickup"]["before"],
    )


@pytest.mark.parametrize(
    ("body", "window"),
    [
        ("order-zapiet.json", ("2026-12-24T13:00:00Z", "2026-12-24T15:00:00Z")),
        ("order-slot-in-properties.json", ("2026-12-24T08:00:00Z", "2026-12-24T10:00:00Z")),
    ],
)
def test_delivery_at_a_chosen_time(tmp_path: Path, body: str, window: tuple[str, str]):
    """What the customer chose with a date picker is the dropoff's window."""
    result = run_map(tmp_path, BODIES / body)

    assert 0 == result.exit_code
    dropoff = json.loads(result.stdout)["dropoff"]
    assert window == (dropoff["after"], dropoff["before"])


def test_time_slots_are_not_asked_for(tmp_path: Path):
    """The dry run asks nobody; it says that the schedule stands in."""
    settings = f'{SETTINGS}window = "coopcycle"\n'

    result = run_map(tmp_path, BODIES / "order-typical.json", settings=settings)

    assert 0 == result.exit_code
    assert (
        "schedule.window: CoopCycle would be asked for its time slots; here: the schedule\n" == result.stderr
    )


@pytest.mark.parametrize(
    ("body", "arguments", "reason"),
    [
        ("order-cancelled.json", (), "ignored: cancelled; a delivery made earlier would be cancelled\n"),
        ("order-test-notification.json", (), "ignored: test_order\n"),
        ("order-typical.json", ("--topic", "products/create"), "ignored: topic\n"),
    ],
)
def test_ignored(tmp_path: Path, body: str, arguments: tuple[str, ...], reason: str):
    """An order that needs no delivery gives exit code 3 and its reason on stderr."""
    result = run_map(tmp_path, BODIES / body, *arguments)

    assert (3, "", reason) == (result.exit_code, result.stdout, result.stderr)


def test_filtered_by_the_connection(tmp_path: Path):
    """The connection's own filters work as in the worker."""
    settings = SETTINGS + '[orders]\npostcodes = ["69*"]\n'

    result = run_map(tmp_path, BODIES / "order-typical.json", settings=settings)

    assert 3 == result.exit_code
    assert result.stderr.startswith("ignored: postcode")


def test_topic_the_connection_does_not_follow(tmp_path: Path):
    """A topic outside the connection's list is ignored, as the receiver does it."""
    settings = SETTINGS + '[orders]\ntopics = ["orders/paid", "orders/cancelled"]\n'

    result = run_map(tmp_path, BODIES / "order-typical.json", settings=settings)

    assert (3, "ignored: topic_not_followed\n") == (result.exit_code, result.stderr)


@pytest.mark.parametrize(
    "text", ["POST /webhooks/acme HTTP/1.1\nX-Shopify-Topic: {}\nHost: x\n\n", '{{"X-Shopify-Topic": "{}"}}']
)
def test_topic_from_headers(tmp_path: Path, text: str):
    """The headers name the topic, as lines or as JSON, whatever the case of the names."""
    headers = tmp_path / "headers"
    headers.write_text(text.format("orders/cancelled"), encoding="utf-8")

    result = run_map(tmp_path, BODIES / "order-typical.json", "--headers", str(headers))

    assert 3 == result.exit_code
    assert result.stderr.startswith("ignored: cancelled")


def test_headers_that_are_none(tmp_path: Path):
    """A headers file of another kind is an error."""
    headers = tmp_path / "headers"
    headers.write_text("{", encoding="utf-8")

    result = run_map(tmp_path, BODIES / "order-typical.json", "--headers", str(headers))

    assert 2 == result.exit_code
    assert "neither header lines nor a JSON object" in result.stderr


def test_nothing_to_go_by_but_the_body(tmp_path: Path):
    """Where the instance would be asked for time zone and country, that is said on stderr."""
    settings = 'source = "shopify"\ncoopcycle.url = "https://acme.coopcycle.org"'

    result = run_map(tmp_path, BODIES / "order-typical.json", settings=settings)

    assert 0 == result.exit_code
    assert [
        "timezone: not in the connection, CoopCycle would be asked; here: UTC",
        "country: not in the connection, CoopCycle would be asked; here: no country",
    ] == result.stderr.splitlines()
    assert json.loads(result.stdout)["dropoff"]["address"]["streetAddress"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "error: the body cannot be read (empty_body)\n"),
        (b"order=1", "error: the body cannot be read (not_json)\n"),
        (b'{"name": "#1"}', "error: the body cannot be read (order_id_missing)\n"),
    ],
)
def test_body_that_cannot_be_read(tmp_path: Path, content: bytes, message: str):
    """A body that is no order is an error, exit code 2."""
    body = tmp_path / "body.json"
    body.write_bytes(content)

    result = run_map(tmp_path, body)

    assert (2, "", message) == (result.exit_code, result.stdout, result.stderr)


def test_order_that_lacks_something(tmp_path: Path):
    """What an order lacks is named in the sender's own terms."""
    order = json.loads((BODIES / "order-typical.json").read_bytes())
    order["shipping_address"].update(address1="", city="", zip="")
    body = tmp_path / "body.json"
    body.write_text(json.dumps(order), encoding="utf-8")

    result = run_map(tmp_path, body)

    assert (2, "") == (result.exit_code, result.stdout)
    assert "shipping_address" in result.stderr


def test_wrong_connection(tmp_path: Path):
    """A wrong connection file gives its problems, with the file's name."""
    result = run_map(tmp_path, BODIES / "order-typical.json", settings='source = "shopify"')

    assert (2, "") == (result.exit_code, result.stdout)
    assert f"{tmp_path / 'acme.toml'}: coopcycle.url: missing" in result.stderr


@pytest.mark.parametrize("now", ["2026-11-24T10:00:00", "today"])
def test_now_without_an_offset(tmp_path: Path, now: str):
    """A time without an offset is not guessed at."""
    result = run_map(tmp_path, BODIES / "order-typical.json", "--now", now)

    assert 2 == result.exit_code
    assert "write it with an offset" in result.stderr


def test_explained(tmp_path: Path):
    """Every value and every rule is explained on stderr; stdout holds the body alone, as without it."""
    settings = SETTINGS + '[orders]\npostcodes = ["75*"]\n[parcels]\npackages = { "BQT-L" = "XL" }\n'
    plain = run_map(tmp_path, BODIES / "order-typical.json", settings=settings)

    result = run_map(tmp_path, BODIES / "order-typical.json", "--explain", settings=settings)

    assert (0, plain.stdout) == (result.exit_code, result.stdout)
    told = [" ".join(line.split()) for line in result.stderr.splitlines()]
    for line in (
        "dropoff.address.streetAddress webhook shipping_address.address1",
        "dropoff.address.telephone webhook shipping_address.phone (in E.164)",
        "dropoff.after connection schedule (the next window after the order)",
        'dropoff.packages connection parcels.packages."BQT-L"',
        "webhook line_items[].sku (decides the package)",
        "orders.postcodes: inside",
        "phone: shipping_address.phone: a number in E.164",
        "parcels: 1 × XL",
        "window: the schedule's next",
    ):
        assert line in told


def test_ignored_order_explained(tmp_path: Path):
    """Of what is ignored the rules are told, and the last one says why."""
    settings = SETTINGS + '[orders]\nshipping_methods = ["Livraison*"]\npostcodes = ["69*"]\n'

    result = run_map(tmp_path, BODIES / "order-typical.json", "--explain", settings=settings)

    assert (3, "") == (result.exit_code, result.stdout)
    assert [
        "",
        "rules",
        "  orders.shipping_methods: fits",
        "  orders.postcodes: outside",
        "ignored: postcode; a delivery made earlier would be cancelled",
    ] == result.stderr.splitlines()


def test_assert_without_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Nothing is asked; the variables that are missing are named."""
    monkeypatch.delenv("BRIDGE_ACME_CLIENT_ID", raising=False)
    monkeypatch.setenv("BRIDGE_ACME_CLIENT_SECRET", "x")

    result = run_map(tmp_path, BODIES / "order-typical.json", "--assert")

    assert 2 == result.exit_code
    assert "set BRIDGE_ACME_CLIENT_ID\n" in result.stderr
    assert json.loads(result.stdout)


@pytest.mark.parametrize(
    ("content", "message"),
    [("x", "is not TOML"), ("[apis]", "has no table [api]"), ("[api]\nx = 1", "has no table [api]")],
)
def test_answers_of_the_shop_that_are_none(tmp_path: Path, content: str, message: str):
    """A wrong --api file is said to be one."""
    answers = tmp_path / "samples.toml"
    answers.write_text(content, encoding="utf-8")

    result = run_map(tmp_path, BODIES / "order-typical.json", "--api", str(answers))

    assert 2 == result.exit_code
    assert message in result.stderr


def test_answers_of_the_shop(tmp_path: Path):
    """A webhook that only names its order takes the order from the files beside the one that --api names."""
    folder = BODIES.parent / "bigcommerce"
    settings = (folder / "connection.toml").read_text(encoding="utf-8")

    result = run_map(
        tmp_path,
        folder / "order-created.json",
        *("--topic", "store/order/created", "--api", str(folder / "samples.toml")),
        settings=settings,
    )

    assert 0 == result.exit_code, result.stderr
    assert json.loads(result.stdout)["dropoff"]["address"]


def test_answer_of_the_shop_that_is_missing(tmp_path: Path):
    """What no file answers is told by its path, and refused as a shop refuses it."""
    folder = BODIES.parent / "bigcommerce"
    settings = (folder / "connection.toml").read_text(encoding="utf-8")
    (tmp_path / "samples.toml").write_text('[api]\n"/elsewhere" = "order.json"\n', encoding="utf-8")

    result = run_map(
        tmp_path,
        folder / "order-created.json",
        *("--topic", "store/order/created", "--api", str(tmp_path / "samples.toml")),
        settings=settings,
    )

    assert (2, "") == (result.exit_code, result.stdout)
    first, second = result.stderr.splitlines()
    assert first.startswith("the shop's API is asked for /")
    assert first.endswith(", which --api has no file for")
    assert second.startswith("error: the shop's API answered 404")


@pytest.mark.parametrize(("source", "cure"), [("form", True), ("shopify", False)])
def test_form_without_an_id(tmp_path: Path, source: str, cure: bool):
    """A form that tells no id is told the setting that makes one; a sender that has its own ids is not."""
    settings = f'source = "{source}"\ncoopcycle.url = "https://acme.coopcycle.org"'
    body = tmp_path / "body.json"
    body.write_text('{"name": "Ada"}', encoding="utf-8")

    result = run_map(tmp_path, body, settings=settings)

    assert (2, "") == (result.exit_code, result.stdout)
    assert cure == ("[sender] key_fields = " in result.stderr)
    assert cure or result.stderr.startswith("error: the body cannot be read (")
