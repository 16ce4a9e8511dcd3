"""The page in a real browser against the running local stack, as a dispatcher on a busy evening."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from tests.e2e.test_local_stack import order, push, until
from tests.support.browser import DESKTOP, PHONE, Reader, browsing
from tests.support.caches import clear_runtime_caches

from bridge_laptop.local import sample
from bridge_laptop.local.stack import LocalStack, Options, running
from bridge_laptop.sandbox.client import SandboxClient

pytestmark = pytest.mark.xdist_group("processes")

PICTURES = Path(os.environ.get("CONSOLE_PICTURES", "build/console"))  # CI keeps what is in build/
QUICK = {
    "BRIDGE_SETTLE_SECONDS": "1",
    "BRIDGE_BACKOFF_BASE_SECONDS": "0.5",
    "BRIDGE_HTTP_READ_TIMEOUT_SECONDS": "2",
}
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
def browser() -> Iterator[Browser]:
    with browsing() as found:
        yield found


@pytest.fixture
def stack() -> Iterator[LocalStack]:
    """A stack in which no order has arrived yet."""
    with ExitStack() as exits:
        patch = exits.enter_context(pytest.MonkeyPatch.context())
        for name, value in QUICK.items():
            patch.setenv(name, value)
        clear_runtime_caches()
        yield exits.enter_context(
            running(Options(port=0, console={"BRIDGE_CONSOLE_BELIEVED_SECONDS": "0.5"}))
        )
    clear_runtime_caches()


@pytest.fixture
def reader(stack: LocalStack, browser: Browser) -> Iterator[Callable[..., Reader]]:
    """Open windows; at the end none of them has asked another host, or complained."""
    opened: list[Reader] = []

    def make(**options: object) -> Reader:
        opened.append(Reader(browser, stack.url, **options))
        return opened[-1]

    yield make
    for each in opened:
        each.close()
    assert {urlsplit(stack.url).netloc} >= {host for each in opened for host in each.hosts}
    assert [] == [complaint for each in opened for complaint in each.complaints]


def without_address(number: int) -> bytes:
    """Return an order that a person has to complete."""
    return json.dumps(json.loads(order(number)) | {"shipping_address": {"city": "Paris"}}).encode()


@pytest.fixture
def evening(stack: LocalStack) -> LocalStack:
    """Four orders: one with a courier, one created, one parked, one with a long way behind it."""
    for number in (1042, 1043, 1044):
        push(stack, order(number), f"w{number}")
    push(stack, without_address(2001), "w2001")
    records = {number: sample.wait_for(stack, "acme", str(number)) for number in (1042, 1043, 1044, 2001)}
    assert until(lambda: "parked" in requests.get(f"{stack.url}/console/view/orders", timeout=10).text)
    courier = SandboxClient(stack.coopcycle_url)
    first, third = records[1042], records[1044]
    assert first is not None
    assert third is not None
    for act in ("assign", "start", "pick"):
        courier.courier(first.delivery_iri, act)
    for act in ("assign", "start", "pick", "transit", "drop"):
        courier.courier(third.delivery_iri, act)
    return stack


def test_first_order_is_sent_from_the_page_and_appears(reader: Callable[..., Reader]) -> None:
    """The page before the first order says what to do; the order then appears without a reload."""
    page = reader().open()
    expect(page.get_by_role("heading", level=1)).to_have_text("No order has arrived yet")

    page.get_by_role("button", name="Send a sample order").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("1 order today")
    expect(page.get_by_role("link", name="#1042")).to_be_visible()


def test_path_of_the_readme(reader: Callable[..., Reader], stack: LocalStack) -> None:
    """A wrong credential is seen, mended, and its order flows; the courier drops it, and the page says so."""
    push(stack, order(1042), "w1042")
    watching = reader().open()
    expect(watching.get_by_role("link", name="#1042")).to_be_visible()
    acting = reader().open("/console/try")

    acting.get_by_role("button", name="Give acme wrong credentials").click()
    expect(acting.get_by_text("acme: wrong credentials")).to_be_visible()
    acting.get_by_label("As order number").first.fill("2001")
    acting.get_by_role("button", name="Send it as acme", exact=True).click()
    expect(acting.get_by_text("accepted")).to_be_visible()

    watching.get_by_role("button", name="1 new order").click()  # it waits for a tap, and moves no row before
    row = watching.locator(".orders li", has=watching.get_by_role("link", name="#2001"))
    expect(row).to_contain_text("CoopCycle refuses the credentials")
    expect(watching.get_by_role("heading", name="CoopCycle refuses the credentials of acme")).to_be_visible()
    expect(watching.locator("#head")).to_contain_text("1 needs you")
    watching.get_by_role("link", name="#2001").click()
    expect(watching.get_by_role("heading", level=1)).to_have_text("#2001")
    expect(watching.locator("#progress")).to_contain_text("CoopCycle refuses the credentials")

    acting.get_by_role("button", name="Give acme the right ones back").click()
    expect(watching.locator(".title .state")).to_have_text("Delivery created", timeout=60_000)
    expect(watching.get_by_role("heading", name="CoopCycle refuses")).to_have_count(0, timeout=30_000)

    for act in ("assign", "start", "pick", "transit", "drop"):
        watching.get_by_role("button", name=act, exact=True).click()
        expect(watching.locator("#courier")).to_contain_text('"tasks"')
    expect(watching.locator(".title .state")).to_have_text("Delivered")


def test_parked_order_is_understood_mended_and_redriven(
    reader: Callable[..., Reader], evening: LocalStack
) -> None:
    """Why was #2001 not delivered, and what do I do: the page says it; the shop's correction lets it go."""
    page = reader().open("/console/parked")
    group = page.get_by_role("listitem").filter(has=page.get_by_role("link", name="#2001"))
    expect(page.get_by_role("heading", level=1)).to_have_text("1 order waits for you")
    expect(page.locator("#groups")).to_contain_text("Correct the order in the shop")
    expect(group).to_contain_text("shipping_address")

    page.get_by_text("Redrive it").click()
    expect(page.locator(".ask")).to_contain_text("#2001 stays parked")  # the preview asked nobody to act
    page.get_by_role("button", name="Not now").click()
    page.get_by_role("link", name="#2001").click()
    page.get_by_text("Discard…").click()
    page.get_by_role("button", name="Yes, do it").last.wait_for(state="attached")
    page.locator("details[open]").get_by_role("button", name="Yes, do it").click()

    expect(page.get_by_role("status").filter(has_text="Discarded.")).to_be_visible()
    expect(page.locator(".title .state")).to_contain_text("Discarded by Somebody at this machine")
    expect(page.locator(".story")).to_contain_text("Somebody at this machine discarded it.")
    push(evening, order(2001), "w2001-corrected")
    expect(page.locator(".title .state")).to_have_text("Delivery created", timeout=30_000)


