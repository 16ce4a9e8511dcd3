"""The page in a real browser, read and not changed: an evening that all these tests look at."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from tests.browser.conftest import BELIEVED, have_an_evening, readers, stack_running
from tests.e2e.test_local_stack import until
from tests.support.browser import DESKTOP, PHONE, Reader

from bridge_laptop.local.stack import LocalStack, Options

PICTURES = Path(os.environ.get("CONSOLE_PICTURES", "build/console"))  # CI keeps what is in build/
SIZES = {
    "desktop": DESKTOP,
    "phone": PHONE,
    "small-phone": {"width": 320, "height": 640},
    "tablet": {"width": 820, "height": 1180},
}
LONGEST_WORDS = "fr-FR"  # on the smallest of them
VIEWS = {
    "orders": "/",
    "order": "/console/order?connection=acme&id=1042",
    "parked": "/console/parked",
    "parked-order": "/console/order?connection=acme&id=2001",
    "connections": "/console/connections",
    "pictures": "/console/pictures",
    "try": "/console/try",
}


@pytest.fixture(scope="module")
def evening() -> Iterator[LocalStack]:
    """One evening for all."""
    with stack_running(Options(port=0, console=BELIEVED)) as stack:
        have_an_evening(stack)
        assert until(lambda: "parked" in requests.get(f"{stack.url}/console/view/orders", timeout=10).text)
        yield stack


@pytest.fixture
def reader(evening: LocalStack, browser: Browser) -> Iterator[Callable[..., Reader]]:
    """Open windows on it."""
    with readers(browser, evening) as make:
        yield make


def test_search_finds_by_number_name_and_street(reader: Callable[..., Reader]) -> None:
    """Where is #1042: one search, and the address of the result can be kept."""
    page = reader().open()
    expect(page.locator(".orders li")).to_have_count(4)

    page.get_by_label("Find an order").fill("1042")
    expect(page.locator(".orders li")).to_have_count(1)
    expect(page.locator(".orders")).to_contain_text("Courier on the way")
    assert page.url.endswith("?q=1042")
    for text, count in (("rivoli", 3), ("moreau", 3), ("nobody", 0)):
        page.get_by_label("Find an order").fill(text)
        expect(page.locator(".orders li")).to_have_count(count)
    page.go_back()


@pytest.mark.parametrize(
    ("locale", "title", "state", "language"),
    [
        ("fr-FR", "4 commandes aujourd’hui", "Mise de côté : il manque quelque chose", "Français"),
        ("es-ES", "4 pedidos hoy", "Apartado: falta algo en el pedido", "Español"),
        ("de-DE", "4 orders today", "Parked: something is missing in the order", "English"),
    ],
)
def test_language_is_the_browsers_and_can_be_chosen(
    reader: Callable[..., Reader],
    locale: str,
    title: str,
    state: str,
    language: str,
) -> None:
    """French, Spanish, and English for everybody else; a choice at the foot stays."""
    page = reader(locale=locale).open()

    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.locator(".orders")).to_contain_text(state)
    expect(page.locator(".foot b")).to_have_text(language)
    assert page.evaluate("document.documentElement.lang") == page.locator(".foot b").get_attribute("lang")
    other = "Español" if language != "Español" else "Français"
    page.get_by_role("button", name=other).click()
    expect(page.locator(".foot b")).to_have_text(other)
    page.reload()
    expect(page.locator(".foot b")).to_have_text(other)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_and_nothing_sticks_out(
    reader: Callable[..., Reader], size: str, scheme: str
) -> None:
    """Every view at four sizes, light and dark; each is kept as a picture."""
    language = {"locale": LONGEST_WORDS} if size == "small-phone" else {}
    window = reader(viewport=SIZES[size], color_scheme=scheme, **language)
    found: dict[str, list[str]] = {}
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name, address in VIEWS.items():
        page = window.open(address)
        settle(page)
        page.screenshot(path=PICTURES / f"{name}-{size}-{scheme}.png", full_page=True)
        violations = Axe().run(page).response["violations"]
        found[name] = [f"{each['id']}: {each['nodes'][0]['html'][:120]}" for each in violations]
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= SIZES[size]["width"], f"{name} is {width} wide"

    assert {name: [] for name in VIEWS} == found


def settle(page: Page) -> None:
    """Wait until what loads by itself has come: health, couriers, the workbench."""
    expect(page.locator(".htmx-request")).to_have_count(0)
    expect(page.locator("#health")).to_contain_text("127.0.0.1")
    if page.locator("#results").count():
        expect(page.locator("#results .state.way")).to_be_visible()  # a courier is on the way


def test_first_paint_is_light(reader: Callable[..., Reader]) -> None:
    """The shell, its files and the list together transfer less than 100 KB."""
    window = reader()
    session = window.context.new_cdp_session(window.page)
    sizes: list[float] = []
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))

    window.open()
    window.page.wait_for_load_state("networkidle")

    assert len(sizes) >= 5
    assert sum(sizes) < 100_000


def test_keyboard_alone_reaches_an_order(reader: Callable[..., Reader]) -> None:
    """Tab from the top: skip link, then the page; Enter opens, and the focus is on the new heading."""
    page = reader().open()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"

    page.get_by_role("link", name="#1043").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("#1043")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    assert "#1043" in page.title()
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("4 orders today")
