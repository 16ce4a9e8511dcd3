"""A connection's file, read whole."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from tests.support.connection_files import MINIMAL

from bridge.connections.model import Connection, DispatchTags, OrderFilter, Parcels, Pickup, Secrets
from bridge.connections.parse import parse_connection
from bridge.model import Coordinates
from bridge.schedule.opening_hours import Schedule
from bridge_laptop.connection_files import check_files, files_in, read_connection_file

EXAMPLES = Path(__file__).parents[2] / "connections"


def test_smallest_file():
    """Source and address of the instance are enough; everything else has a default."""
    connection = parse_connection("acme", MINIMAL)

    assert (
        Connection(connection_id="acme", source="shopify", coopcycle_url="https://acme.coopcycle.org")
        == connection
    )


def test_complete_file():
    """Every key of the file arrives in the model."""
    text = """
        source = "shopify"
        timezone = "Europe/Paris"
        country = "FR"
        [coopcycle]
        url = "https://acme.coopcycle.org/"
        scope = "deliveries"
        [pickup]
        address = "12 rue des Fleurs, 75011 Paris"
        comments = "Entrée par la cour"
        company = "Acme Fleurs"
        contact_name = "Claire"
        phone = "01 23 45 67 89"
        [schedule]
        opening_hours = ["Mo-Fr 09:00-19:00", "Sa 10:00-18:00"]
        closed_on = ["2026-12-25", 2027-01-01]
        preparation_minutes = 45
        pickup_minutes = 20
        window_minutes = 90
        window = "coopcycle"
        languages = ["fr", "nl"]
        date_order = "month-day-year"
        day_parts = { "matin" = "09:00-12:00", "peu importe" = "any" }
        [orders]
        shipping_methods = ["Livraison à vélo*"]
        postcodes = ["750*", "93100"]
        on = "paid"
        topics = ["orders/paid", "orders/cancelled"]
        [parcels]
        packages = { "BQT-L" = "XL", "TOKEN-1" = "SMALL" }
    """

    connection = parse_connection("acme", text)

    assert (
        Connection(
            connection_id="acme",
            source="shopify",
            coopcycle_url="https://acme.coopcycle.org",
            scope="deliveries",
            timezone="Europe/Paris",
            country="FR",
            pickup=Pickup(
                "12 rue des Fleurs, 75011 Paris",
                "Entrée par la cour",
                "Acme Fleurs",
                "Claire",
                "01 23 45 67 89",
            ),
            schedule=Schedule(
                ("Mo-Fr 09:00-19:00", "Sa 10:00-18:00"),
                (date(2026, 12, 25), date(2027, 1, 1)),
                45,
                20,
                90,
                window="coopcycle",
                languages=("fr", "nl"),
                date_order="month-day-year",
                day_parts={"matin": "09:00-12:00", "peu importe": "any"},
            ),
            orders=OrderFilter(
                ("Livraison à vélo*",), ("750*", "93100"), "paid", ("orders/paid", "orders/cancelled")
            ),
            parcels=Parcels(by_sku={"BQT-L": "XL", "TOKEN-1": "SMALL"}),
        )
        == connection
    )


def test_a_shop_of_several_places():
    """Places, zones, parcels and tags arrive in the model; free keys may be any words."""
    text = (
        MINIMAL
        + """
        [pickup]
        address = "/api/addresses/7"
        latitude = 48.85
        longitude = 2
        unknown_location = "refuse"
        [pickup.locations."655441491"]
        address = "3 place d'Italie, 75013 Paris"
        latitude = 48.8315
        longitude = 2.3557
        [pickup.locations.secret-garden]
        address = "1 rue du Jardin, 75005 Paris"
        phone = "01 23 45 67 89"
        [orders]
        within_km = 7.5
        coordinates = "ignore"
        check_feasibility = true
        if_infeasible = "ignore"
        [parcels]
        packages_by_type = { "API key" = "S" }
        packages_by_tag = { "token" = "M" }
        default_package = "L"
        default_weight_grams = 500
        [delivery]
        tags = ["fleurs", "2-roues"]
        tags_from = { "secret*" = "express" }
        """
    )

    connection = parse_connection("acme", text)

    assert Pickup("/api/addresses/7", coordinates=Coordinates(48.85, 2)) == connection.pickup
    assert {
        "655441491": Pickup("3 place d'Italie, 75013 Paris", coordinates=Coordinates(48.8315, 2.3557)),
        "secret-garden": Pickup("1 rue du Jardin, 75005 Paris", phone="01 23 45 67 89"),
    } == connection.locations
    assert "refuse" == connection.unknown_location
    assert (
        OrderFilter(within_km=7.5, coordinates="ignore", check_feasibility=True, if_infeasible="ignore")
        == connection.orders
    )
    assert Parcels({}, {"API key": "S"}, {"token": "M"}, "L", 500) == connection.parcels
    assert DispatchTags(("fleurs", "2-roues"), {"secret*": "express"}) == connection.tags


def test_secrets_do_not_show():
    """Printing or logging the secrets shows none of them."""
    secrets = Secrets(("hunter2",), "hunter2", "hunter2", "hunter2", "hunter2")

    assert "hunter2" not in repr(secrets)


def test_examples_are_right():
    """The connection files that come with the project pass their own check."""
    good, problems = check_files(files_in(EXAMPLES))

    assert [] == problems
    assert {"acme", "acme2"} <= {file.connection.connection_id for file in good}


def test_example_with_its_comments_switched_on(tmp_path: Path):
    """What acme.toml offers in comments is right as well."""
    lines = (EXAMPLES / "acme.toml").read_text(encoding="utf-8").splitlines()
    switched = [
        line.removeprefix("# ") if line.startswith("# [") or " = " in line else line for line in lines
    ]
    path = tmp_path / "acme.toml"
    path.write_text("\n".join(switched), encoding="utf-8")

    connection = read_connection_file(path).connection

    assert "Acme Fleurs" == connection.pickup.company
    assert ("750*", "93100") == connection.orders.postcodes
    assert {"BQT-S": "SMALL", "BQT-L": "XL"} == connection.parcels.by_sku
    assert "3 place d'Italie, 75013 Paris" == connection.locations["655441491"].address
    assert (8, True) == (connection.orders.within_km, connection.orders.check_feasibility)
    assert ("fleurs",) == connection.tags.always


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("\xff".encode("latin-1"), "file: not UTF-8, save it as UTF-8"),
        (MINIMAL.encode() + b"# " + b"x" * 8192, "file: 8260 bytes, SSM holds 8192; shorten the comments"),
        (
            MINIMAL.encode() + b"# {{x}}",
            "file: SSM takes no value with {{, put a space between the braces",
        ),
    ],
)
def test_file_that_ssm_would_not_hold(tmp_path: Path, content: bytes, problem: str):
    """What SSM would refuse later is said while the file is checked."""
    path = tmp_path / "acme.toml"
    path.write_bytes(content)

    assert ([], [f"{path}: {problem}"]) == check_files([path])


def test_file_with_a_byte_order_mark(tmp_path: Path):
    """A file saved by a Windows editor is read, and the mark does not go to SSM."""
    path = tmp_path / "acme.toml"
    path.write_bytes(b"\xef\xbb\xbf" + MINIMAL.encode())

    assert MINIMAL == read_connection_file(path).text
