"""What the instance sends, held against what a real one sent (recordings/outgoing_webhooks.json)."""

import base64
import hashlib
import hmac
import itertools
import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bridge_laptop.sandbox.instance.outgoing_webhooks import encode, sign
from bridge_laptop.sandbox.seed import load_seed

RECORDED = json.loads(
    (Path(__file__).parent / "recordings" / "outgoing_webhooks.json").read_text(encoding="utf-8")
)
OF_THE_CONNECTION = {"Host", "Content-Length", "X-CoopCycle-Signature"}


class Receiver:
    """A subscriber that keeps what it is sent, and looks at the delivery while it is called.

    `answers` are the statuses of the first calls of a path; a `threading.Event` among them is waited for
    first. All others are answered with 200.
    """

    def __init__(self):
        self.received = queue.Queue()
        self.log = []
        self.answers = {}
        self.api = None
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                receiver.log.append(f"{self.path} called")
                body = self.rfile.read(int(self.headers["Content-Length"]))
                seen = receiver.api and receiver.look(json.loads(body)["data"]["object"])
                answers = receiver.answers.get(self.path)
                answer = answers.pop(0) if answers else 200
                if isinstance(answer, threading.Event):
                    assert answer.wait(30)
                    answer = 200
                receiver.log.append(f"{self.path} answered")
                # Before the answer, after which the next may be called at once.
                receiver.received.put((self.path, body, dict(self.headers), seen))
                self.send_response(answer)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def look(self, iri):
        """Read a delivery at the instance, as a subscriber does."""
        return {task["type"]: task["status"] for task in self.api.get(iri).json()["tasks"]}

    def next(self):
        """Return the next message: path, body, headers, and the delivery's statuses at that moment."""
        return self.received.get(timeout=10)

    def close(self):
        """Stop receiving."""
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def receiver():
    """Run a receiver for one test."""
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def eager(sandbox_with):
    """Return an instance whose pauses are none."""
    count = len(load_seed().instance.webhook_pauses_seconds)
    return sandbox_with(instance={"webhook_pauses_seconds": [0] * count})


def timeline(name):
    """Return the steps of a recording: what was done, and what came."""
    return RECORDED[name]["timeline"]


def subscribe(api, receiver, name):
    """Register what was registered in a recording; return the secrets by path."""
    return {
        path: api.post(
            "/api/webhooks", {"event": path.rpartition("/")[2], "url": receiver.url + path}
        ).json()["secret"]
        for path in RECORDED[name]["secrets"]
    }


def act(api, did):
    """Do what a dispatcher or a courier did in a recording."""
    who, method, path = did.split()
    bodies = {
        "assign": {"username": "sarah"},
        "reschedule": {"after": "2026-12-16T09:00:00Z", "before": "2026-12-16T11:00:00Z"},
    }
    answer = api.send(
        method, path, bodies.get(path.rpartition("/")[2]), headers={"Authorization": f"Bearer {who}"}
    )
    assert answer.status_code == 200, answer.text


def test_every_event_as_it_was_sent(sandbox, acme, receiver):
    """Bodies byte for byte, headers, signatures, order, and what a GET shows meanwhile are the recorded ones.

    Nothing is sent for a second assignment of the same, a task that was never started, a rescheduling and a
    cancellation.
    """
    receiver.api = acme
    secrets = subscribe(acme, receiver, "all six")
    acme.create(), acme.create()

    for step in timeline("all six"):
        if "did" in step:
            act(acme, step["did"])
            continue
        path, body, headers, seen = receiver.next()
        assert (step["path"], step["body"].encode(), step["delivery_seen"]) == (path, body, seen)
        assert {name: value for name, value in headers.items() if name not in OF_THE_CONNECTION} == {
            name: value for name, value in step["headers"].items() if name not in OF_THE_CONNECTION
        }
        expected = base64.b64encode(hmac.new(secrets[path].encode(), body, hashlib.sha256).digest()).decode()
        assert expected == headers["X-CoopCycle-Signature"]

    sandbox.courier(acme.create()["@id"], "assign")
    assert b"deliveries\\/3" in receiver.next()[1], "what comes next is of the next act"


