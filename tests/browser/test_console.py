"""The page in a real browser against the running local stack: what a dispatcher does, step by step."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import expect
from tests.browser.conftest import without_address
from tests.e2e.test_local_stack import order, push
from tests.support.browser import Reader

from bridge.runtime import utc_now
from bridge_laptop.local.stack import LocalStack
from bridge_laptop.sandbox.client import SandboxClient

PARKED_ORDER = "/console/order?connection=acme&id=2001"


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
        with watching.expect_response("**/console/local/courier"):
            watching.get_by_role("button", name=act, exact=True).click()
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
    page = reader().open(PARKED_ORDER)

    page.get_by_role("button", name="Redrive").click()

    expect(page.locator(".story li")).to_have_count(3)
    expect(page.locator(".story")).to_contain_text("Somebody at this machine redrove it.")


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


def test_form_is_filled_in_on_the_page(reader: Callable[..., Reader]) -> None:
    """The local page connects a form, and what is sent with it becomes an order."""
    window = reader()
    page = window.open("/console/try")
    page.get_by_role("button", name="Connect a form").click()
    with window.context.expect_page() as answered:
        page.get_by_role("button", name="Send the form").click()
    expect(answered.value.get_by_role("heading")).to_have_text("Thank you, your order has arrived")

    page.get_by_role("link", name="Orders").click()
    expect(page.locator(".orders li")).to_have_count(1)
    expect(page.locator(".orders")).to_contain_text("48 rue de Rivoli")


def test_title_and_counts_follow_the_rows(reader: Callable[..., Reader], stack: LocalStack) -> None:
    """The title is the answer: it never says that nobody is needed above a row that needs somebody."""
    push(stack, order(1042), "w1042")
    page = reader().open()
    row = page.locator(".orders li", has=page.get_by_role("link", name="#1042"))
    expect(row).to_contain_text("Delivery created")
    expect(page.locator("#head")).to_contain_text("none needs you")
    page.locator("#counts a").first.focus()

    changed = json.loads(without_address(1042)) | {
        "updated_at": (utc_now() + timedelta(seconds=9)).isoformat()
    }
    push(stack, json.dumps(changed).encode(), "w1042b", topic="orders/updated")

    expect(row).to_contain_text("Parked")
    expect(page.locator("#head")).to_contain_text("1 needs you")
    expect(page.locator("#counts")).to_contain_text("Parked 1")
