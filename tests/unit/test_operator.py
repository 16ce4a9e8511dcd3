"""What operators do, as far as nobody has to be asked: reasons of parking, next steps, imports."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest

from bridge import errors
from bridge.dispatching.record import State
from bridge.operator import connections, next_steps, parked_reasons
from bridge.operator.next_steps import NextStep
from bridge.operator.parked_reasons import REASONS, reason_of
from bridge_laptop.cli.text import sentence

LAYER = Path(__file__).parents[2] / "layers" / "bridge" / "bridge"
NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
# The receiver answers with these; no message that is on the queue can end with one.
ANSWERED_ALONE = (errors.InvalidSignature, errors.NotATrialCall, errors.WebhookTooLarge)


def below(family: type[errors.BridgeError]) -> Iterator[type[errors.BridgeError]]:
    """Yield every class below one, at any depth."""
    for child in family.__subclasses__():
        yield child
        yield from below(child)


def codes_of_errors() -> set[str]:
    """Return every code with which a message can be parked because of an error."""
    families = (errors.PermanentError, errors.RetryableError, errors.RejectedWebhook)
    return {kind.code for family in families for kind in below(family) if kind not in ANSWERED_ALONE}


def codes_written_out() -> set[str]:
    """Return every code that stands as a text where a message is parked."""
    return {
        str(call.args[0].value)
        for text in (file.read_text(encoding="utf-8") for file in LAYER.rglob("*.py"))
        if "ParkReason" in text
        for call in ast.walk(ast.parse(text))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "ParkReason"
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }


def test_every_reason_of_parking_is_explained() -> None:
    """Each code of an error, and each that is written out or SQS's own, has its meaning and its cure."""
    wanted = codes_of_errors() | codes_written_out() | {parked_reasons.RECEIVED_TOO_OFTEN}

    assert wanted == set(REASONS)
    assert all(reason.meaning and reason.cure for reason in REASONS.values())


def test_no_error_has_its_familys_code() -> None:
    """A new error names a code, its own or its parent's, or the table could not explain it."""
    families = (errors.PermanentError, errors.RetryableError, errors.RejectedWebhook)

    assert [] == [kind for family in families for kind in below(family) if kind.code == family.code]


def test_what_the_rules_do_not_allow() -> None:
    """It was tried once, and redriving alone changes nothing: the store's rules have to."""
    assert "rules" in reason_of("not_feasible").cure
    assert "day" not in reason_of("not_feasible").meaning


def test_code_of_another_version() -> None:
    """A code that this version does not know is said to be one."""
    assert "another version" in reason_of("of_tomorrow").meaning


STEPS: tuple[NextStep, ...] = (
    next_steps.Redrive("acme", "#7", 2, ("unmappable_order",)),
    next_steps.DeliveryStays(),
    next_steps.FindOut(NOW, NOW),
    next_steps.TryAgain("coopcycle_unavailable", NOW, timedelta(minutes=15), timedelta(hours=24)),
    next_steps.NewAttempt("acme", "7", has_webhook=False),
    next_steps.CallCourier(),
    next_steps.Nothing(State.CANCELLED),
    next_steps.LookAgain(NOW, is_due=True),
)


def test_every_step_is_tried() -> None:
    """The list above has them all."""
    assert set(get_args(NextStep)) == {type(step) for step in STEPS}


@pytest.mark.parametrize("step", STEPS, ids=lambda step: type(step).__name__)
def test_every_step_has_its_sentence(step: NextStep) -> None:
    """A step is told in words, its times as they are asked for, its commands for the deployment."""
    text = sentence(step, lambda moment: moment.isoformat(), "--environment prod")

    assert text
    assert ("`bridge " in text) == ("--environment prod" in text)


def test_waiting_for_coopcycle_says_why() -> None:
    """An order that waits names what failed, and when."""
    text = sentence(STEPS[3], lambda moment: f"{moment:%H:%M}", "")

    assert "(coopcycle_unavailable at 10:00)" in text
    assert "at most 15 minutes after the last try" in text


def test_difference_of_settings_that_are_no_toml() -> None:
    """Settings that somebody broke in SSM by hand are compared as they stand."""
    plan = connections.plan("acme", settings_text="a = 1", given={}, stored={"settings": "a ="})

    assert ("-a =", "+a = 1") == plan.settings_diff


def test_operator_imports_nothing_heavy() -> None:
    """A function that lists orders for a page starts without HTTP, phone numbers or a terminal."""
    modules = sorted(f"bridge.operator.{file.stem}" for file in (LAYER / "operator").glob("[a-z]*.py"))
    heavy = ("requests", "phonenumbers", "pydantic", "click", "bridge_laptop")
    program = (
        f"import sys, importlib\nfor name in {modules!r}: importlib.import_module(name)\n"
        f"print(*[name for name in {heavy!r} if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert ("\n", 0) == (done.stdout, done.returncode), done.stderr
    assert len(modules) > 8
