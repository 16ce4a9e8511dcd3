"""Does this CoopCycle answer as the recorded one? `make contract` runs it, docs/contract.md tells of it.

All is read from the environment, where `make` puts it: no secret is part of the command that runs.

`COOPCYCLE_URL`                                    the instance
`COOPCYCLE_CLIENT_ID`, `COOPCYCLE_CLIENT_SECRET`   an API app of a store; or both in `CLIENT`, id:secret
`DISPATCHER`                                       optional: the bearer token of a dispatcher

Exit 0: nothing differs. 1: something does, a line each. 2: it could not be asked, and why.
"""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import requests
from tests.sandbox.contract.check import JSON_LD, ME, Check, Outcome
from tests.sandbox.contract.instance import Instance
from tests.sandbox.contract.replay import Credentials, NoToken, Replay

SAME, DIFFERS, NOT_ASKED = 0, 1, 2
SCOPES = ("tasks deliveries", "deliveries")


class CannotAsk(Exception):
    """The instance cannot be asked; the text says why, and what to do."""


def main(environment: Mapping[str, str]) -> int:
    """Ask the instance that the environment names, and print what it answers otherwise."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    secrets: list[str] = []

    def say(line: str) -> None:
        for secret in secrets:
            line = line.replace(secret, "…")
        print(line, flush=True)  # noqa: T201 (a command line prints)

    check: Check | None = None
    try:
        url, credentials = read_environment(environment)
        secrets += [credentials.clients[ME][1], *credentials.bearers.values()]
        instance = meet(url, credentials)
        say(f"{url}: store {instance.store}, clock of {instance.zone}, scope {instance.scope!r}")
        check = Check(url, credentials, instance, say)
        check.run()
    except (CannotAsk, NoToken) as error:
        say(str(error))
        return NOT_ASKED
    except requests.RequestException as error:
        say(f"{environment.get('COOPCYCLE_URL')} does not answer: {type(error).__name__}")
        return _end(check.outcome if check else None, say, NOT_ASKED)
    except KeyboardInterrupt:
        say("interrupted")
        return _end(check.outcome if check else None, say, NOT_ASKED)
    return _end(check.outcome, say, DIFFERS if check.outcome.differing else SAME)


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _end(outcome: Outcome | None, say: Any, code: int) -> int:
    """Tell what was asked, what was left out and why, and what stands; that is a difference of its own."""
    if outcome is None:
        return code
    for why, count in outcome.left_out.most_common():
        say(f"left out: {count:3} {why}")
    same = outcome.asked - outcome.differing
    total = outcome.asked + outcome.left_out.total()
    say(
        f"{outcome.asked} of {total} exchanges asked: {same} answered as recorded, {outcome.differing} differ"
    )
    say(f"{outcome.cancelled} deliveries made and cancelled again, {len(outcome.standing)} not")
    for line in outcome.standing:
        say(f"look at this: {line}")
    return max(code, DIFFERS) if outcome.standing else code


def read_environment(environment: Mapping[str, str]) -> tuple[str, Credentials]:
    """Return the instance's address and the credentials.

    Raises:
        CannotAsk: one of them is missing.

    """
    url = environment.get("COOPCYCLE_URL", "").rstrip("/")
    if not re.match(r"https?://[^/\s]+", url):
        raise CannotAsk("COOPCYCLE_URL is missing: the address of the instance, https://acme.coopcycle.org")
    name, _, secret = environment.get("CLIENT", "").partition(":")
    name = environment.get("COOPCYCLE_CLIENT_ID") or name
    secret = environment.get("COOPCYCLE_CLIENT_SECRET") or secret
    if not name or not secret:
        raise CannotAsk(
            "no client: set COOPCYCLE_CLIENT_ID and COOPCYCLE_CLIENT_SECRET, or CLIENT=id:secret,"
            " of an API app of the store to try it with"
        )
    dispatcher = environment.get("DISPATCHER", "")
    return url, Credentials({ME: (name, secret)}, {"dispatcher": dispatcher} if dispatcher else {})


def meet(url: str, credentials: Credentials) -> Instance:
    """Ask an instance for its clock, its language and the client's store.

    Raises:
        CannotAsk: it answers otherwise than a CoopCycle does.
        NoToken: it refuses the credentials.
        requests.RequestException: it does not answer.

    """
    replay = Replay(url, credentials)
    try:
        settings = _object(replay, "/api/settings", JSON_LD)
        scope, token = _token(replay)
        headers = {**JSON_LD, "Authorization": f"Bearer {token}"}
        store = _object(replay, "/api/me", headers).get("store")
        if not isinstance(store, str):
            raise CannotAsk(
                "this client is not a store's: /api/me names none; it takes an API app of a store"
            )
        zone = ZoneInfo(str(settings.get("timezone")))
        return Instance(
            zone=zone,
            country=str(settings.get("country", "")).lower(),
            locale=str(settings.get("locale", "")),
            store=store,
            store_address=_object(replay, store, headers).get("address") or {},
            scope=scope,
            today=datetime.now(zone).date(),
        )
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise CannotAsk(f"/api/settings names a time zone that nobody knows: {error}") from error
    finally:
        replay.close()


def _object(replay: Replay, path: str, headers: dict[str, str]) -> dict[str, Any]:
    answer = replay.send("GET", path, headers, None)
    if answer.status != 200 or not isinstance(answer.body, dict):
        raise CannotAsk(f"{path} answers {answer.status}, not 200 with a JSON object: is this a CoopCycle?")
    return answer.body


def _token(replay: Replay) -> tuple[str, str]:
    refused: NoToken | None = None
    for scope in SCOPES:
        try:
            return scope, replay.bearer(ME, scope)
        except NoToken as error:
            refused = error
    raise CannotAsk(f"the credentials are refused: {refused}") from refused


if __name__ == "__main__":
    sys.exit(main(os.environ))
