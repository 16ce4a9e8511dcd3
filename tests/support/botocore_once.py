"""What botocore reads, builds or finds out anew for each client, done once for all clients of a run.

Each test of the functions makes about eight, and this is more than half of what it takes to make one. Nothing
of it depends on what a client is for: the JSON of the services, a service's methods, the parameters of a
handler, the names of events.
"""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar

import botocore.client
import botocore.hooks
import botocore.loaders
from botocore.hooks import NodeList


class SharedAliases(botocore.hooks.EventAliaser):  # type: ignore[misc]  # botocore has no types for it
    """What an event is called today, looked up once."""

    _names: ClassVar[dict[str, str]] = {}

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._alias_name_cache = self._names


class SharedClasses(botocore.client.ClientCreator):  # type: ignore[misc]  # likewise
    """A service's methods, made once: they hold nothing of a client."""

    _classes: ClassVar[dict[str, type]] = {}

    def _create_client_class(self, service_name: str, service_model: Any) -> type:
        if service_name not in self._classes:
            self._classes[service_name] = super()._create_client_class(service_name, service_model)
        return self._classes[service_name]


def copied_node(_: object, node: dict[str, Any]) -> dict[str, Any]:
    """Copy the tree of handlers as botocore does, without asking each of its leaves how it is copied."""
    copied = {}
    for key, value in node.items():
        if type(value) is dict:
            copied[key] = copied_node(_, value)
        elif type(value) is NodeList:
            copied[key] = NodeList(value.first[:], value.middle[:], value.last[:])
        else:
            copied[key] = value
    return copied


def install() -> None:
    """Do all this in the present process."""
    botocore.loaders.create_loader = cache(botocore.loaders.create_loader)
    botocore.hooks.accepts_kwargs = cache(botocore.hooks.accepts_kwargs)
    botocore.hooks.EventAliaser = SharedAliases
    botocore.hooks._PrefixTrie._recursive_copy = copied_node
    botocore.client.ClientCreator = SharedClasses
