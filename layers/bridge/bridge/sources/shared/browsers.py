"""The settings of a form that browsers send: where visitors go on, and which pages may read our answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import SplitResult, urlsplit

from bridge.http_hosts import is_encrypted_or_local

THANK_YOU_URL, ERROR_URL, ORIGINS = "thank_you_url", "error_url", "origins"
BROWSER_SETTINGS: Mapping[str, str] = {
    THANK_YOU_URL: "where a visitor's browser goes on once his form has arrived; by default it is shown a "
    "short page in its language",
    ERROR_URL: "likewise where a form is refused; `?error=` and the code of the reason are added",
    ORIGINS: "the pages whose scripts may send the form and read the answer, with commas between, such as "
    '"https://bloom.example"; their frames may show our page',
}
_HOST = re.compile(r"[a-z0-9.-]+(:[0-9]{1,5})?|\[[0-9a-f:]+\](:[0-9]{1,5})?")


def listed(settings: Mapping[str, str], key: str) -> list[str]:
    """Return the values of a setting with commas between."""
    return list(filter(None, map(str.strip, settings.get(key, "").split(","))))


def problems_of(settings: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the key of each setting that is wrong, and what would be right."""
    for key in (THANK_YOU_URL, ERROR_URL):
        if (text := settings.get(key, "")) and not _is_address(text):
            yield key, f'"{text}" is no address of a page, write it such as "https://bloom.example/thanks"'
    for text in listed(settings, ORIGINS):
        if not _is_origin(text):
            yield (
                ORIGINS,
                f'"{text}" is no origin, which is a scheme and a host, such as "https://bloom.example"',
            )


def _is_address(text: str) -> bool:
    parts = _split(text)
    return parts is not None and not re.search(r"[\s\x00-\x1f]", text) and not parts.username


def _is_origin(text: str) -> bool:
    """Tell whether a text is an origin as browsers write it (RFC 6454, 6.2)."""
    parts = _split(text)
    return (
        parts is not None
        and text == f"{parts.scheme}://{parts.netloc}"
        and bool(_HOST.fullmatch(parts.netloc))
    )


def _split(text: str) -> SplitResult | None:
    """Return the parts of an address that is https, or plain http to this machine alone."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    return parts if parts.hostname and is_encrypted_or_local(parts) else None
