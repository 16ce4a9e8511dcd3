"""How each connection is, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bridge.console.page import Page
from bridge.console.values import ConnectionState, Health


@dataclass(frozen=True, slots=True)
class Shop:
    """One connection."""

    state: ConnectionState
    health: Health | None
    word: str
    symbol: str
    colour: str

    @property
    def seconds(self) -> str:
        """How long CoopCycle took to answer."""
        return f"{self.health.seconds:.1f}" if self.health else ""

    @property
    def needs_you(self) -> bool:
        """Whether a person has to do something."""
        return self.colour == "stop"


def connections(
    page: Page,
    states: Sequence[ConnectionState],
    health: Mapping[str, Health],
    frame: Mapping[str, object],
) -> str:
    """Return the page of connections, those that need somebody first."""
    shops = sorted(
        (_shop(each, health.get(each.connection_id)) for each in states),
        key=lambda shop: (["stop", "wait", "ok"].index(shop.colour), shop.state.connection_id),
    )
    need = sum(shop.needs_you for shop in shops)
    heading = page.words("connections.none")
    if shops:
        key = "title_need" if need else "title_well"
        heading = page.words(f"connections.{key}", n=need or len(shops))
    return page.render(
        "connections.html", tab="connections", is_tab=True, heading=heading, shops=shops, **frame
    )


def _shop(state: ConnectionState, health: Health | None) -> Shop:
    if state.problems:
        return Shop(state, health, "wrong", "parked", "stop")
    if health is not None and health.credentials is False:
        return Shop(state, health, "refused", "parked", "stop")
    if health is not None and not health.answers:
        return Shop(state, health, "silent", "waiting", "wait")
    if state.parked or state.is_rotating:
        return Shop(state, health, "look", "toolate", "wait")
    return Shop(state, health, "well", "delivered", "ok")
