"""A shop's page with a form, on an origin of its own: what its visitors see in a real browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from tests.browser.conftest import stack_running
from tests.e2e.test_local_stack import until
from tests.support.browser import Reader
from werkzeug.wrappers import Request, Response

from bridge.aws.connections import WEBHOOK_SECRET
from bridge.runtime import utc_now
from bridge_laptop.http_server import Server
from bridge_laptop.local import sample
from bridge_laptop.local.stack import LocalStack, Options
from bridge_laptop.sandbox.client import SandboxClient
from bridge_laptop.secrets import local_defaults

CONNECTION = Path(__file__).parents[2] / "events" / "webhooks" / "form" / "connection.toml"
PAGE = """<!doctype html><html lang="fr"><meta charset="utf-8"><title>Bloom</title>
<form method="post" action="{action}">
  <input name="order_id" value="{order}"><input name="name" value="Camille Moreau">
  <input name="address" value="48 rue de Rivoli, 75004 Paris"><input name="phone" value="06 12 34 56 78">
  <input name="email" value="buyer@example.com"><input name="date" value="{day}">
  <input name="time" value="14:00 - 16:00"><button>Commander</button>
</form><p id="told"></p>
<script>
async function order() {{
  const told = document.getElementById("told");
  try {{
    const answer = await fetch("{action}", {{
      method: "POST", headers: {{"content-type": "application/json"}},
      body: JSON.stringify(Object.fromEntries(new FormData(document.forms[0]))),
    }});
    told.textContent = (await answer.json()).outcome;
  }} catch (error) {{ told.textContent = error.name; }}
}}
</script>"""


class Shop:
    """The pages of one shop."""

    def __init__(self) -> None:
        self.server = Server(self._answer)
        self.action = ""

    @Request.application
    def _answer(self, request: Request) -> Response:
        if request.path == "/merci":
            return Response("<title>Merci</title><h1>Bloom vous remercie</h1>", mimetype="text/html")
        day = (utc_now() + timedelta(days=10)).date().isoformat()
        order = request.args.get("order", "")
        return Response(PAGE.format(action=self.action, order=order, day=day), mimetype="text/html")


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A shop whose page is on an origin of its own."""
    found = Shop()
    with found.server:
        yield found


def connected(shop: Shop, folder: Path, exits: ExitStack, **sender: str) -> LocalStack:
    """Run a stack with the form's connection, and let the shop's page post to it."""
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in sender.items())
    text = CONNECTION.read_text(encoding="utf-8").replace("[sender]\n", "[sender]\n" + lines)
    (folder / "form.toml").write_text(text, encoding="utf-8")
    stack = exits.enter_context(stack_running(Options(port=0, connections=folder)))
    shop.action = f"{stack.url}/webhooks/form/{local_defaults('form')[WEBHOOK_SECRET]}"
    return stack


def visitor(browser: Browser, shop: Shop, exits: ExitStack, **options: object) -> Reader:
    """Open a window of a visitor, who reads French."""
    found = Reader(browser, shop.server.url, locale="fr-FR", **options)
    exits.callback(found.close)
    return found


@pytest.mark.parametrize("own_page", [False, True], ids=["our page", "the shop's page"])
def test_visitor_sends_the_form(shop: Shop, browser: Browser, tmp_path: Path, own_page: bool) -> None:
    """He is thanked in his language or by the shop; going back and sending again orders nothing twice."""
    with ExitStack() as exits:
        named = {"thank_you_url": f"{shop.server.url}/merci"} if own_page else {}
        stack = connected(shop, tmp_path, exits, **named)
        page = visitor(browser, shop, exits).page
        thanked = "Bloom vous remercie" if own_page else "Merci, votre commande est arrivée"

        page.goto(f"{shop.server.url}/?order=7")
        for name in ("Camille Moreau", "Camille Moreau", "Camille M."):  # sent, again, and changed
            page.locator("[name=name]").fill(name)
            page.get_by_role("button").click()
            expect(page.get_by_role("heading", level=1)).to_have_text(thanked)
            page.go_back()

        assert until(lambda: "Camille M." in getattr(sample.wait_for(stack, "form", "7"), "sent", ""))
        assert 1 == SandboxClient(stack.coopcycle_url).stats()["created"]


def test_refused_visitor_reads_what_to_do(shop: Shop, browser: Browser, tmp_path: Path) -> None:
    """The page stands in his language, with its style, and its policy blocks nothing of it."""
    with ExitStack() as exits:
        connected(shop, tmp_path, exits)
        shop.action += "guessed"
        reader = visitor(browser, shop, exits)

        reader.page.goto(shop.server.url)
        reader.page.get_by_role("button").click()

        expect(reader.page.get_by_role("heading", level=1)).to_have_text(
            "Votre commande n’a pas pu être envoyée"
        )
        assert "544px" == reader.page.evaluate("getComputedStyle(document.body).maxWidth")
        assert not [complaint for complaint in reader.complaints if "401" not in complaint]


@pytest.mark.parametrize(("is_named", "told"), [(True, "accepted"), (False, "TypeError")])
def test_script_of_the_shops_page(
    shop: Shop, browser: Browser, tmp_path: Path, is_named: bool, told: str
) -> None:
    """It may send JSON and read the answer where the connection names its origin; else nothing is sent."""
    with ExitStack() as exits:
        origins = shop.server.url if is_named else "https://another.example"
        stack = connected(shop, tmp_path, exits, origins=origins)
        page = visitor(browser, shop, exits).page

        page.goto(f"{shop.server.url}/?order=8")
        page.evaluate("order()")
        expect(page.locator("#told")).to_have_text(told)

        if is_named:
            assert sample.wait_for(stack, "form", "8") is not None
        assert is_named == SandboxClient(stack.coopcycle_url).stats()["created"]
