"""The page as in AWS, without the authorizer that stands before it there: what the function refuses."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from html import unescape
from typing import Any
from urllib.parse import urlencode

import boto3
import pytest
from tests.component.conftest import Bridge
from tests.support.order_records import handle, key, the_record, unmappable

from bridge.console.desk import Desk
from bridge.console.live import LiveCoopCycle
from bridge.console.routes import Console, SignIn
from bridge.operator.deployment import on_this_machine
from bridge.runtime import utc_now
from bridge_laptop.lambda_events import http_event

Order = Callable[..., bytes]

LOGIN = "https://login.example"
PAGE = "https://page.example"
VIEWS = (
    *("orders", "follow", "order", "progress", "replay", "parked"),
    *("redrive", "connections", "pictures", "health", "try"),
)
DEEDS = ("redrive", "redrive-all", "replay", "discard", "close")
DISPATCHER = {"username": "amel@coop.example", "cognito:groups": "[dispatchers]"}


@pytest.fixture
def console(bridge: Bridge) -> Console:
    """The page over the bridge's table and queues, whose users sign in."""
    deployment = on_this_machine(
        "dev", boto3.client, bridge.names, webhook_url="https://api.example/webhooks/"
    )
    return Console(
        Desk(deployment, utc_now),
        LiveCoopCycle(deployment, utc_now, believed_seconds=15),
        SignIn(LOGIN, "client"),
        clock=utc_now,
    )


def ask(
    console: Console,
    method: str,
    path: str,
    claims: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    **headers: str,
) -> dict[str, Any]:
    """Hand a request to the function, with what the authorizer found in a token; header names with "_"."""
    path, _, query = path.partition("?")
    event = http_event(
        method=method,
        path=path,
        route="/console/{proxy+}",
        path_parameters={"proxy": path.removeprefix("/console/")},
        headers={
            "host": PAGE.removeprefix("https://"),
            "content-type": "application/x-www-form-urlencoded",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        },
        body=urlencode(form or {}).encode(),
        query=query,
    )
    if claims is not None:
        event["requestContext"]["authorizer"] = {"jwt": {"claims": dict(claims), "scopes": None}}
    return console.handle(event)


def text(answer: Mapping[str, Any]) -> str:
    """Return what an answer says."""
    return base64.b64decode(answer["body"]).decode()


@pytest.fixture
def parked(bridge: Bridge, order: Order) -> dict[str, str]:
    """Park an order; returns the form that names it."""
    body = unmappable(order)
    handle(bridge, body)
    assert the_record(bridge, key(body)).parked
    return {"connection": "acme", "id": key(body), "reason": "unmappable_order"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("GET", f"/console/view/{view}") for view in VIEWS),
        *(("POST", f"/console/do/{deed}") for deed in DEEDS),
    ],
)
def test_what_the_authorizer_let_through_is_asked_once_more(
    console: Console, parked: dict[str, str], method: str, path: str
) -> None:
    """A path that API Gateway takes for one of a file, and hands over decoded, has no token: 401."""
    answer = ask(console, method, f"{path}?{urlencode(parked)}", form=parked, origin=PAGE)

    assert (401, "sign in first") == (answer["statusCode"], text(answer))


@pytest.mark.parametrize(
    "path",
    [
        "/console//view/orders",
        "/console/view/orders/",
        "/console/view/../view/orders",
        "/console/VIEW/orders",
    ],
)
def test_no_other_spelling_shows_data(console: Console, parked: dict[str, str], path: str) -> None:
    """Whatever is no view is the shell, which holds nothing of an order."""
    said = text(ask(console, "GET", f"/console{path}"))

    assert "acme" not in said
    assert parked["id"] not in said


