"""`make contract` against the sandbox, as a co-op runs it against its own: a program, over a socket."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.sandbox.contract.instance import Instance
from tests.support.coopcycle_api import Api

from bridge_laptop.sandbox.client import SandboxClient

ROOT = Path(__file__).parents[2]
SECRET = "acme-secret"
TIMEOUT_SECONDS = 60


def wait_for(sandbox: SandboxClient, done: Callable[[dict[str, Any]], bool]) -> None:
    """Wait until the counts say so."""
    end = time.monotonic() + TIMEOUT_SECONDS
    while not done(sandbox.stats()):
        assert time.monotonic() < end
        time.sleep(0.02)


def environment(url: str, **more: str) -> dict[str, str]:
    asked = {"COOPCYCLE_URL": url, "COOPCYCLE_CLIENT_ID": "acme", "COOPCYCLE_CLIENT_SECRET": SECRET, **more}
    return {**os.environ, **asked}


@contextmanager
def started(url: str, **more: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.sandbox.contract"]
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment(url, **more), stdout=pipe, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def run(url: str, **more: str) -> tuple[int, list[str]]:
    """Run it to its end."""
    with started(url, **more) as process:
        out, _ = process.communicate(timeout=5 * TIMEOUT_SECONDS)
    assert SECRET not in out
    return process.returncode, out.splitlines()


def test_an_instance_that_answers_as_recorded_has_no_difference(sandbox: SandboxClient) -> None:
    """It books and cancels; nothing stands afterwards."""
    code, lines = run(sandbox.url)
    assert code == 0, "\n".join(lines)
    stats = sandbox.stats()
    assert stats["deliveries"] == 0
    assert stats["created"] > 70
    assert f"{stats['created']} deliveries made and cancelled again, 0 not" in lines
    assert any(line.endswith("0 differ") for line in lines)
    assert any(line.startswith("left out: ") for line in lines)


def test_with_a_dispatcher_more_is_asked(sandbox: SandboxClient) -> None:
    code, lines = run(sandbox.url, DISPATCHER="dispatcher")
    assert code == 0, "\n".join(lines)
    assert not any("dispatcher's token" in line for line in lines)
    assert sandbox.stats()["deliveries"] == 0


@pytest.mark.parametrize(
    ("zone", "country"), [("Europe/London", "gb"), ("America/Montreal", "ca"), ("Asia/Kolkata", "in")]
)
def test_an_instance_of_another_country_is_asked_by_its_own_clock(
    sandbox_with: Callable[..., SandboxClient], zone: str, country: str
) -> None:
    """10:00 in Paris is asked as 10:00 there; what hangs on France is left out, and said."""
    instance = sandbox_with(instance={"timezone": zone, "country": country, "locale": "en"})
    code, lines = run(instance.url)
    assert code == 0, "\n".join(lines)
    assert any("phone numbers as France does" in line for line in lines)


def test_each_difference_is_a_line(sandbox: SandboxClient) -> None:
    """An instance that answers 500 to one street, which the recorded one delivered to."""
    sandbox.fault("bad_address", match="rue des fleurs")
    code, lines = run(sandbox.url)
    assert code == 1
    differing = [line for line in lines if "status 500, recorded 201" in line]
    assert differing == [
        "create_addresses:33 POST /api/deliveries (a pickup of its own): status 500, recorded 201"
    ]
    assert sandbox.stats()["deliveries"] == 0


def test_what_was_made_without_an_answer_is_found_and_cancelled(sandbox: SandboxClient) -> None:
    """An instance that answers 500 after it committed, now and then; what carries no mark is pointed at."""
    sandbox.fault("create_then_500", share=0.3, seed=7)
    code, lines = run(sandbox.url)
    stats = sandbox.stats()
    hits = sum(stats["fault_hits"].values())
    pointed_at = [line for line in lines if line.startswith("look at this: ")]
    assert code == 1
    assert hits > 20
    assert stats["deliveries"] <= len(pointed_at) < 5


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_was_booked_is_cancelled_when_it_is_interrupted(
    sandbox: SandboxClient, number: signal.Signals
) -> None:
    """Between two requests, with deliveries that stand."""
    with started(sandbox.url) as process:
        wait_for(sandbox, lambda stats: stats["deliveries"] > 0)
        sandbox.fault("hang", on="read")
        wait_for(sandbox, lambda stats: stats["fault_hits"])
        process.send_signal(number)
        out, _ = process.communicate(timeout=TIMEOUT_SECONDS)
    assert process.returncode == 2, out
    assert "interrupted" in out
    assert sandbox.stats()["created"] > 0
    assert sandbox.stats()["deliveries"] == 0


def test_what_is_made_while_it_is_interrupted_is_cancelled_too(sandbox: SandboxClient) -> None:
    """The request was under way: no answer names the delivery, its mark does."""
    sandbox.fault("create_then_hang")
    with started(sandbox.url) as process:
        wait_for(sandbox, lambda stats: stats["fault_hits"])
        sandbox.fault(None)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=TIMEOUT_SECONDS)
    assert process.returncode == 2, out
    assert sandbox.stats()["created"] == 1
    assert sandbox.stats()["deliveries"] == 0


def test_an_instance_that_goes_away_is_named_and_what_stands_is_told(sandbox: SandboxClient) -> None:
    """Nothing could be cancelled, and that is said, a line each."""
    with started(sandbox.url) as process:
        wait_for(sandbox, lambda stats: stats["deliveries"] > 0)
        sandbox.fault("reset")
        out, _ = process.communicate(timeout=TIMEOUT_SECONDS)
    assert process.returncode == 2, out
    assert f"{sandbox.url} does not answer" in out
    standing = [line for line in out.splitlines() if line.startswith("look at this: /api/deliveries/")]
    assert len(standing) >= sandbox.stats()["deliveries"] > 0


def test_nothing_but_its_own_is_changed_or_cancelled(sandbox: SandboxClient, acme: Api) -> None:
    """Although numbers of the recordings are those of other orders here, and its own could not be made."""
    for _ in range(40):
        acme.create()
    numbers = range(1, 41)
    everyone = [acme.get(f"/api/deliveries/{number}").json() for number in numbers]
    sandbox.fault("error_500", on="create")
    code, _ = run(sandbox.url, DISPATCHER="dispatcher")
    assert code == 1
    assert everyone == [acme.get(f"/api/deliveries/{number}").json() for number in numbers]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"COOPCYCLE_URL": ""}, "COOPCYCLE_URL is missing"),
        ({"COOPCYCLE_CLIENT_ID": ""}, "no client"),
        ({"COOPCYCLE_CLIENT_SECRET": "wrong"}, "the credentials are refused: /oauth2/token answers 401"),
        ({"COOPCYCLE_URL": "http://127.0.0.1:9"}, "http://127.0.0.1:9 does not answer"),
    ],
)
def test_what_cannot_be_asked_is_a_sentence(
    sandbox: SandboxClient, changed: dict[str, str], said: str
) -> None:
    code, lines = run(sandbox.url, **changed)
    assert code == 2
    assert len(lines) == 1
    assert lines[0].startswith(said)


def test_a_client_may_be_given_in_one_variable(sandbox: SandboxClient) -> None:
    """As make passes it on: CLIENT=id:secret."""
    code, lines = run(
        sandbox.url, COOPCYCLE_CLIENT_ID="", COOPCYCLE_CLIENT_SECRET="", CLIENT="acme:acme-wrong"
    )
    assert (code, len(lines)) == (2, 1)
    assert "acme-wrong" not in lines[0]


@pytest.mark.parametrize(
    "today", [date(2026, 11, 25), date(2026, 12, 20), date(2027, 1, 2), date(2031, 6, 1)]
)
def test_days_lie_ahead_and_nights_of_the_clock_change_stay_such(today: date) -> None:
    """Those of other years are meant to be past or far ahead."""
    paris = ZoneInfo("Europe/Paris")
    instance = Instance(paris, "fr", "fr", "/api/stores/1", {}, "deliveries", today)
    assert instance.day(date(2026, 12, 14)) > today
    assert instance.day(date(2018, 12, 15)) == date(2018, 12, 15)
    for month, recorded in ((3, date(2027, 3, 28)), (10, date(2027, 10, 31))):
        night = instance.day(recorded)
        assert (night.month, night.weekday()) == (month, 6)
        assert night.day > 24
    assert instance.moments("2027-10-31T00:30:00Z")[-10:] == "T00:30:00Z"
    assert instance.moments("2026-12-15T11:00:00.999Z").endswith("-12-15T11:00:00.999Z")
