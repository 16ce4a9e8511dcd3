"""The script for Google Forms, run by Node with stand-ins for Google's services, against the real source."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests import sending

from bridge import sources
from bridge.connections.parse import parse_connection
from bridge.model import Order
from bridge.sources import Payload, Push, Webhook

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "examples" / "google-forms.gs"
CONNECTION = ROOT / "events" / "webhooks" / "google-forms" / "connection.toml"
SECRET = "s3cret"

NODE = shutil.which("node") or ""

pytestmark = pytest.mark.skipif(not NODE, reason="needs Node.js")

# Google's services, as far as the script uses them. Every method is one of the reference's:
# https://developers.google.com/apps-script/reference/forms/form-response and its neighbours.
STAND_INS = """
const asked = JSON.parse(process.argv[1]);
const calls = { fetched: [], slept: [], triggers: [], deleted: 0 };
const item = (one) => ({ getId: () => one.id, getTitle: () => one.title, getType: () => one.type });
const response = {
  getId: () => '2_ABaOnuf',
  getTimestamp: () => new Date('2026-11-23T08:59:31.214Z'),
  getRespondentEmail: () => asked.email,
  getItemResponses: () => asked.items.filter((one) => 'answer' in one)
    .map((one) => ({ getItem: () => item(one), getResponse: () => one.answer })),
};
const form = {
  getId: () => 'form-1', getTitle: () => 'Commande', getItems: () => asked.items.map(item),
  getResponses: () => asked.responses === 0 ? [] : [{}, response],
};
const FormApp = { getActiveForm: () => form };
const Utilities = { sleep: (milliseconds) => calls.slept.push(milliseconds) };
const PropertiesService = {
  getScriptProperties: () => ({ getProperty: (name) => asked.properties[name] ?? null }),
};
const UrlFetchApp = {
  fetch: (url, options) => {
    const status = asked.statuses[Math.min(calls.fetched.length, asked.statuses.length - 1)];
    calls.fetched.push({ url, ...options });
    if (status === 0) throw new Error('DNS');
    return { getResponseCode: () => status };
  },
};
const ScriptApp = {
  getProjectTriggers: () => ['sendToBridge', 'other'].map((name) => ({ getHandlerFunction: () => name })),
  deleteTrigger: () => { calls.deleted += 1; },
  newTrigger: (name) => ({
    forForm: (of) => ({ onFormSubmit: () => ({ create: () => calls.triggers.push([name, of.getId()]) }) }),
  }),
};
"""
RUN = """
;let error = null;
try { ({ sendToBridge: () => sendToBridge({ response }), sendLatestToBridge, installBridge })[asked.call](); }
catch (thrown) { error = thrown.message; }
console.log(JSON.stringify({ ...calls, error }));
"""
ITEMS = [
    {"id": 1045781291, "title": "Name", "answer": "Camille Moreau"},
    {"id": 839337160, "title": "Adresse complète", "answer": "48 rue de Rivoli, 75004 Paris"},
    {"id": 1591633300, "title": "Pour quel jour ?", "answer": "2026-12-04"},
    {"id": 2092238618, "title": "À quelle heure ?"},
    {"id": 1753222212, "title": "Commande", "answer": ["Pain", "Brioche"]},
]


def run(call: str = "sendToBridge", **changes: object) -> dict[str, Any]:
    """Run a function of the script and return what it did."""
    properties = {"BRIDGE_URL": "https://bridge.example/webhooks/acme", "BRIDGE_SECRET": SECRET}
    asked = {
        "call": call,
        "items": ITEMS,
        "email": "buyer@example.com",
        "statuses": [200],
        "properties": properties,
        **changes,
    }
    code = STAND_INS + SCRIPT.read_text(encoding="utf-8") + RUN
    done = subprocess.run(
        [NODE, "-e", code, "--", json.dumps(asked)], capture_output=True, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_response_becomes_an_order() -> None:
    """What the script posts is let in, known by the response's id, and read with its questions."""
    (post,) = run()["fetched"]
    body = post["payload"].encode()
    headers = {name.lower(): value for name, value in post["headers"].items()}
    push = Push(body, {**headers, "content-type": post["contentType"]}, sending.RECEIVED_AT)
    source = sources.get("google-forms")
    options = parse_connection("acme", CONNECTION.read_text(encoding="utf-8")).options

    source.verify(push, [SECRET], options)
    webhook = source.identify(push, options)
    order = sending.read_order("google-forms", Payload(body, "submission", push.received_at), options)

    assert ("post", True) == (post["method"], post["muteHttpExceptions"])
    assert "https://bridge.example/webhooks/acme" == post["url"]
    assert isinstance(webhook, Webhook)
    assert "2_ABaOnuf" == webhook.order_id
    assert isinstance(order, Order)
    assert ("48 rue de Rivoli", "75004", "Paris") == (
        order.address.line1,
        order.address.postcode,
        order.address.city,
    )
    assert ["Pain", "Brioche"] == [item.title for item in order.items]
    assert order.wish is not None
    assert ("2026-12-04", "") == (order.wish.date, order.wish.time)


def test_the_latest_response_can_be_sent_again() -> None:
    """The same response makes the same body: a repeat is dropped by the bridge."""
    first, again = run(), run("sendLatestToBridge")

    assert first["fetched"] == again["fetched"]
    assert "This form has no response yet." == run("sendLatestToBridge", responses=0)["error"]


@pytest.mark.parametrize(
    ("statuses", "tries", "error"),
    [
        ([200], 1, None),
        ([500, 502, 200], 3, None),
        ([0, 200], 2, None),
        ([429, 200], 2, None),
        ([503], 4, "CoopCycle Bridge answered 503."),
        ([0], 4, "CoopCycle Bridge was not reached."),
        ([401], 1, "CoopCycle Bridge answered 401."),
        ([404], 1, "CoopCycle Bridge answered 404."),
    ],
)
def test_it_tries_again_while_that_may_help(statuses: list[int], tries: int, error: str | None) -> None:
    """An outage is waited for, a refusal is not; what fails for good fails loudly, so that Google writes."""
    done = run(statuses=statuses)

    assert (tries, error) == (len(done["fetched"]), error)
    assert error == done["error"]
    assert [0, 2000, 10000, 30000][:tries] == done["slept"]


def test_it_says_what_is_not_set() -> None:
    """Without address or secret nothing is sent."""
    done = run(properties={"BRIDGE_URL": "https://bridge.example/webhooks/acme"})

    assert [] == done["fetched"]
    assert done["error"].startswith("Set BRIDGE_URL and BRIDGE_SECRET")


def test_installing_twice_leaves_one_trigger() -> None:
    """The trigger of an earlier time goes, others stay."""
    done = run("installBridge")

    assert (1, [["sendToBridge", "form-1"]]) == (done["deleted"], done["triggers"])
