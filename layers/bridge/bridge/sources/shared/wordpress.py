"""WordPress's HTML entities: "O&#8217;Conner", "Fleurs &amp; chocolats". Decoded once, here alone.

Texts go through WordPress's filters (``wptexturize``, ``esc_html``) before they are stored or sent:
woocommerce/woocommerce#4125, #65905. Only what is written with its semicolon is an entity: "R&D" and
"12&34" stay.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_DEEPEST = 40  # of JSON that a program nests; deeper texts stay as they are


def plain_text(text: str) -> str:
    """Return a text with its entities as the characters that they stand for; "&amp;lt;" is "&lt;"."""
    return _ENTITY.sub(lambda match: html.unescape(match[0]), text) if "&" in text else text


def plain_object(body: Mapping[str, object]) -> dict[str, object]:
    """Return a JSON object with the entities of all its texts decoded; the names of its members stay.

    Objects and lists in it are changed in their places: a second copy of megabytes costs time and room.
    """
    whole = dict(body)
    holders: list[tuple[Any, int]] = [(whole, 1)]
    while holders:
        holder, depth = holders.pop()
        for key, value in holder.items() if isinstance(holder, dict) else enumerate(holder):
            if isinstance(value, str):
                if "&" in value:
                    holder[key] = plain_text(value)
            elif value and depth <= _DEEPEST and isinstance(value, dict | list):
                holders.append((value, depth + 1))
    return whole
