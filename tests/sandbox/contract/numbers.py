"""What an instance hands out as it goes: numbers, identifiers, tokens. They are mapped, not compared.

The same recorded one always stands for the same one of the instance that is asked, and different ones for
different ones. Numbers that count upwards keep their order as well: whatever was made later has the larger
one, which the bridge relies upon when it keeps the oldest of two twins.
"""

from __future__ import annotations

import re
from bisect import insort

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_HANDED_OUT = re.compile(
    r"/api/(?P<collection>(?:[a-z_]+/)?[a-z_]+)/(?P<number>\d+)(?![\w-])"
    # 6767, the instance's number, the kind of thing, the task, a package and which one of it, 8076
    r"|(?<![0-9])6767[0-9]{4}(?P<tasks>[0-9]+?)(?:P(?P<packages>[0-9]+)(?P<_unit>U[0-9]+))?8076(?![0-9])"
    r"|(?:(?<=token=)|^)(?P<token>[0-9a-f]{16})(?![\w-])"
    rf"|(?:(?<=/)|(?<=CPCCL-ODDLVR-))(?P<uuid>{_UUID})"  # a bare one is a constant: a violation's code
    r"|(?<=/genid/)(?P<genid>[0-9a-f]{20})"
    r"|(?<=/pub/d/)(?P<tracking>\w+)"
)
_THE_SAME = {"deliveries/quotes": "delivery_quotes"}


class Numbers:
    """The one-to-one map from what was recorded to what the instance handed out."""

    def __init__(self) -> None:
        self._ours: dict[tuple[str, str], str] = {}
        self._recorded: dict[tuple[str, str], str] = {}
        self._rising: dict[str, list[tuple[int, int]]] = {}

    def stand_for(self, kind: str, recorded: str, ours: str) -> bool:
        """Say whether `ours` can stand for `recorded`, and remember it if this is the first one is met."""
        known, taken = self._ours.get((kind, recorded)), self._recorded.get((kind, ours))
        if known is not None or taken is not None:
            return known == ours
        counts = kind != "order numbers" and recorded.isdecimal() and ours.isdecimal()
        if counts and not self._keeps_order(kind, int(recorded), int(ours)):
            return False
        self._ours[kind, recorded] = ours
        self._recorded[kind, ours] = recorded
        return True

    def _keeps_order(self, kind: str, recorded: int, ours: int) -> bool:
        pairs = self._rising.setdefault(kind, [])
        tried = sorted([*pairs, (recorded, ours)])
        if [number for _, number in tried] != sorted(number for _, number in tried):
            return False
        insort(pairs, (recorded, ours))
        return True

    def ours(self, kind: str, recorded: str) -> str:
        """Return what stands for a recorded one; one that was never met stands for itself."""
        return self._ours.get((_THE_SAME.get(kind, kind), recorded), recorded)

    def ours_if_known(self, kind: str, recorded: str) -> str | None:
        """Return what stands for a recorded one, if it was met."""
        return self._ours.get((_THE_SAME.get(kind, kind), recorded))

    def recorded(self, kind: str, ours: str) -> str | None:
        """Return the recorded one that `ours` stands for."""
        return self._recorded.get((kind, ours))

    def into_request(self, text: str) -> str:
        """Put our numbers into the links of a request."""
        return re.sub(
            r"/api/(?P<collection>(?:[a-z_]+/)?[a-z_]+)/(?P<number>\d+)(?![\w-])",
            lambda found: f"/api/{found[1]}/{self.ours(found[1], found[2])}",
            text,
        )


def parts(text: str) -> tuple[str, list[tuple[str, str]]]:
    """Split a text into its form and what was handed out in it, each with its kind."""
    handed: list[tuple[str, str]] = []

    def leave_out(found: re.Match[str]) -> str:
        whole, start = found[0], found.start()
        pieces, end = "", 0
        for kind, value in found.groupdict().items():
            if value is None or kind in {"collection", "_unit"}:
                continue
            name = found["collection"] if kind == "number" else kind
            handed.append((_THE_SAME.get(name, name), value))
            pieces += whole[end : found.start(kind) - start] + f"<{kind}>"
            end = found.end(kind) - start
        return pieces + whole[end:]

    return _HANDED_OUT.sub(leave_out, text), handed
