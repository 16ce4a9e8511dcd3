"""Words for a terminal: times, sentences, and the commands that are proposed in them."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import assert_never
from zoneinfo import ZoneInfo

from bridge.dispatching.record import State
from bridge.errors import CredentialsRejected, ShopUnavailable
from bridge.model import TimeWindow
from bridge.operator import errors, next_steps
from bridge.operator.connections import NOTICED_WITHIN, Caution, SecretState
from bridge.operator.deployment import Deployment

ShowTime = Callable[[datetime], str]

# --- times ----------------------------------------------------------------------------------------


def show_time(moment: datetime, zone: ZoneInfo) -> str:
    """Write a time for people."""
    return f"{moment.astimezone(zone):%a %d %b %Y %H:%M:%S} {zone.key}"


def show_time_in_table(moment: datetime, zone: ZoneInfo) -> str:
    """Write a time for people, short enough for a column."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}"


def show_window(window: TimeWindow, zone: ZoneInfo) -> str:
    """Write a window for people."""
    after, before = window.after.astimezone(zone), window.before.astimezone(zone)
    end = f"{before:%H:%M}" if after.date() == before.date() else f"{before:%a %d %b %H:%M}"
    return f"{after:%a %d %b %Y %H:%M} – {end} {zone.key}"


def show_length(length: timedelta) -> str:
    """Write a length of time: "90 s", "15 minutes", "24 hours"."""
    seconds = length.total_seconds()
    if seconds < 120:
        return f"{seconds:g} s"
    return f"{seconds / 60:g} minutes" if seconds < 7200 else f"{seconds / 3600:g} hours"


NOTICED = f"The functions notice within {show_length(NOTICED_WITHIN)}."


def count(number: int, what: str) -> str:
    """Write a number of things: "1 message", "2 messages"."""
    return f"{number} {what}" + ("" if number == 1 else "s")


# --- commands -------------------------------------------------------------------------------------


def options_of(deployment: Deployment) -> str:
    """Return what a command beside this one has to be given: "--environment prod"."""
    return "--local" if deployment.is_local else f"--environment {deployment.environment}"


def redrive_command(connection_id: str, order_id: str, options: str) -> str:
    """Return the command that puts what is parked of an order on the queue again."""
    return f"`bridge parked redrive --connection {connection_id} --order {shlex.quote(order_id)} {options}`"


# --- what happens next ----------------------------------------------------------------------------

_NOTHING = {
    State.CREATED: "nothing; a newer webhook of the order changes or cancels the delivery",
    State.IGNORED: "nothing, unless the shop changes the order",
    State.WITHDRAWN: "tell the shop, which still wants it, or restore it on CoopCycle: a dispatcher "
    "cancelled it there, and the bridge neither changes it nor makes another",
    State.DONE_BY_HAND: "nothing; it was closed as done by hand",
}


_ALWAYS: Mapping[type, str] = {
    next_steps.DeliveryStays: "the delivery on CoopCycle stays as it is until then",
    next_steps.CallCourier: "call the courier: CoopCycle refuses to cancel what is assigned",
}


def sentence(step: next_steps.NextStep, when: ShowTime, options: str) -> str:
    """Return a next step as a sentence; ``options`` name the deployment in a command that is proposed."""
    match step:
        case next_steps.Redrive():
            return _redrive(step, options)
        case next_steps.DeliveryStays() | next_steps.CallCourier():
            return _ALWAYS[type(step)]
        case next_steps.FindOut(posted_at, asks_at):
            return (
                f"what became of the POST of {when(posted_at)} is unknown; from {when(asks_at)} on the "
                "bridge asks CoopCycle for the delivery, and posts again if there is none"
            )
        case next_steps.TryAgain():
            return _try_again(step, when)
        case next_steps.NewAttempt():
            return _new_attempt(step, options)
        case next_steps.Nothing(state):
            return _NOTHING.get(state, "nothing")
        case next_steps.LookAgain(at, is_due):
            due = f"as soon as the queue comes to it (due {when(at)})" if is_due else f"at {when(at)}"
            return f"because an outcome was unknown, the bridge looks at the order once more {due}"
        case _:
            assert_never(step)


