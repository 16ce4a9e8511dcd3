"""Tables, by Rich: as wide as their content in a pipe or a file, and coloured on a terminal alone.

``NO_COLOR`` switches the colours off (https://no-color.org), ``FORCE_COLOR`` on.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

import click

_UNLIMITED = 10_000  # columns; whoever reads a pipe wants whole words
_STYLES = {
    "created": "green",
    "creating": "yellow",
    "rejected": "red",
    "cancel_refused": "red",
}  # of an order's states


def print_table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows under their headers."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else _UNLIMITED, highlight=False)
    table = Table(*headers, box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in table.columns:
        column.overflow = "fold"  # an id that is cut off helps nobody
    for row in rows:
        table.add_row(*(Text(cell, _STYLES.get(cell, "")) for cell in row))
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().splitlines():
        click.echo(line.rstrip(), color=True)  # Rich has decided already