def test_redrive_writes_who_did_it(reader: Callable[..., Reader], evening: LocalStack) -> None:
    """A redriven order without its address is parked again; both stand in its story."""
    del evening
    page = reader().open(VIEWS["parked-order"])

    page.get_by_role("button", name="Redrive").click()

    expect(page.locator(".story li")).to_have_count(3)
    expect(page.locator(".story")).to_contain_text("Somebody at this machine redrove it.")


def test_search_finds_by_number_name_and_street(reader: Callable[..., Reader], evening: LocalStack) -> None:
    """Where is #1042: one search, and the address of the result can be kept."""
    del evening
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


def test_outage_is_told_and_nothing_is_to_do(reader: Callable[..., Reader], evening: LocalStack) -> None:
    """Is CoopCycle down: yes, since when, how many wait, and that there is nothing to do."""
    page = reader().open()
    SandboxClient(evening.coopcycle_url).fault("unavailable")
    push(evening, order(1050), "w1050")

    expect(page.locator("#health")).to_contain_text("does not answer", timeout=30_000)
    expect(page.locator("#banner")).to_contain_text("Nothing to do.")
    page.get_by_role("button", name="1 new order").click()
    row = page.locator(".orders li", has=page.get_by_role("link", name="#1050"))
    expect(row).to_contain_text("Waiting")

    SandboxClient(evening.coopcycle_url).fault(None)
    expect(row).to_contain_text("Delivery created", timeout=60_000)
    expect(page.locator("#banner")).not_to_contain_text("Nothing to do.", timeout=60_000)


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
    evening: LocalStack,
    locale: str,
    title: str,
    state: str,
    language: str,
) -> None:
    """French, Spanish, and English for everybody else; a choice at the foot stays."""
    del evening
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
@pytest.mark.parametrize(("size", "viewport"), [("desktop", DESKTOP), ("phone", PHONE)])
def test_axe_finds_nothing_and_nothing_sticks_out(
    reader: Callable[..., Reader], evening: LocalStack, size: str, viewport: dict[str, int], scheme: str
) -> None:
    """Every view, on a desktop and a phone, light and dark; each is kept as a picture."""
    del evening
    window = reader(viewport=viewport, color_scheme=scheme)
    found: dict[str, list[str]] = {}
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name, address in VIEWS.items():
        page = window.open(address)
        _settle(page)
        page.screenshot(path=PICTURES / f"{name}-{size}-{scheme}.png", full_page=True)
        violations = Axe().run(page).response["violations"]
        found[name] = [f"{each['id']}: {each['nodes'][0]['html'][:120]}" for each in violations]
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= viewport["width"], f"{name} is {width} wide"

    assert {name: [] for name in VIEWS} == found


def _settle(page: Page) -> None:
    """Wait until what loads by itself has come: health, couriers, the workbench."""
    expect(page.locator(".htmx-request")).to_have_count(0)
    expect(page.locator("#health")).to_contain_text("127.0.0.1")


def test_first_paint_is_light(reader: Callable[..., Reader], evening: LocalStack) -> None:
    """The shell, its files and the list together transfer less than 100 KB."""
    del evening
    window = reader()
    session = window.context.new_cdp_session(window.page)
    sizes: list[float] = []
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))

    window.open()
    window.page.wait_for_load_state("networkidle")

    assert len(sizes) >= 5
    assert sum(sizes) < 100_000


def test_keyboard_alone_reaches_an_order(reader: Callable[..., Reader], evening: LocalStack) -> None:
    """Tab from the top: skip link, then the page; Enter opens, and the focus is on the new heading."""
    del evening
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


def test_form_is_filled_in_on_the_page(reader: Callable[..., Reader]) -> None:
    """The local page connects a form, and what is sent with it becomes an order."""
    window = reader()
    page = window.open("/console/try")
    page.get_by_role("button", name="Connect a form").click()
    with window.context.expect_page() as answered:
        page.get_by_role("button", name="Send the form").click()
    expect(answered.value.locator("body")).to_contain_text("accepted")

    page.get_by_role("link", name="Orders").click()
    expect(page.locator(".orders li")).to_have_count(1)
    expect(page.locator(".orders")).to_contain_text("48 rue de Rivoli")
