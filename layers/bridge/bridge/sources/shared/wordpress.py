"""WordPress's HTML entities: "O&#8217;Conner", "Fleurs &amp; chocolats". Decoded once, here alone.

Texts go through WordPress's filters (``wptexturize``, ``esc_html``) before they are stored or sent:
woocommerce/woocommerce#4125, #65905. Only what is written with its semicolon is an entity: "R&D" and
"12&34" stay.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_DEEPEST = 40  # of JSON that a program nests; deeper texts stay as they are


def plain_text(text: str) -> str:
    """Return a text with its entities as the characters that they stand for; "&amp;lt;" is "&lt;"."""
    return _ENTITY.sub(lambda match: html.unescape(match[0]), text) if "&" in text else text


def plain_object(body: Mapping[str, object]) -> dict[str, object]:
    """Return a JSON object with the entities of all its texts decoded; the names of its members stay."""
    return {key: _plain(value, 1) for key, value in body.items()}


def _plain(value: object, depth: int) -> object:
    if isinstance(value, str):
        return plain_text(value)
    if depth > _DEEPEST:
        return value
    if isinstance(value, list):
        return [_plain(one, depth + 1) for one in value]
    if isinstance(value, dict):
        return {key: _plain(one, depth + 1) for key, one in value.items()}
    return value
