"""The ready-made ``[fields]`` under examples/fields, each tried with a body of its program."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.samples import SENT_AT

from bridge import sources
from bridge.connections.model import Connection
from bridge.connections.parse import parse_connection
from bridge.coopcycle.payload import delivery_body
from bridge.model import Ignored, Order
from bridge.operator.dry_run import OfflineInstance
from bridge.planning.plan import plan
from bridge.planning.read_order import parse_order
from bridge.sources import Payload, Push, Webhook

FOLDER = Path(__file__).parents[2] / "examples" / "fields"
PROGRAMS = sorted(file.stem for file in FOLDER.glob("*.toml"))
LYON = "14 rue des Lilas, 69003 Lyon"
# What CoopCycle is sent: address, name, phone, description, beginning of the window, end of the comments.
EXPECTED = {
    "deliverect": (
        LYON,
        "Lea Morel",
        "+33612345678",
        "Bât B",
        "2026-11-24T17:10",
        "1 × Pizza",
    ),
    "ecwid": (f"{LYON}, France", "Lea Morel", "+33612345678", "Bât B", "2026-11-26T23:30", "5 × Cerises"),
    "elementor": (LYON, "Lea Morel", "+33612345678", "", "2026-11-27T15:00", ""),
    "google-sheets": (LYON, "Lea Morel", "+33612345678", "", "2026-11-27T15:00", ""),
    "helloasso": (
        "14 rue des Lilas, 69003 LYON, FR",
        "Lea Morel",
        "+33612345678",
        "",
        "2026-11-23",
        "1 × Panier de légumes",
    ),
    "holvi": (
        "Fredrikinkatu 20, 00120 Helsinki, FI",
        "Aino Laine",
        "+358401234567",
        "",
        "2026-11-23",
        "Second door on the left",
    ),
    "hubrise": (
        f"{LYON}, FR",
        "Lea Morel",
        "+33612345678",
        "Bât B; Code 45B",
        "2026-11-24T18:30",
        "Code 45B",
    ),
    "lightspeed-x": (LYON, "Lea Morel", "+33612345678", "Bât B", "2026-11-23", "812"),
    "medusa": (f"{LYON}, FR", "Lea Morel", "+33612345678", "Bât B", "2026-11-23", "2 × Bouquet"),
    "saleor": (
        "14 rue des Lilas, 69003 LYON, FR",
        "Lea Morel",
        "+33612345678",
        "3e étage",
        "2026-11-23",
        "1 × Bouquet",
    ),
    "webflow": (LYON, "Lea Morel", "+33612345678", "", "2026-11-26T23:30", ""),
}


def connection(program: str) -> Connection:
    """Return a program's connection."""
    return parse_connection(program, (FOLDER / f"{program}.toml").read_text(encoding="utf-8"))


def body(program: str) -> bytes:
    """Return a program's sample."""
    (file,) = (file for file in FOLDER.glob(f"{program}.*") if file.suffix != ".toml")
    return file.read_bytes()


@pytest.mark.parametrize("program", PROGRAMS)
def test_each_program_needs_no_more_than_its_fields(program: str) -> None:
    """The connection that the documentation shows makes the right delivery of the program's body."""
    settings = connection(program)
    source = sources.get(settings.source)
    push = Push(body(program), {}, SENT_AT)

    webhook = source.identify(push, settings.options)
    assert isinstance(webhook, Webhook)
    order = parse_order(settings, Payload(push.body, webhook.topic, SENT_AT))
    assert isinstance(order, Order)
    mapped = plan(order, settings, OfflineInstance(), now=SENT_AT, kept=None)
    assert not isinstance(mapped, Ignored)

    address = mapped.dropoff
    street, name, phone, description, after, comments = EXPECTED[program]
    assert (street, name, phone) == (address.street_address, address.contact_name, address.telephone)
    assert description == address.description
    assert address.window.after.isoformat().startswith(after)
    assert address.comments.endswith(comments)
    assert webhook.order_id == order.order_id
    assert delivery_body(mapped)


def test_the_table_is_complete() -> None:
    """Every example is tried."""
    assert set(PROGRAMS) == set(EXPECTED)
    assert {(FOLDER / f"{program}.toml").read_text(encoding="utf-8")[:2] for program in PROGRAMS} == {"# "}