@pytest.mark.parametrize(
    ("name", "answers"),
    [
        ("the first of two answers 500 once", [500]),
        ("the first of two always answers 500", [500] * 20),
    ],
)
def test_failing_receiver(eager, receiver, name, answers):
    """The first is called again and again; the second gets nothing as long as the first fails."""
    api = eager.api()
    subscribe(api, receiver, name)
    receiver.answers = {"/a/delivery.assigned": answers}
    api.create(), api.create()

    for step in timeline(name):
        if "did" in step:
            act(api, step["did"])
    came = [step["path"] for step in timeline(name) if "path" in step]

    assert came == [receiver.next()[0] for _ in came]
    del receiver.answers["/a/delivery.assigned"]
    eager.courier("/api/deliveries/2", "assign")
    assert b"deliveries\\/2" in receiver.next()[1], "nothing of the first event comes any more"


def test_pauses_are_those_that_were_recorded():
    """Two rounds of four tries, as far apart as they came, to a fifth of a second."""
    times = [step["s"] for step in timeline("the first of two always answers 500") if "path" in step]
    pauses = [later - earlier for earlier, later in itertools.pairwise(times)]

    assert pauses == pytest.approx(load_seed().instance.webhook_pauses_seconds, abs=0.1)


def test_hanging_receiver_is_waited_for(eager, receiver):
    """Neither the second receiver nor another delivery's event passes one that has not answered yet."""
    api = eager.api()
    released = threading.Event()
    subscribe(api, receiver, "the first of two hangs for 12 s once")
    receiver.answers = {"/a/delivery.assigned": [released]}
    first, second = api.create(), api.create()

    eager.courier(first["@id"], "assign")
    eager.courier(second["@id"], "assign")
    released.set()
    messages = [receiver.next() for _ in range(4)]

    a, b = "/a/delivery.assigned", "/b/delivery.assigned"
    assert [a, b, a, b] == [message[0] for message in messages]
    assert receiver.log == [f"{path} {what}" for path in (a, b, a, b) for what in ("called", "answered")]


@pytest.mark.parametrize(
    ("object_iri", "event", "signature"),
    [
        ("/api/deliveries/1", "delivery.picked", "S9LMKpq4VBDEGm5umbQx/q4SQMnpX/Wz/719dBBZ3rI="),
        ("/api/orders/1", "order.created", "8vf8W/TwEtIxWAWNHz8VIFwSTBNSiuk8GhTXbMsGWnc="),
    ],
)
def test_known_signatures(object_iri, event, signature):
    """The signatures of CoopCycle's own WebhookHandlerTest come out, and those that were recorded."""
    assert signature == sign(encode(object_iri, event), "123456")
    for recording in RECORDED.values():
        for step in recording["timeline"]:
            if "path" in step:
                sent = step["headers"]["X-CoopCycle-Signature"]
                assert sent == sign(step["body"].encode(), recording["secrets"][step["path"]])


@pytest.mark.parametrize(
    ("do", "event"),
    [
        ("assign", "delivery.assigned"),
        ("start", "delivery.started"),
        ("pick", "delivery.picked"),
        ("transit", "delivery.in_transit"),
        ("drop", "delivery.completed"),
        ("fail", "delivery.failed"),
    ],
)
def test_control_sends_what_the_routes_send(acme, sandbox, receiver, do, event):
    """An act of the sandbox's control sends its event."""
    acme.post("/api/webhooks", {"event": event, "url": receiver.url})

    sandbox.courier(acme.create()["@id"], do)

    assert json.loads(receiver.next()[1])["data"] == {"object": "/api/deliveries/1", "event": event}


def test_other_stores_and_other_events_are_not_told(acme, sandbox, receiver):
    """Nobody is told of another store's delivery, or of an event he did not ask for."""
    for event in ("delivery.picked", "delivery.failed"):
        acme.post("/api/webhooks", {"event": event, "url": receiver.url})
    foreign, own = sandbox.api("acme2").create(), acme.create()

    sandbox.courier(foreign["@id"], "pick")
    sandbox.courier(own["@id"], "transit")
    sandbox.courier(own["@id"], "pick")

    assert own["@id"].replace("/", "\\/").encode() in receiver.next()[1], "the only one that is told"
    assert receiver.received.empty()


def test_secret_is_shown_once(acme):
    """The secret is in the first answer only: 32 bytes, in base64."""
    made = acme.post("/api/webhooks", {"event": "delivery.picked", "url": "https://example.com"}).json()

    assert len(base64.b64decode(made.pop("secret"))) == 32
    assert made == acme.get(made["@id"]).json()
