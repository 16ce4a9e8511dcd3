"""CoopCycle's own webhooks: subscribing (webhooks.feature), and what a courier's acts send out."""

import base64
import hashlib
import hmac
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bridge_laptop.sandbox.instance.outgoing_webhooks import encode, sign

URL = "https://example.com/webhook"


class Receiver:
    """A subscriber that keeps what it is sent, and answers with the statuses it was given, then 200."""

    def __init__(self, *statuses):
        self.received = queue.Queue()
        answers = list(statuses)
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(answers.pop(0) if answers else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()
                receiver.received.put((self.path, body, dict(self.headers)))

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def next(self):
        """Return the next message: path, body, headers."""
        return self.received.get(timeout=10)

    def close(self):
        """Stop receiving."""
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def receiver(request):
    """Run a receiver for one test."""
    made = Receiver(*getattr(request, "param", ()))
    yield made
    made.close()


def subscribe(api, event, url=URL):
    """Subscribe to an event; return what was answered."""
    answer = api.post("/api/webhooks", {"event": event, "url": url})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_subscription_shows_its_secret_once(acme):
    """Upstream: Create webhook, Retrieve webhook; the secret is in the first answer only."""
    made = subscribe(acme, "delivery.completed")
    read = acme.get("/api/webhooks/1")

    secret = made.pop("secret")
    assert len(base64.b64decode(secret)) == 32
    assert made == {
        "@context": "/api/contexts/Webhook",
        "@id": "/api/webhooks/1",
        "@type": "Webhook",
        "url": URL,
        "event": "delivery.completed",
    }
    assert (200, made) == (read.status_code, read.json())


@pytest.mark.parametrize(
    ("object_iri", "event", "signature"),
    [
        ("/api/deliveries/1", "delivery.picked", "S9LMKpq4VBDEGm5umbQx/q4SQMnpX/Wz/719dBBZ3rI="),
        ("/api/orders/1", "order.created", "8vf8W/TwEtIxWAWNHz8VIFwSTBNSiuk8GhTXbMsGWnc="),
    ],
)
def test_known_signatures(object_iri, event, signature):
    """The signatures of CoopCycle's own WebhookHandlerTest come out."""
    assert signature == sign(encode(object_iri, event), "123456")


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
def test_event_is_sent_signed(acme, sandbox, receiver, do, event):
    """The body has escaped slashes, and the signature is over exactly these bytes with the secret's text."""
    secret = subscribe(acme, event, f"{receiver.url}/hook")["secret"]
    sandbox.courier(acme.create()["@id"], do)

    path, body, headers = receiver.next()

    assert path == "/hook"
    assert b'{"data":{"object":"\\/api\\/deliveries\\/1","event":"%s"}}' % event.encode() == body
    expected = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    assert expected == headers["X-CoopCycle-Signature"]


def test_cancelling_is_not_told(acme, sandbox, receiver):
    """No event is sent for a cancellation, nor to another store, nor for an event nobody wants."""
    for event in ("delivery.picked", "delivery.failed"):
        subscribe(acme, event, receiver.url)
    foreign = sandbox.api("acme2").create()
    own, cancelled = acme.create(), acme.create()

    sandbox.courier(foreign["@id"], "pick")
    sandbox.courier(cancelled["@id"], "cancel")
    sandbox.courier(own["@id"], "transit")
    sandbox.courier(own["@id"], "pick")

    assert own["@id"].replace("/", "\\/").encode() in receiver.next()[1], "the only one that is told"
    assert receiver.received.empty()


@pytest.mark.parametrize("receiver", [(500,)], indirect=True)
def test_failure_is_tried_again_for_all_subscribers(sandbox_with, receiver):
    """A subscriber that fails ends the round; the next round starts again with the first."""
    running = sandbox_with(instance={"webhook_pauses_seconds": [0, 0, 0]})
    api = running.api()
    for path in ("/first", "/second"):
        subscribe(api, "delivery.picked", receiver.url + path)
    running.courier(api.create()["@id"], "pick")

    assert [receiver.next()[0] for _ in range(3)] == ["/first", "/first", "/second"]


@pytest.mark.parametrize("receiver", [(500, 500, 500, 500, 500)], indirect=True)
def test_message_is_lost_after_three_more_tries(sandbox_with, receiver):
    """After one try and three retries CoopCycle gives up."""
    running = sandbox_with(instance={"webhook_pauses_seconds": [0, 0, 0]})
    api = running.api()
    subscribe(api, "delivery.picked", receiver.url)
    subscribe(api, "delivery.completed", receiver.url)
    delivery = api.create()

    running.courier(delivery["@id"], "pick")
    tries = [receiver.next()[1] for _ in range(4)]
    running.courier(delivery["@id"], "drop")

    assert len(set(tries)) == 1
    assert b"delivery.completed" in receiver.next()[1], "nothing of the first event comes any more"
