"""The sources: one module per kind of sender, found by its file's name and imported when it is wanted.

A new sender is a new module here (``woocommerce.py`` is the source ``woocommerce``, ``google_forms.py`` is
``google-forms``) with one class on :class:`bridge.sources.shared.base.Source`.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from bridge.sources.shared.base import (
    Options,
    Payload,
    PrivacyRequest,
    Push,
    Shop,
    Signed,
    Source,
    Traits,
    Webhook,
)

__all__ = [
    "NAMES",
    "Options",
    "Payload",
    "PrivacyRequest",
    "Push",
    "Shop",
    "Signed",
    "Source",
    "Traits",
    "Webhook",
    "get",
]

NAMES: tuple[str, ...] = tuple(
    sorted(module.name.replace("_", "-") for module in iter_modules(__path__) if not module.ispkg)
)


@cache
def get(name: str) -> Source:
    """Return the source of that name.

    Raises:
        LookupError: there is none; the message lists those there are.

    """
    if name not in NAMES:
        raise LookupError(f'there is no source "{name}"; the sources are: {", ".join(NAMES)}')
    module = import_module(f"{__name__}.{name.replace('-', '_')}")
    kinds = (
        found for found in vars(module).values() if isinstance(found, type) and issubclass(found, Source)
    )
    (source,) = (kind() for kind in kinds if kind.__module__ == module.__name__)
    return source
