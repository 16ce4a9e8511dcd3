"""An order, a connection, and the delivery that is mapped from them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from bridge.connections.model import Connection, Parcels, Pickup
from bridge.model import (
    Coordinates,
    Delivery,
    Ignored,
    Order,
    OrderItem,
    Package,
    PostalAddress,
    Stop,
    Task,
    TimeWindow,
)
from bridge.operator.dry_run import OfflineInstance
from bridge.planning.plan import plan
from bridge.planning.trace import Trace
from bridge.schedule.opening_hours import Schedule
from bridge.schedule.windows import Windows

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 23, 9, 15, tzinfo=UTC)  # Monday, 10:15 in Paris
SHOP = Connection(
    connection_id="acme",
    source="shopify",
    coopcycle_url="https://acme.coopcycle.org",
    pickup=Pickup(
        address="12 rue des Fleurs, 75011 Paris",
        comments="Entrée par la cour",
        company="Fleurs de la Roquette",
        contact_name="Anne",
        phone="09 12 34 56 78",
    ),
    schedule=Schedule(
        opening_hours=("Mo-Fr 09:00-19:00", "Sa 10:00-18:00"),
        closed_on=(date(2026, 12, 25),),
        preparation_minutes=45,
        pickup_minutes=30,
        window_minutes=120,
    ),
    parcels=Parcels(by_sku={"BQT-L": "XL", "FIC-120": "XL", "BQT-M": "M"}),
)


PICKUP_WINDOW = TimeWindow(
    datetime(2026, 11, 23, 10, 0, tzinfo=UTC), datetime(2026, 11, 23, 10, 30, tzinfo=UTC)
)


DROPOFF_WINDOW = TimeWindow(
    datetime(2026, 11, 23, 10, 30, tzinfo=UTC), datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
)


ORDER = Order(
    order_id="7",
    name="#1007",
    updated_at=NOW,
    created_at=NOW,
    address=PostalAddress("48 Rue de Rivoli", "", "75004", "Paris", "France", "FR"),
    recipient_name="Camille Moreau",
    items=(OrderItem("Bouquet", 1),),
    paths={"address.line1": "shipping_address.address1", "address.postcode": "shipping_address.zip"},
)


def pickup(order_name: str) -> Task:
    """Return the pickup that the shop's settings give."""
    return Task(
        window=PICKUP_WINDOW,
        street_address="12 rue des Fleurs, 75011 Paris",
        company="Fleurs de la Roquette",
        contact_name="Anne",
        telephone="+33912345678",
        comments=f"{order_name}\nEntrée par la cour",
    )


def map_it(
    order: Order = ORDER,
    connection: Connection = SHOP,
    *,
    now: datetime = NOW,
    country: str = "FR",
    windows: Windows | None = None,
) -> Delivery | Ignored:
    """Plan with the zone of Paris, and ask nobody."""
    complete = replace(connection, timezone="Europe/Paris", country=country)
    return plan(order, complete, OfflineInstance(), now=now, kept=windows)


def dropoff(order: Order = ORDER, connection: Connection = SHOP, *, country: str = "FR") -> Task:
    """Return the dropoff of an order that is delivered."""
    delivery = map_it(order, connection, country=country)
    assert isinstance(delivery, Delivery)
    return delivery.dropoff


# --- the samples --------------------------------------------------------------------------------

