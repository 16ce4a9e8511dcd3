"""Connections by their shop's domain: for events, which come without an address that names a connection.

Reads the settings of every connection, and no secret: whoever asks here verifies nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from bridge.aws.connections import KEPT_SECONDS, SETTINGS
from bridge.connections.model import Connection
from bridge.connections.parse import parse_connection
from bridge.errors import InvalidConnection, UnknownConnection

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient


class ConnectionIndex:
    """The connections of each shop, kept in memory.

    What SSM said is believed for ``max_age_seconds``; that no connection is of some shop, for
    ``unknown_max_age_seconds``.
    """

    def __init__(
        self,
        ssm: SSMClient,
        path: str,
        *,
        max_age_seconds: float = KEPT_SECONDS,
        unknown_max_age_seconds: float = 30,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ssm = ssm
        self._path = path.rstrip("/")
        self._max_age_seconds = max_age_seconds
        self._unknown_max_age_seconds = unknown_max_age_seconds
        self._clock = clock
        self._by_shop: dict[tuple[str, str], tuple[Connection, ...]] = {}
        self._broken: list[str] = []
        self._read_at: float | None = None
        self._lock = threading.Lock()

    def of_shop(self, source: str, domain: str) -> tuple[Connection, ...]:
        """Return the connections of a shop: more than one where it sells for several stores.

        Raises:
            UnknownConnection: ``unknown_shop``, no connection names this shop.
            InvalidConnection: none does, but there are connections whose settings cannot be read.

        """
        key = (source, domain.lower())
        with self._lock:
            age = self._clock() - self._read_at if self._read_at is not None else None
            limit = self._max_age_seconds if key in self._by_shop else self._unknown_max_age_seconds
            if age is None or age >= limit:
                self._read()
            found = self._by_shop.get(key, ())
            broken = tuple(self._broken)
        if not found and broken:
            raise InvalidConnection(broken)
        if not found:
            raise UnknownConnection("unknown_shop")
        return found

    def _read(self) -> None:
        """Read all settings; no secret stands among them."""
        by_shop: dict[tuple[str, str], tuple[Connection, ...]] = {}
        broken: list[str] = []
        pages = self._ssm.get_paginator("get_parameters_by_path").paginate(Path=f"{self._path}/{SETTINGS}")
        for page in pages:
            for parameter in page["Parameters"]:
                connection_id = parameter["Name"].rpartition("/")[2]
                try:
                    connection = parse_connection(connection_id, parameter["Value"])
                except InvalidConnection:
                    broken.append(f"{connection_id}: its settings cannot be read, apply its file again")
                    continue
                if connection.shop_domain:
                    key = (connection.source, connection.shop_domain)
                    by_shop[key] = (*by_shop.get(key, ()), connection)
        self._by_shop, self._broken, self._read_at = by_shop, broken, self._clock()