def _redrive(step: next_steps.Redrive, options: str) -> str:
    waiting = "a message waits" if step.count == 1 else f"{step.count} messages wait"
    return (
        f"{waiting} for a person ({', '.join(step.reasons)}); mend that, then "
        f"{redrive_command(step.connection_id, step.order_id, options)}"
    )


def _try_again(step: next_steps.TryAgain, when: ShowTime) -> str:
    last = f" ({step.reason} at {when(step.tried_at)})" if step.reason and step.tried_at else ""
    attempt = (
        f"next at {when(step.next_try_at)}{last}"
        if step.next_try_at
        else f"at most {show_length(step.within)} after the last try{last}"
    )
    return (
        f"{_answered(step)}the bridge tries again by itself, {attempt}; "
        f"{show_length(step.gives_up_after)} after the webhook was queued it is parked"
    )


def _answered(step: next_steps.TryAgain) -> str:
    """Return why it has to be tried again, as far as that is known."""
    if step.reason == CredentialsRejected.code:
        return (
            "CoopCycle does not accept the credentials: give it the right ones (`bridge connections apply`), "
            "and all orders flow again; "
        )
    if step.status is None:
        return ""
    who = "the shop's API" if step.reason == ShopUnavailable.code else "CoopCycle"
    return f"{who} answers {step.status}; "


def _new_attempt(step: next_steps.NewAttempt, options: str) -> str:
    body = "" if step.has_webhook else " --body FILE"
    again = f"`bridge replay {step.connection_id} {shlex.quote(step.order_id)}{body} {options}`"
    return f"what was parked of it was discarded; the shop's next webhook is a new attempt, and so is {again}"


# --- connections ----------------------------------------------------------------------------------

SECRET_STATES = {
    SecretState.NEW: "new",
    SecretState.CHANGED: "changed",
    SecretState.ROTATED: "changed, the old one stays valid as the previous one",
    SecretState.UNCHANGED: "unchanged",
    SecretState.KEPT: "kept",
    SecretState.REMOVED: "removed",
}
KEPT_PREVIOUS = "kept, valid until --forget-previous"
CAUTIONS = {
    Caution.SIGNATURES_END: (
        "the stored webhook secret stops being valid at once; "
        "with --rotate-webhook-secret it stays valid beside the new one"
    ),
    Caution.PREVIOUS_ENDS: "the previous webhook secret stored so far stops being valid",
}


# --- parked messages ------------------------------------------------------------------------------


def hidden(number: int) -> str:
    """Say that not everything that is parked could be seen."""
    return (
        f"about {number} more cannot be seen now: somebody else is looking at them, "
        "or they wait behind others of their order"
    )


# --- errors ---------------------------------------------------------------------------------------

_HINTS: Sequence[tuple[type[errors.OperatorError], str]] = (
    (
        errors.NoSuchStack,
        "deploy it, name another with --environment, or ask the running `bridge local` with --local",
    ),
    (errors.StackTooOld, "deploy this version"),
    (errors.NoConsole, "deploy it with Console=on (docs/deploy.md)"),
    (errors.IndexesMissing, "`bridge upgrade` makes the missing ones"),
    (errors.NoWebhookKept, "take its parked message with --parked, or its body with --body"),
)


def explain(error: errors.OperatorError) -> str:
    """Return an error as one sentence, with the options and commands that help."""
    if isinstance(error, errors.NothingParked):
        others = count(error.others, "other message") if error.others else "nothing else"
        more = f" ({hidden(error.hidden)})" if error.hidden else ""
        return f"{error}; {others} is{more}"
    hint = next((hint for kind, hint in _HINTS if isinstance(error, kind)), "")
    return f"{error}; {hint}" if hint else str(error)


def never_came(error: errors.NoSuchOrder) -> str:
    """Say that an order is neither recorded nor parked, and where else it may be."""
    known = f"{error}, and no message of it is parked"
    if not error.waiting:
        return (
            f"{known}, nor is any on the queue: no webhook of it was accepted, or it was ignored "
            f"(`bridge logs --connection {error.connection_id} --since 1d` tells which)"
        )
    messages = count(error.waiting, "message")
    are = "is" if error.waiting == 1 else "are"
    return (
        f"{known}; {messages} of all connections {are} on the queue still and it may be among them, "
        "so ask again in a minute"
    )