SAMPLES = [
    (
        "order-typical",
        "orders/create",
        Delivery(
            bridge_ref="acme/5940139491042",
            pickup=pickup("#1042"),
            dropoff=Task(
                window=DROPOFF_WINDOW,
                street_address="48 Rue de Rivoli, 75004 Paris, France",
                contact_name="Camille Moreau",
                telephone="+33612345678",
                description="Code 48B12, 3e étage gauche",
                comments=(
                    "#1042\n1 × Bouquet de saison (Grand)\n1 × Carte manuscrite\nCode 48B12, 3e étage gauche"
                ),
                weight_grams=910,
                packages=(Package("XL", 1),),
            ),
        ),
    ),
    (
        "order-gift",
        "orders/create",
        Delivery(
            bridge_ref="acme/5940139491043",
            pickup=pickup("#1043"),
            dropoff=Task(
                window=DROPOFF_WINDOW,
                street_address="27 Boulevard Voltaire, 75011 Paris, France",
                coordinates=Coordinates(48.8614, 2.3716),
                contact_name="Inès Benali",
                telephone="+33612345678",
                description="Bâtiment C, 2e étage",
                comments=(
                    "#1043\n1 × Bouquet de pivoines (Moyen)\n"
                    "C'est une surprise : ne pas appeler Inès avant 18 h.\nMerci !"
                ),
                weight_grams=700,
            ),
        ),
    ),
    (
        "order-no-phone",
        "orders/create",
        Delivery(
            bridge_ref="acme/5940139491044",
            pickup=pickup("#1044"),
            dropoff=Task(
                window=DROPOFF_WINDOW,
                street_address="18 Rue de Charonne, 75011 Paris, France",
                contact_name="Paul Girard",
                telephone=None,
                comments="#1044\n1 × Orchidée blanche",
                weight_grams=1200,
            ),
        ),
    ),
    (
        "order-company",
        "orders/create",
        Delivery(
            bridge_ref="acme/5940139491045",
            pickup=pickup("#1045"),
            dropoff=Task(
                window=DROPOFF_WINDOW,
                street_address="10 Rue de la Roquette, 75011 Paris, France",
                company="Atelier Nord SARL",
                contact_name="Nadia Ferrand",
                telephone="+33123456789",
                description="2e étage, interphone Atelier Nord",
                comments=(
                    "#1045\n1 × Abonnement bureaux, livraison hebdomadaire (Semaine)\n"
                    "2 × Bouquet de saison (Grand)"
                ),
                weight_grams=3300,
                packages=(Package("XL", 2),),
            ),
        ),
    ),
    (
        "order-several-parcels",
        "orders/updated",
        Delivery(
            bridge_ref="acme/5940139491048",
            pickup=pickup("#1048"),
            dropoff=Task(
                window=DROPOFF_WINDOW,
                street_address="25 Rue de Paris, 93100 Montreuil, France",
                contact_name="Sophie Renard",
                telephone="+33612345678",
                description="Sonner chez le gardien",
                comments=(
                    "#1048\n2 × Bouquet de saison (Grand)\n3 × Bouquet de saison (Moyen)\n"
                    "1 × Ficus Lyrata (120 cm)\n1 × Vase en grès\nSonner chez le gardien"
                ),
                weight_grams=2 * 900 + 3 * 600 + 6500 + 1100,
                packages=(Package("XL", 3), Package("M", 3)),
            ),
        ),
    ),
    (
        "order-non-latin-name",
        "orders/create",
        Delivery(
            bridge_ref="acme/5940139491049",
            pickup=pickup("#1049"),
            dropoff=Task(
                window=DROPOFF_WINDOW,
                street_address="103 Avenue d'Ivry, 75013 Paris, France",
                contact_name="山田 花子",
                telephone="+33612345678",
                description="アパルトマン 12",
                comments="#1049\n1 × Ikebana «Мороз» (Réf. é/ü/ß)\nベルは壊れています。お電話ください 🌸",
                weight_grams=1300,
            ),
        ),
    ),
    (
        "order-paid",
        "orders/paid",
        Delivery(
            bridge_ref="acme/5940139491051",
            pickup=pickup("#1051"),
            dropoff=Task(
                window=DROPOFF_WINDOW,
                street_address="6 Place d'Italie, 75013 Paris, France",
                contact_name="Fatou Diallo",
                telephone="+33123456789",
                comments="#1051\n1 × Terrarium (Petit)",
                weight_grams=2300,
            ),
        ),
    ),
]


# --- several stops ------------------------------------------------------------------------------

NORTH = Pickup("1 rue du Nord, 75018 Paris", "Sonner", "Acme Nord", "Ali", "0 806 12 34 56")
SOUTH = Pickup("2 place d'Italie, 75013 Paris", coordinates=Coordinates(48.8315, 2.3557))
TWO_PLACES = replace(SHOP, locations={"north": NORTH, "south": SOUTH})
NEIGHBOUR = Stop(
    PostalAddress("5 Rue Charlot", "", "75003", "Paris", "France", "FR"),
    "Jo Petit",
    "Galerie",
    ("01 23 45 67 89",),
    "Interphone 3",
    (OrderItem("Vase", 2, sku="BQT-M", weight_grams=400),),
    path="recipients[0]",
)


def mapped(order: Order, connection: Connection = SHOP, trace: Trace | None = None) -> Delivery:
    """Map an order that becomes a delivery."""
    complete = replace(connection, timezone="Europe/Paris", country="FR")
    delivery = plan(order, complete, OfflineInstance(), now=NOW, trace=trace)
    assert isinstance(delivery, Delivery)
    return delivery


HERE = Coordinates(48.8556, 2.3601)
