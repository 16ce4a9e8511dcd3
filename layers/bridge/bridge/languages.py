"""The languages in which people are spoken to, and which of them a browser likes best."""

from __future__ import annotations

LANGUAGES = ("en", "fr", "es")  # the first is for those who read none of them


def choose_language(accept_language: str) -> str:
    """Return the language that a browser likes best of ours (RFC 9110, section 12.5.4)."""
    wished: list[tuple[float, int, str]] = []
    for position, part in enumerate(accept_language.split(",")):
        name, _, parameter = part.strip().partition(";")
        try:
            quality = float(parameter.replace(" ", "").removeprefix("q=") or 1)
        except ValueError:
            quality = 0.0
        language = name.partition("-")[0].lower()
        if language in LANGUAGES and quality > 0:
            wished.append((-quality, position, language))
    return min(wished)[2] if wished else LANGUAGES[0]