@pytest.mark.parametrize(
    "name", ["../routes.py", "..%2froutes.py", "../templates/shell.html", "/etc/passwd", "", ".", "app.js/"]
)
def test_files_are_those_of_the_page_alone(console: Console, name: str) -> None:
    """A path leads to no other file."""
    assert 404 == ask(console, "GET", f"/console/static/{name}")["statusCode"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": f"{PAGE}.evil.example"},
        {"origin": PAGE, "sec_fetch_site": "cross-site"},
        {"origin": PAGE, "sec_fetch_site": "same-site"},
    ],
    ids=str,
)
def test_a_page_of_another_origin_changes_nothing(
    bridge: Bridge, console: Console, parked: dict[str, str], headers: dict[str, str]
) -> None:
    """Even with a dispatcher's token (CSRF): what does something comes from the page itself."""
    answers = [ask(console, "POST", f"/console/do/{deed}", DISPATCHER, parked, **headers) for deed in DEEDS]

    assert [403] * len(DEEDS) == [answer["statusCode"] for answer in answers]
    assert the_record(bridge, parked["id"]).parked
    assert [] == bridge.receive_messages()


@pytest.mark.parametrize("groups", ["", "[]", "[readers]", "[nodispatchers]", "[dispatchers2]"])
def test_who_is_not_in_the_group_does_nothing(
    bridge: Bridge, console: Console, parked: dict[str, str], groups: str
) -> None:
    """Signed in, on the page itself, but no dispatcher."""
    claims = DISPATCHER | {"cognito:groups": groups}
    answers = [ask(console, "POST", f"/console/do/{deed}", claims, parked, origin=PAGE) for deed in DEEDS]

    assert [403] * len(DEEDS) == [answer["statusCode"] for answer in answers]
    assert the_record(bridge, parked["id"]).parked


@pytest.mark.parametrize("deed", DEEDS)
def test_a_link_does_nothing(bridge: Bridge, console: Console, parked: dict[str, str], deed: str) -> None:
    """What changes something is never a GET."""
    answer = ask(console, "GET", f"/console/do/{deed}?{urlencode(parked)}", DISPATCHER, origin=PAGE)

    assert answer["statusCode"] in (403, 404)
    assert the_record(bridge, parked["id"]).parked


def test_a_dispatcher_on_the_page_itself_is_let_through(
    bridge: Bridge, console: Console, parked: dict[str, str]
) -> None:
    """The refusals above are refusals of what they say."""
    headers = {"origin": PAGE, "sec_fetch_site": "same-origin"}

    assert 200 == ask(console, "POST", "/console/do/discard", DISPATCHER, parked, **headers)["statusCode"]
    assert not the_record(bridge, parked["id"]).parked


@pytest.mark.parametrize(
    ("path", "claims", "status"),
    [
        ("/console", None, 200),
        ("/console/view/orders", DISPATCHER, 200),
        ("/console/view/orders", None, 401),
        ("/console/view/nothing", DISPATCHER, 404),
        ("/console/do/redrive", DISPATCHER, 403),
    ],
)
def test_every_answer_is_in_nobodys_frame_and_nobodys_cache(
    console: Console, path: str, claims: dict[str, str] | None, status: int
) -> None:
    """Click-jacking, foreign code and shared caches: the headers against them stand on every answer."""
    answer = ask(console, "POST" if "/do/" in path else "GET", path, claims)
    headers = answer["headers"]

    assert status == answer["statusCode"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "default-src 'none'" in headers["content-security-policy"]
    assert f"connect-src 'self' {LOGIN};" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert ("DENY", "nosniff", "no-referrer") == tuple(
        headers[name] for name in ("x-frame-options", "x-content-type-options", "referrer-policy")
    )
    assert "no-store" == headers["cache-control"]
    assert not [name for name in headers if name.startswith("access-control-") or name == "set-cookie"]


MARKUP = "<img src=x onerror=alert(1)>"


def test_what_a_stranger_wrote_is_text_on_the_page(bridge: Bridge, console: Console, order: Order) -> None:
    """Markup in a name or an address is shown as it was written, and runs nowhere."""
    address = json.loads(order())["shipping_address"]
    address |= {"first_name": MARKUP, "last_name": "\"'>", "address1": f"1 rue {MARKUP}"}
    body = order(name=f"#1042{MARKUP}", note=MARKUP, shipping_address=address)
    assert [] == handle(bridge, body)

    for view in ("orders", f"order?connection=acme&id={key(body)}", "pictures"):
        said = text(ask(console, "GET", f"/console/view/{view}", DISPATCHER))
        assert "<img src=x" not in said, view
        assert view == "pictures" or MARKUP in unescape(said), view
