"""The first day of a shop of one's own, by the commands alone: set up, tried, broken, understood, mended."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from tests.e2e.test_local_output import ended, read_to

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "events" / "webhooks" / "woocommerce" / "order-created.json"
ANSWERS = (
    "woocommerce",
    "https://paris.coopcycle.org",
    "Europe/Paris",
    "FR",
    "Mo-Su 00:00-24:00",
    "12 rue des Fleurs, 75006 Paris",
)
PERSON = {
    "first_name": "Camille",
    "last_name": "Moreau",
    "address_1": "48 rue de Rivoli",
    "address_2": "",
    "postcode": "75004",
    "city": "Paris",
    "state": "",
    "country": "FR",
    "phone": "06 12 34 56 78",
}


class Shop:
    """A folder with connections, the commands beside it, and what is in their environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.connections = folder / "connections"
        self.connections.mkdir()
        self.here = ("--connections", str(self.connections))
        self.url = ""
        self.begun: list[subprocess.Popen[str]] = []
        self.environ = os.environ | {
            "BRIDGE_LOCAL_STATE": str(folder / "state.json"),
            "BRIDGE_BACKOFF_BASE_SECONDS": "0.5",
            "BRIDGE_SETTLE_SECONDS": "1",
            "PYTHONUNBUFFERED": "1",
        }

    def bridge(self, *arguments: str, typed: str = "", code: int = 0, **environ: str) -> str:
        """Run a command to its end; return what it printed. ``code`` is what it must end with."""
        done = subprocess.run(
            self._command(*arguments),
            input=typed,
            env=self.environ | environ,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert code == done.returncode, (arguments, done.stdout, done.stderr)
        return done.stdout + done.stderr

    def run_local(self, **environ: str) -> subprocess.Popen[str]:
        """Begin `bridge local`, as `make run` does, without its sample."""
        local = subprocess.Popen(
            self._command("local", "--port", "0", "--no-sample", *self.here),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=self.environ | environ,
        )
        self.begun.append(local)
        told = "".join(read_to(local.stdout, "Ready"))
        (self.url,) = set(re.findall(r"(http://127\.0\.0\.1:\d+)/webhooks/", told))
        return local

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "bridge_laptop.cli", *arguments]

    def order(self, number: int) -> Path:
        """Write the webhook of an order, as WooCommerce documents one."""
        body = json.loads(SAMPLE.read_text(encoding="utf-8"))
        body |= {"id": number, "number": str(number)}
        body["shipping"] |= PERSON
        body["billing"] |= PERSON
        file = self.folder / f"order-{number}.json"
        file.write_text(json.dumps(body), encoding="utf-8")
        return file

    def send(self, number: int) -> str:
        """Do what the command of `bridge sign` does, and return the answer's outcome."""
        command = self.bridge("sign", "bloom", str(self.order(number)), "--url", self.url, *self.here)
        words = shlex.split(command.replace("\\\n", " "))
        headers = dict(words[i + 1].split(": ", 1) for i, word in enumerate(words) if word == "-H")
        body = Path(words[words.index("--data-binary") + 1].removeprefix("@")).read_bytes()
        answer = requests.post(words[2], data=body, headers=headers, timeout=30)
        return str(answer.json()["outcome"])

    def show(self, number: int) -> str:
        """Return what `bridge orders show` says of an order that was accepted."""
        return self.bridge("orders", "show", "bloom", str(number), "--local")

    def state(self, number: int) -> str:
        """Return the state that it shows."""
        found = re.search(r"^state +(.*)$", self.show(number), re.MULTILINE)
        return found[1] if found else ""

    def apply(self, secret: str, code: int = 0) -> str:
        """Put other credentials in force."""
        command = ("connections", "apply", "bloom", "--local", "--yes", *self.here)
        return self.bridge(*command, code=code, BRIDGE_BLOOM_CLIENT_SECRET=secret)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop that `bridge init` has just written down, from typed answers."""
    found = Shop(tmp_path)
    told = found.bridge("init", "bloom", *found.here, typed="\n".join(ANSWERS) + "\n")
    assert "WooCommerce" in told
    assert "bridge connections apply bloom" in told
    yield found
    for process in found.begun:
        process.kill()
        process.communicate()


def test_order_of_a_new_shop_is_delivered(shop: Shop) -> None:
    """No secret is made up, no file edited."""
    local = shop.run_local()

    assert "accepted" == shop.send(1042)
    read_to(local.stdout, "order #1042 (1042)  order.created  created")
    assert "created" == shop.state(1042)
    assert 0 == ended(local)[0]


def test_wrong_credentials_are_said_mended_and_the_order_flows(shop: Shop) -> None:
    """The order waits, says why and what to do; nobody sends it again, or redrives it."""
    local = shop.run_local()
    applied = shop.apply("of-another-shop", code=1)
    assert "CoopCycle refuses the credentials of bloom" in applied

    assert "accepted" == shop.send(1043)
    read_to(local.stdout, "order #1043 (1043)  retried  credentials_rejected")
    assert "does not accept the credentials" in shop.show(1043)
    assert "give it the right ones (`bridge connections apply`)" in shop.show(1043)
    assert "refuses the credentials" in shop.bridge("doctor", "--local", *shop.here, code=1)
    shop.apply("bloom-secret")

    read_to(local.stdout, "order #1043 (1043)  order.created  created")
    assert "created" == shop.state(1043)
    assert "nothing is parked" in shop.bridge("parked", "list", "--local")
    shop.bridge("doctor", "--local", *shop.here)
    assert 0 == ended(local)[0]
