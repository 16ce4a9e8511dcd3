"""The checkout that the command works with: its template, functions, connections and samples.

An editable install (`make install`) belongs to the checkout it was made from. One that was copied elsewhere
(`uv tool install`, `pipx install`) works with the checkout that one stands in, and without any where none of
its files is needed.
"""

from __future__ import annotations

from pathlib import Path

_ITS_FILES = ("template.yaml", "functions/receive_webhook/app.py")


def is_checkout(folder: Path) -> bool:
    """Tell whether a folder is the root of a checkout."""
    return all((folder / name).is_file() for name in _ITS_FILES)


def find(installed: Path, standing: Path) -> Path:
    """Return the root of the checkout that holds ``installed``, else of the one around ``standing``.

    Where there is neither it is ``standing``, in which nothing will be found.
    """
    around = [installed, standing, *standing.parents]
    return next((folder for folder in around if is_checkout(folder)), standing)


ROOT = find(Path(__file__).resolve().parents[2], Path.cwd())
