"""The samples of each sender over HTTP through the whole stack into the sandbox."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests
import time_machine
from tests.e2e.test_local_stack import QUICK, until
from tests.support import samples
from tests.support.caches import clear_runtime_caches
from werkzeug.wrappers import Request, Response

from bridge import runtime, sources
from bridge.aws import connections as names
from bridge_laptop.http_server import Server
from bridge_laptop.local.stack import LocalStack, Options, running
from bridge_laptop.sandbox.client import SandboxClient
from bridge_laptop.secrets import variable_name

THIN = {"square": "api_url", "squarespace": "api_url", "bigcommerce": "api_url", "prestashop": "shop_url"}


def connection_text(name: str, api_url: str) -> str:
    """Return a sender's connection for trying it, asked at an API of this machine."""
    text = (samples.FOLDER / name / "connection.toml").read_text(encoding="utf-8")
    key = THIN.get(name)
    if key is None:
        return text
    lines = [line for line in text.splitlines() if line.split("=")[0].strip() != key]
    lines.insert(lines.index("[sender]") + 1, f'{key} = "{api_url}"')
    assert tomllib.loads("\n".join(lines))
    return "\n".join(lines)


class ShopsApi:
    """The senders' APIs on a socket, answering from the samples' files."""

    def __init__(self) -> None:
        self._answers = {
            path: body for name in sources.NAMES for path, body in samples.load(name).shop.answers.items()
        }

    def __call__(self, environ: object, start_response: object) -> object:
        """Answer by path and query."""
        request = Request(environ)  # type: ignore[arg-type]  # WSGI's own
        query = request.query_string.decode()
        body = self._answers.get(f"{request.path}?{query}" if query else request.path)
        answer = Response(body or b"", 200 if body else 404, content_type="application/json")
        return answer(environ, start_response)  # type: ignore[arg-type]  # likewise


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalStack]:
    """The stack with a connection for each sender, at the time when the samples were written."""
    for name, value in QUICK.items():
        monkeypatch.setenv(name, value)
    with ExitStack() as exits:
        api = Server(ShopsApi())
        api.start()
        exits.callback(api.stop)
        for name in sources.NAMES:
            (tmp_path / f"{name}.toml").write_text(connection_text(name, api.url), encoding="utf-8")
            given = {
                names.WEBHOOK_SECRET: samples.load(name).known["webhook"],
                names.CLIENT_ID: "acme",
                names.CLIENT_SECRET: "acme-secret",
                names.SHOP_TOKEN: "shop-token",
            }
            for parameter, value in given.items():
                monkeypatch.setenv(variable_name(name, parameter), value)
        exits.enter_context(time_machine.travel(samples.SENT_AT, tick=True))
        runtime.receiver.cache_clear()
        runtime.dispatch_runtime.cache_clear()
        yield exits.enter_context(running(Options(port=0, connections=tmp_path)))
    clear_runtime_caches()


def test_every_senders_samples_become_deliveries(stack: LocalStack) -> None:
    """Every sample that says so is one delivery on CoopCycle, signed and sent as its sender does."""
    expected: set[str] = set()
    for name in sources.NAMES:
        sender = samples.load(name)
        for number, sample in enumerate(sender.deliveries):
            signed = sender.sign(sample, webhook_id=f"{samples.WEBHOOK_ID[:-2]}{number:02}")
            answer = requests.post(
                signed.address(stack.url, name), data=signed.body, headers=signed.headers, timeout=30
            )

            assert (200, "accepted") == (answer.status_code, answer.json().get("outcome")), str(sample)
            expected.add(f"{name}/{answer.json()['order_id']}")

    def made() -> set[str]:
        stats = SandboxClient(stack.coopcycle_url).stats()
        return {
            reference
            for reference, deliveries in stats["deliveries_by_ref"].items()
            if [each["cancelled"] for each in deliveries] == [False]
        }

    assert until(lambda: expected <= made()), expected - made()
    assert {name.split("/")[0] for name in expected} == set(sources.NAMES)
