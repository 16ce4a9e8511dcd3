"""Which faults the storm holds, and how often: a mixture that lasts as long as the storm, and short spells.

Pure: rows for ``POST /_sandbox/fault``. The sandbox's ``faults/modes.py`` describes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.storm.plan import REFUSED_PHONE

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Timings:
    """The bridge's timings in the storm, in seconds; in AWS they are 60, 30 and 8.

    What must hold is their proportion: an order in doubt is looked at again after five times the settle time,
    and by then nothing that the first attempt began may still be under way. The wait for another function's
    token (10 seconds at most) is not scaled, hence no settle time below 3.
    """

    settle: float
    backoff_base: float = 0.2
    read_timeout: float = 1.0

    @property
    def recheck(self) -> float:
        """Return when an order in doubt is looked at again."""
        return 5 * self.settle

    def environment(self) -> dict[str, str]:
        """Return the functions' variables."""
        return {
            "BRIDGE_SETTLE_SECONDS": str(self.settle),
            "BRIDGE_BACKOFF_BASE_SECONDS": str(self.backoff_base),
            "BRIDGE_HTTP_READ_TIMEOUT_SECONDS": str(self.read_timeout),
        }


def mixture(timings: Timings, share: float, seed: int) -> list[Row]:
    """Return every fault for every kind of request it fits; together they hit ``share`` of them."""
    hang = timings.read_timeout + 0.5
    nothing_done: list[Row] = [
        {"mode": "unavailable"},
        {"mode": "reset"},
        {"mode": "bad_gateway"},
        {"mode": "throttle", "retry_after": 1},
        {"mode": "firewall"},
        {"mode": "firewall", "status": 401},
        {"mode": "drip", "delay": timings.read_timeout},  # right, and whole within the time of an answer
        {"mode": "slow", "delay": timings.read_timeout / 4},
    ]
    done_all_the_same: list[Row] = [
        {"mode": "create_then_reset"},
        {"mode": "create_then_hang", "delay": hang},
        {"mode": "create_then_500"},
        {"mode": "create_then_502"},
        {"mode": "create_then_garbage"},
        {"mode": "create_then_html"},
        {"mode": "slow", "delay": hang},  # right, and too late
        {"mode": "commit_late", "delay": (timings.read_timeout + timings.settle) / 2},
        {"mode": "commit_late", "delay": timings.settle + (timings.recheck - timings.settle) / 4},
        {"mode": "commit_late", "delay": timings.settle + (timings.recheck - timings.settle) / 2},
    ]
    by_kind: dict[str, list[Row]] = {
        "create": [*nothing_done, {"mode": "hang", "delay": hang}, {"mode": "error_500"}, *done_all_the_same],
        "change": [*nothing_done, {"mode": "hang", "delay": hang}, {"mode": "error_500"}, *done_all_the_same],
        "list": [*nothing_done, {"mode": "hang", "delay": hang}, {"mode": "error_500"}],
        "read": [*nothing_done, {"mode": "hang", "delay": hang}, {"mode": "error_500"}],
        "token": [
            {"mode": "token_unavailable"},
            {"mode": "token_500"},
            {"mode": "token_malformed"},
            {"mode": "disabled_client"},
            {"mode": "slow", "delay": 0.5},
        ],
    }
    rows: list[Row] = []
    for kind, faults in by_kind.items():
        # a recovery reads many times: as often as changes, reads would all but never end well
        each = share_of_each(share / 3 if kind in ("list", "read") else share, len(faults))
        rows += [{**row, "on": kind, "share": each} for row in faults]
    rows.append({"mode": "refuse_phones", "on": "all", "match": REFUSED_PHONE[3:], "share": 1})
    return [{**row, "seed": seed * 1000 + number} for number, row in enumerate(rows)]


def share_of_each(share: float, count: int) -> float:
    """Return the share of each of ``count`` faults, drawn one after the other, for ``share`` in all."""
    return float(1 - (1 - share) ** (1 / count))


def only(modes: list[str], timings: Timings, share: float, seed: int) -> list[Row]:
    """Return these faults alone, on every request they can hit."""
    each = share_of_each(share, len(modes))
    delays = {
        "hang": timings.read_timeout + 0.5,
        "create_then_hang": 2 * timings.settle,
        "commit_late": timings.settle + (timings.recheck - timings.settle) / 2,
    }
    return [
        {"mode": mode, "share": each, "seed": seed * 1000 + number}
        | ({"delay": delays[mode]} if mode in delays else {})
        | ({"on": "all"} if mode.startswith("create_then_") else {})
        for number, mode in enumerate(modes)
    ]


def refused_for(seconds: float) -> list[Row]:
    """Return a key that is being changed: every token is refused with 401, and no client is known."""
    return [{"mode": "disabled_client", "seconds": seconds}, {"mode": "revoke_tokens"}]


def spells() -> list[list[Row]]:
    """Return what happens at once and to everybody: tokens revoked, an instance that is down."""
    return [
        [{"mode": "revoke_tokens"}],
        [{"mode": "unavailable", "seconds": 2}],
        [{"mode": "token_500", "seconds": 1}, {"mode": "revoke_tokens"}],
        [{"mode": "throttle", "retry_after": 1, "seconds": 1}],
        [{"mode": "token_unavailable", "seconds": 1}, {"mode": "revoke_tokens"}],
        [{"mode": "reset", "seconds": 1}],
        refused_for(5),
        [{"mode": "firewall", "status": 403, "seconds": 2}],
    ]
