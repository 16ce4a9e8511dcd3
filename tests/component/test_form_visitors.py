"""What somebody sees who sends a form with a browser, and which pages' scripts may read our answer."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.component.conftest import Bridge, Sandbox
from tests.component.test_forms import SANDBOX_CLIENT, body_of

from bridge.aws.connections import WEBHOOK_SECRET
from bridge_laptop.lambda_events import http_event
from bridge_laptop.secrets import local_defaults

SAMPLES = Path(__file__).parents[2] / "events" / "webhooks"
JOTFORM = (SAMPLES / "jotform" / "connection.toml").read_text(encoding="utf-8")
# What Chromium sends when a form is posted, and when a script fetches.
NAVIGATES = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "origin": "null"}
BLOOM = "https://bloom.example"
FETCHES = {"accept": "*/*", "origin": BLOOM}
SHOP = '{ company = "Fleurs & <Cie>", address = "12 rue des Fleurs, 75006 Paris", phone = "+33142345678" }'
THANKED = {"en": "Thank you", "fr": "Merci", "es": "Gracias"}


def connect(bridge: Bridge, sandbox: Sandbox, shop: str = "", **sender: str) -> None:
    """Put a connection in force whose ``[sender]`` has these settings too."""
    text = (SAMPLES / "form" / "connection.toml").read_text(encoding="utf-8")
    text = text.replace("https://acme.coopcycle.org", sandbox.url)
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in sender.items())
    bridge.connect("form", shop + text.replace("[sender]\n", "[sender]\n" + lines), **SANDBOX_CLIENT)


def visit(
    bridge: Bridge,
    headers: Mapping[str, str],
    *,
    body: bytes | None = None,
    secret: str = "",
    method: str = "POST",
    name: str = "form",
) -> dict[str, Any]:
    """Send a form as a browser does; by default one that is right."""
    secret = secret or local_defaults(name)[WEBHOOK_SECRET]
    event = http_event(
        method=method,
        path=f"/webhooks/{name}/{secret}",
        route="/webhooks/{connection_id}/{secret}",
        path_parameters={"connection_id": name, "secret": secret},
        headers={"content-type": "application/x-www-form-urlencoded", **headers},
        body=body_of("form", "html-form.urlencoded") if body is None else body,
    )
    return bridge.receive(event)


@pytest.mark.parametrize(
    ("asks_for", "language"),
    [("fr-BE,fr;q=0.9,en;q=0.5", "fr"), ("es", "es"), ("de,en;q=0.5", "en"), ("de", "en"), ("", "en")],
)
def test_visitor_is_thanked_in_his_language(
    bridge: Bridge, sandbox: Sandbox, asks_for: str, language: str
) -> None:
    """A page, no JSON, and nothing on it of what was sent."""
    connect(bridge, sandbox)

    answer = visit(bridge, {**NAVIGATES, "accept-language": asks_for})

    assert (200, "text/html; charset=utf-8") == (answer["statusCode"], answer["headers"]["content-type"])
    assert language == answer["headers"]["content-language"]
    assert f'<html lang="{language}">' in answer["body"]
    assert f"<h1>{THANKED[language]}" in answer["body"]
    assert "Camille" not in answer["body"]
    assert 1 == len(bridge.receive_messages())


def test_page_may_do_nothing_but_be_read(bridge: Bridge, sandbox: Sandbox) -> None:
    """Its policy allows its own style alone; nothing keeps it, no site learns our address."""
    connect(bridge, sandbox)

    answer = visit(bridge, NAVIGATES)

    (style,) = re.findall("<style>(.*)</style>", answer["body"])
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = answer["headers"]["content-security-policy"]
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "<script" not in answer["body"]
    assert ("no-store", "no-referrer") == (
        answer["headers"]["cache-control"],
        answer["headers"]["referrer-policy"],
    )


def test_visitor_goes_on_to_the_page_of_the_shop(bridge: Bridge, sandbox: Sandbox) -> None:
    """303, so that his browser asks for it by GET and does not send the form again."""
    connect(bridge, sandbox, thank_you_url=f"{BLOOM}/merci")

    answer = visit(bridge, NAVIGATES)

    assert (303, f"{BLOOM}/merci", "") == (
        answer["statusCode"],
        answer["headers"]["location"],
        answer["body"],
    )
    assert [] == bridge.work()
    assert 1 == sandbox.stats()["created"]


def test_page_is_the_shops(bridge: Bridge, sandbox: Sandbox) -> None:
    """Its name and address stand above, escaped; who is refused can call it."""
    connect(bridge, sandbox, shop=f"pickup = {SHOP}\n")
    place = "<p><b>Fleurs &amp; &lt;Cie&gt;</b>, 12 rue des Fleurs, 75006 Paris</p>"
    call = '<a href="tel:+33142345678">+33142345678</a>'

    thanked, refused = visit(bridge, NAVIGATES)["body"], visit(bridge, NAVIGATES, body=b"")["body"]

    assert (True, False) == (place in thanked, call in thanked)
    assert (True, True) == (place in refused, call in refused)


def test_robot_is_thanked_too(bridge: Bridge, sandbox: Sandbox) -> None:
    """It does not learn which field gave it away."""
    connect(bridge, sandbox)
    robots = body_of("form", "html-form-robot.urlencoded")

    assert visit(bridge, NAVIGATES)["body"] == visit(bridge, NAVIGATES, body=robots)["body"]


@dataclass(frozen=True)
class Refused:
    """A form that is refused, and what its sender reads."""

    status: int
    sentence: str
    body: bytes | None = None
    secret: str = ""


INCOMPRESSIBLE = b"note=" + Random(1).randbytes(2_500_000).hex().encode()
REFUSED = {
    "another secret": Refused(401, "Please tell the shop: its form has to be mended", secret="guessed"),
    "empty": Refused(400, "Go back and send it again", body=b""),
    "too large": Refused(
        413, "take out what is long", body=b"note=" + Random(1).randbytes(2_500_000).hex().encode()
    ),
}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("error_url", ["", f"{BLOOM}/sorry?form=2#top"])
def test_visitor_whose_form_is_refused(bridge: Bridge, sandbox: Sandbox, case: str, error_url: str) -> None:
    """Nothing is queued, and he learns what to do: on a page, or on the shop's with the reason's code."""
    connect(bridge, sandbox, **({"error_url": error_url} if error_url else {}))
    refused = REFUSED[case]

    told = json.loads(visit(bridge, FETCHES, body=refused.body, secret=refused.secret)["body"])
    answer = visit(bridge, NAVIGATES, body=refused.body, secret=refused.secret)

    assert "rejected" == told["outcome"]
    if error_url:
        assert (303, f"{BLOOM}/sorry?form=2&error={told['error']}#top") == (
            answer["statusCode"],
            answer["headers"]["location"],
        )
    else:
        assert refused.status == answer["statusCode"]
        assert refused.sentence in answer["body"]
        assert told["error"] in answer["body"]
    assert [] == bridge.receive_messages()


@pytest.mark.parametrize("origin", [BLOOM, "https://other.example"])
def test_script_of_a_named_page_may_send_and_read(bridge: Bridge, sandbox: Sandbox, origin: str) -> None:
    """It reads the JSON that everybody gets; the frames of its origin may show our page."""
    connect(bridge, sandbox, origins=f"{origin}, https://shop.example:8443")

    asked = visit(bridge, {**FETCHES, "origin": origin}, method="OPTIONS", body=b"")
    sent = visit(bridge, {**FETCHES, "origin": origin})
    shown = visit(bridge, {**NAVIGATES, "origin": origin})

    assert (204, origin) == (asked["statusCode"], asked["headers"]["access-control-allow-origin"])
    assert "content-type" in asked["headers"]["access-control-allow-headers"]
    assert origin == sent["headers"]["access-control-allow-origin"]
    assert "accepted" == json.loads(sent["body"])["outcome"]
    assert (
        f"frame-ancestors {origin} https://shop.example:8443" in shown["headers"]["content-security-policy"]
    )


@pytest.mark.parametrize("origin", ["https://stranger.example", f"{BLOOM}.stranger.example", "null"])
def test_script_of_another_page_reads_nothing(bridge: Bridge, sandbox: Sandbox, origin: str) -> None:
    """No header that names it, and none that names anybody else or all."""
    connect(bridge, sandbox, origins=BLOOM)

    for method, body in (("OPTIONS", b""), ("POST", None)):
        answer = visit(bridge, {**FETCHES, "origin": origin}, method=method, body=body)

        assert not [name for name in answer["headers"] if name.startswith("access-control-")]
        assert "Origin" in answer["headers"]["vary"]


def test_nobody_else_is_taken_for_a_person(bridge: Bridge, sandbox: Sandbox) -> None:
    """A service that asks for HTML and names an origin gets the JSON of old."""
    bridge.connect("jotform", JOTFORM.replace("https://acme.coopcycle.org", sandbox.url), **SANDBOX_CLIENT)

    answer = visit(bridge, {**NAVIGATES, "origin": BLOOM}, name="jotform", body=b"{}")
    unknown = visit(bridge, {**NAVIGATES, "origin": BLOOM}, name="nobody", body=b"{}")

    for each in (answer, unknown):
        assert "application/json" == each["headers"]["content-type"]
        assert not [name for name in each["headers"] if name.startswith("access-control-")]
