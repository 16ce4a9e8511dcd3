"""How commands end, for scripts; docs/commands.md has the table made from this."""

from __future__ import annotations

DONE, FAILED, USAGE, IGNORED = 0, 1, 2, 3

MEANINGS = {
    DONE: "done; of `map`: a delivery",
    FAILED: "not done: what is asked for is not there, AWS or CoopCycle cannot be asked, or nobody said yes; "
    "one sentence on stderr says which",
    USAGE: "the command line is wrong; of `map`: an error, the order would be parked or wait; of "
    "`sam-local`: no container engine",
    IGNORED: "of `map`: the order would be ignored",
}
