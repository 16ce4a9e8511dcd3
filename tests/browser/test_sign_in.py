"""Signing in to the page as in AWS: an OpenID server as Cognito is one, and the HTTP API's authorizer."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
import requests
from joserfc.jwk import RSAKey
from playwright.sync_api import Browser, Page, expect
from tests.browser.conftest import BELIEVED, have_an_evening, readers, stack_running
from tests.e2e.test_local_stack import until
from tests.support.browser import Reader
from tests.support.openid import CLIENT_ID, OpenIdServer

from bridge_laptop.local.stack import LocalStack, Options

DISPATCHER = "amel@coop.example"
READER = "noe@coop.example"
USERS = {DISPATCHER: ["dispatchers", "admins"], READER: []}
VIEW = "/console/view/orders"
PARKED_ORDER = "/console/order?connection=acme&id=2001"


@pytest.fixture
def openid() -> Iterator[OpenIdServer]:
    """A pool with a dispatcher, and somebody who only looks."""
    with OpenIdServer(USERS, clock=time.time) as server:
        yield server


@pytest.fixture
def stack(openid: OpenIdServer) -> Iterator[LocalStack]:
    """A stack whose page wants a sign-in, as in AWS, with an evening behind it."""
    settings = BELIEVED | {"SIGN_IN_URL": openid.url, "SIGN_IN_CLIENT_ID": CLIENT_ID}
    options = Options(port=0, console=settings, authorizer=openid.authorizer())
    with ExitStack() as exits:
        stack = exits.enter_context(stack_running(options))
        openid.addresses.add(f"{stack.url}/console")
        have_an_evening(stack)
        yield stack


@pytest.fixture
def reader(openid: OpenIdServer, stack: LocalStack, browser: Browser) -> Iterator[Callable[..., Reader]]:
    """Open windows, which ask the login besides the page."""
    with readers(browser, stack, urlsplit(openid.url).netloc) as make:
        yield make


def sign_in(window: Reader, user: str, path: str = "/console") -> Page:
    """Open the page, which leads to the login, and come back as somebody."""
    page = window.page
    page.goto(f"{window.url}{path}")
    page.get_by_label("Username").fill(user)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector("#view")
    return page


def ask(stack: LocalStack, token: str = "", path: str = VIEW) -> requests.Response:
    """Ask for data, with a token or without."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return requests.get(f"{stack.url}{path}", headers=headers, timeout=10)


def test_a_stranger_gets_the_shell_and_no_data(openid: OpenIdServer, stack: LocalStack) -> None:
    """Markup, script, stylesheet; for anything else a token that this pool signed for this page, in time."""
    foreign = RSAKey.generate_key(2048, auto_kid=True)
    now = int(time.time())
    wrong = {
        "none": "",
        "no token": "a.b.c",
        "signed by another": openid.access_token(DISPATCHER, key=foreign),
        "of another pool": openid.access_token(DISPATCHER, iss="https://idp.example/other"),
        "for another client": openid.access_token(DISPATCHER, client_id="another"),
        "ended": openid.access_token(DISPATCHER, exp=now - 1),
        "of another scope": openid.access_token(DISPATCHER, scope="profile"),
    }

    answers = {name: ask(stack, token).status_code for name, token in wrong.items()}
    shell = requests.get(f"{stack.url}/console", timeout=10)

    assert dict.fromkeys(wrong, 401) == answers
    assert 200 == ask(stack, openid.access_token(DISPATCHER)).status_code
    assert 200 == shell.status_code
    assert not [each for each in ("acme", "#1042", "rivoli") if each in shell.text.lower()]


def test_signing_in_shows_the_orders_and_leaves_no_token_behind(
    openid: OpenIdServer, reader: Callable[..., Reader]
) -> None:
    """The code is exchanged once, with the verifier; the token is in the page's memory and nowhere else."""
    window = reader()
    page = sign_in(window, DISPATCHER, PARKED_ORDER)

    expect(page.get_by_role("heading", level=1)).to_have_text("#2001")  # where one wanted to go
    expect(page.locator(".who")).to_contain_text(DISPATCHER)
    kept = page.evaluate("JSON.stringify([localStorage, sessionStorage, document.cookie, location.href])")
    assert not [each for each in ("code=", "verifier", "eyJ") if each in kept]  # a token begins with eyJ
    assert 1 == openid.counted["authorization_code"]


