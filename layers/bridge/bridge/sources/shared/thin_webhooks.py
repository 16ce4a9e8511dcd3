"""What sources with thin webhooks share: where the sender's API is, and what counts as its answer.

Only the standard library and no network: a request is made by the :class:`~bridge.sources.shared.base.Shop`
that is handed in. An address is made of settings and of an order id that was checked, never of a body.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from bridge.document import load_object
from bridge.errors import InvalidConnection, MalformedWebhook, ShopUnavailable
from bridge.http_hosts import is_encrypted_or_local
from bridge.sources.shared.base import Options, Shop


def base_url(options: Options, key: str, default: str = "") -> str:
    """Return the address under ``sender.<key>`` without its final slash.

    Raises:
        InvalidConnection: not https (plain http is for this machine alone), or more than scheme, host, port
            and path; the text never quotes the address, which may hold a password.

    """
    text = options.settings.get(key, "").strip() or default
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:  # a port that is no number, half an IPv6 address
        host = None
    if not host or any(character.isspace() or ord(character) < 0x20 for character in text):
        raise _wrong(key, 'is not an address, write it such as "https://shop.example"')
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise _wrong(key, "must be an address without user, password, query and fragment")
    if not is_encrypted_or_local(parts):
        raise _wrong(key, "must begin with https://, plain http is for 127.0.0.1 alone")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def token_of(shop: Shop) -> str:
    """Return the connection's ``shop_token``.

    Raises:
        InvalidConnection: it has none, or one that no header can carry.

    """
    token = shop.token.strip()
    if not token:
        raise InvalidConnection(
            ["shop_token: missing, this sender's webhooks only name the order; apply the connection with it"]
        )
    if not token.isascii() or not token.isprintable():
        raise InvalidConnection(["shop_token: holds a character that no token has, apply it again"])
    return token


def read_answer(raw: bytes) -> dict[str, object]:
    """Read the answer of a sender's API, which must be one JSON object.

    Raises:
        ShopUnavailable: it is something else (the page of a proxy, say); it is asked again.

    """
    try:
        return load_object(raw)
    except MalformedWebhook as exc:
        raise ShopUnavailable(f"the shop's API answered with no order ({exc.reason})") from exc


def _wrong(key: str, sentence: str) -> InvalidConnection:
    return InvalidConnection([f"sender.{key}: {sentence}"])
