"""The sandbox as the recorded instance: with the recording's clock, and faults for what was switched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.sandbox.contract.recordings import Exchange, read
from tests.sandbox.contract.replay import Credentials, Replay

from bridge_laptop.sandbox.client import SandboxClient

CREDENTIALS = Credentials(
    clients={name: (name, f"{name}-secret") for name in ("acme", "acme2")},
    bearers={"dispatcher": "dispatcher", "courier": "courier"},
)
# When nothing in a file says what time it was: the minute in which the first ones were recorded.
RECORDED_AT = datetime.fromisoformat("2026-11-25T01:33:30+01:00")
# What was switched behind the API's back, by the exchange's note, and the fault that switches the sandbox.
SWITCHES = {
    "the token was revoked": "revoke_tokens",
    "the client was disabled": "disabled_client",
    "maintenance": "maintenance",
}


def replay_file(url: str, file: str) -> Iterator[tuple[Exchange, list[str]]]:
    """Reset the sandbox, ask it what a file holds, and yield each exchange with what differs."""
    replay, control = Replay(url, CREDENTIALS), SandboxClient(url)
    exchanges = read(file)
    try:
        control.reset()
        switched = ""
        for exchange, now in zip(exchanges, times(exchanges), strict=True):
            control.clock(now.isoformat())
            switch = exchange.note if exchange.note in SWITCHES else ""
            if switch != switched:
                if switch == "the token was revoked":
                    replay.bearer("acme")  # which is the one that is revoked
                control.fault(None)
                if switch:
                    control.fault(SWITCHES[switch])
                switched = switch
            yield exchange, replay.differences(exchange, replay.ask(exchange))
    finally:
        replay.close()


def times(exchanges: Sequence[Exchange]) -> list[datetime]:
    """Return what time it was at each exchange, as far as the answers show it; time never goes back."""
    created = {number: time for exchange in exchanges for number, time in _created(exchange.answer)}
    moments: list[datetime | None] = []
    for exchange in exchanges:
        seen = list(_moments(exchange.answer))
        seen += [
            created[number] for number in _tasks(exchange.answer) if exchange.setup and number in created
        ]
        moments.append(max(seen, default=None))
    now = next((each for each in moments if each is not None), RECORDED_AT)
    told: list[datetime] = []
    for moment in moments:
        now = now if moment is None else max(now, moment)
        told.append(now)
    return told


def _moments(value: Any) -> Iterator[datetime]:
    if isinstance(value, dict):
        for name, each in value.items():
            if name in {"createdAt", "updatedAt"}:
                yield datetime.fromisoformat(each)
            elif name == "expiresAt":
                yield datetime.fromisoformat(each) - timedelta(days=1)
            else:
                yield from _moments(each)
    elif isinstance(value, list):
        for each in value:
            yield from _moments(each)


def _created(value: Any) -> Iterator[tuple[str, datetime]]:
    if isinstance(value, dict):
        if value.get("@type") == "Task" and "createdAt" in value and "@id" in value:
            yield value["@id"], datetime.fromisoformat(value["createdAt"])
        for each in value.values():
            yield from _created(each)
    elif isinstance(value, list):
        for each in value:
            yield from _created(each)


def _tasks(answer: Any) -> list[str]:
    return [each.get("@id", "") for each in answer.get("tasks", [])] if isinstance(answer, dict) else []