def test_signing_out_ends_the_session_at_the_login_too(
    openid: OpenIdServer, reader: Callable[..., Reader]
) -> None:
    """Who comes next has to sign in."""
    page = sign_in(reader(), DISPATCHER)

    page.get_by_role("button", name="Sign out").click()

    expect(page.get_by_label("Username")).to_be_visible()
    assert 1 == openid.counted["/logout"]


def test_who_is_no_dispatcher_looks_and_does_nothing(
    openid: OpenIdServer, stack: LocalStack, reader: Callable[..., Reader]
) -> None:
    """The page offers nothing to do, and the function refuses it by the token's own groups."""
    page = sign_in(reader(), READER, PARKED_ORDER)
    expect(page.get_by_role("heading", level=1)).to_have_text("#2001")
    assert 0 == page.get_by_role("button", name="Redrive").count()

    for user, status in ((READER, 403), (DISPATCHER, 200)):
        answer = requests.post(
            f"{stack.url}/console/do/redrive",
            data={"connection": "acme", "id": "2001"},
            headers={"Authorization": f"Bearer {openid.access_token(user)}", "Origin": stack.url},
            timeout=10,
        )
        assert status == answer.status_code, user


def test_a_dispatcher_acts_and_the_orders_story_names_him(reader: Callable[..., Reader]) -> None:
    """Who did it is the token's user, not what a page may claim."""
    page = sign_in(reader(), DISPATCHER, PARKED_ORDER)

    page.get_by_role("button", name="Redrive").click()

    expect(page.locator(".story")).to_contain_text(f"{DISPATCHER} redrove it.")


def test_token_is_renewed_before_it_ends(openid: OpenIdServer, reader: Callable[..., Reader]) -> None:
    """An evening is longer than a token: it is renewed in the background, and nobody signs in again."""
    openid.access_seconds = 6
    page = sign_in(reader(), DISPATCHER)

    assert until(lambda: openid.counted["refresh_token"] >= 2)
    page.get_by_role("link", name="Connections").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("2 shops, all work")
    assert 1 == openid.counted["authorization_code"]


def test_answers_that_nobody_asked_for_are_not_believed(
    openid: OpenIdServer, stack: LocalStack, reader: Callable[..., Reader]
) -> None:
    """A code that another sign-in began (login CSRF) is not exchanged; a refusal of the login is told."""
    page = reader().page
    page.goto(f"{stack.url}/console?code=anothers&state=anothers")
    expect(page.get_by_label("Username")).to_be_visible()
    assert 0 == openid.counted["/oauth2/token"]

    page.get_by_label("Username").fill("stranger@coop.example")
    page.get_by_role("button", name="Sign in").click()

    expect(page.locator("#start")).to_contain_text("access_denied")
    expect(page.get_by_role("button", name="Sign in again")).to_be_visible()


def test_code_is_worth_nothing_without_its_verifier(openid: OpenIdServer, stack: LocalStack) -> None:
    """As Cognito has it: a code that somebody caught on its way gets no token."""
    asked = {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": f"{stack.url}/console",
        "scope": "openid",
        "state": "s",
        "code_challenge": "of-somebody-else",
        "code_challenge_method": "S256",
        "username": DISPATCHER,
    }
    back = requests.post(f"{openid.url}/login", data=asked, timeout=10, allow_redirects=False).headers[
        "Location"
    ]
    code = dict(each.split("=") for each in urlsplit(back).query.split("&"))["code"]

    answer = requests.post(
        f"{openid.url}/oauth2/token",
        data={
            "grant_type": "authorization_code",
            "client_id": CLIENT_ID,
            "code": code,
            "redirect_uri": asked["redirect_uri"],
            "code_verifier": "guessed",
        },
        timeout=10,
    )

    assert (400, "invalid_grant") == (answer.status_code, json.loads(answer.text)["error"])
