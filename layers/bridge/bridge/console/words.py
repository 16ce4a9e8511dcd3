"""The page's words in each language, from ``words/<language>.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from markupsafe import Markup, escape

NAMES = {"en": "English", "fr": "Français", "es": "Español"}  # each in itself


class Words:
    """One language."""

    def __init__(self, language: str, table: Mapping[str, Any]) -> None:
        self.language = language
        self._table = table

    def __call__(self, key: str, **values: object) -> Markup:
        """Return a sentence as HTML, its values put in; a value that is no markup is escaped.

        A table of ``one`` and ``other`` is a sentence about ``n`` things.

        Raises:
            KeyError: there is no such sentence.
        """
        found = self.raw(key)
        if isinstance(found, Mapping):
            found = found["one" if self._is_one(values["n"]) else "other"]
        return Markup(escape(found)).format(**values)  # noqa: S704  # escaped the moment before

    def raw(self, key: str) -> Any:
        """Return what stands at a key: a text, a list or a table."""
        found: Any = self._table
        for part in key.split("."):
            found = found[part]
        return found

    def has(self, key: str) -> bool:
        """Tell whether something stands at a key."""
        try:
            self.raw(key)
        except (KeyError, TypeError):
            return False
        return True

    def _is_one(self, number: object) -> bool:
        return number in (0, 1) if self.language == "fr" else number == 1


@cache
def words(language: str) -> Words:
    """Return the words of one of :data:`LANGUAGES`."""
    text = (files(__package__) / "words" / f"{language}.toml").read_text(encoding="utf-8")
    return Words(language, tomllib.loads(text))
