"""Connections in SSM Parameter Store: settings, and the secrets that a reader may know, in one call.

Below a path, ``/bridge/<environment>``, each reader of secrets has a hierarchy of its own, so that a role can
be given its own and no other::

    settings/<connection_id>                                     String: the file's text; every reader's
    receiving/<connection_id>/webhook-secret[-previous]          SecureString: what verifies a webhook
    dispatching/<connection_id>/client-id|client-secret|shop-token     what asks CoopCycle and the shop
    status/<connection_id>/status-secret                         what verifies CoopCycle's own webhooks

GetParameters takes names of several hierarchies in one call, ten at most, and IAM checks every name
(https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html): so nothing has to be
written twice, and no two copies can differ. This module only reads; ``bridge connections apply`` on the
laptop writes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection

from bridge.connections.model import Connection, Secrets
from bridge.connections.parse import is_connection_id, parse_connection
from bridge.errors import InvalidConnection, UnknownConnection

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

    from bridge.aws.known_ids import KnownIds

SETTINGS = "settings"
WEBHOOK_SECRET = "webhook-secret"
WEBHOOK_SECRET_PREVIOUS = "webhook-secret-previous"
CLIENT_ID = "client-id"
CLIENT_SECRET = "client-secret"
STATUS_SECRET = "status-secret"
SHOP_TOKEN = "shop-token"

RECEIVING = (WEBHOOK_SECRET, WEBHOOK_SECRET_PREVIOUS)
DISPATCHING = (CLIENT_ID, CLIENT_SECRET, SHOP_TOKEN)
STATUS = (STATUS_SECRET,)
ALL_SECRETS = (*RECEIVING, *DISPATCHING, *STATUS)
HIERARCHY_OF = {
    **dict.fromkeys(RECEIVING, "receiving"),
    **dict.fromkeys(DISPATCHING, "dispatching"),
    **dict.fromkeys(STATUS, "status"),
}

KEPT_SECONDS = 300.0  # how long what SSM said of a connection is believed
DOUBTED_SECONDS = 5.0  # likewise where its credentials are refused: somebody may just be mending them
STALE_SECONDS = 3600.0  # how long a known connection outlives an SSM that does not answer
_REMEMBERED_UNKNOWN = 1000  # ids come from outside, so their number is bounded
_TRANSIENT_CODES = frozenset(
    {"ThrottlingException", "Throttling", "RequestLimitExceeded", "TooManyRequestsException"}
)


def parameter_name(path: str, connection_id: str, name: str) -> str:
    """Return the full name of a connection's settings or of one of its secrets."""
    if name == SETTINGS:
        return f"{path}/{SETTINGS}/{connection_id}"
    return f"{path}/{HIERARCHY_OF[name]}/{connection_id}/{name}"


def read_parameters(
    ssm: SSMClient, path: str, connection_id: str, secrets: Sequence[str] = ALL_SECRETS
) -> dict[str, str]:
    """Return a connection's settings and these of its secrets, decrypted, by their short names.

    Empty when there are none.
    """
    names = {parameter_name(path, connection_id, name): name for name in (SETTINGS, *secrets)}
    answer = ssm.get_parameters(Names=list(names), WithDecryption=True)
    return {names[parameter["Name"]]: parameter["Value"] for parameter in answer["Parameters"]}


def secrets_of(parameters: dict[str, str]) -> Secrets:
    """Return the secrets among a connection's parameters; an absent one is empty."""
    webhook = (parameters.get(WEBHOOK_SECRET, ""), parameters.get(WEBHOOK_SECRET_PREVIOUS, ""))
    return Secrets(
        webhook=tuple(secret for secret in webhook if secret),
        client_id=parameters.get(CLIENT_ID, ""),
        client_secret=parameters.get(CLIENT_SECRET, ""),
        status=parameters.get(STATUS_SECRET, ""),
        shop_token=parameters.get(SHOP_TOKEN, ""),
    )


@dataclass(slots=True)
class _Entry:
    """What is known of one connection: its value, or the problems of its settings."""

    value: tuple[Connection, Secrets] | None
    problems: tuple[str, ...]
    read_at: float
    fresh_until: float


class ConnectionStore:
    """Looks connections up by id, for any number of threads; of their secrets it asks for ``secrets`` alone.

    What SSM said is believed for ``max_age_seconds``; that an id is unknown, or its settings broken, for
    ``unknown_max_age_seconds``. While SSM throttles or fails, a connection read within the last hour
    (:data:`STALE_SECONDS`) goes on as it was, and SSM is asked again only every
    ``unknown_max_age_seconds``. A refusal (access denied) is no outage and passes through.
    With ``known_ids``, an id that is not on that list costs no question of its own.
    """

    def __init__(
        self,
        ssm: SSMClient,
        path: str,
        secrets: Sequence[str] = DISPATCHING,
        *,
        known_ids: KnownIds | None = None,
        max_age_seconds: float = KEPT_SECONDS,
        unknown_max_age_seconds: float = 30,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ssm = ssm
        self._path = path.rstrip("/")
        self._secrets = tuple(secrets)
        self._known_ids = known_ids
        self._max_age_seconds = max_age_seconds
        self._unknown_max_age_seconds = unknown_max_age_seconds
        self._clock = clock
        self._entries: dict[str, _Entry] = {}
        self._unknown_until: dict[str, float] = {}
        self._lock = threading.Lock()  # held while SSM is asked: one question, however many threads wait

    def get(self, connection_id: str) -> tuple[Connection, Secrets]:
        """Return a connection and the secrets of this reader; the others are empty.

        Raises:
            UnknownConnection: there is none of that id; an id of a wrong form costs no call.
            InvalidConnection: its settings in SSM do not pass the checks.

        """
        if not is_connection_id(connection_id):
            raise UnknownConnection("unknown_connection")
        with self._lock:
            entry = self._look_up(connection_id)
        if entry is None:
            raise UnknownConnection("unknown_connection")
        if entry.value is None:
            raise InvalidConnection(entry.problems)
        return entry.value

    def doubt(self, connection_id: str) -> None:
        """Believe what is known of a connection for :data:`DOUBTED_SECONDS` from its reading, and no longer.

        For whoever was told that its credentials are wrong: they may have been mended since.
        """
        with self._lock:
            known = self._entries.get(connection_id)
            if known is not None:
                known.fresh_until = min(known.fresh_until, known.read_at + DOUBTED_SECONDS)

    def _look_up(self, connection_id: str) -> _Entry | None:
        now = self._clock()
        known = self._entries.get(connection_id)
        if known is not None and now < known.fresh_until:
            return known
        if now < self._unknown_until.get(connection_id, now):
            return None
        if known is None and self._known_ids and not self._known_ids.may_know(connection_id):
            return None
        try:
            parameters = read_parameters(self._ssm, self._path, connection_id, self._secrets)
        except (ClientError, HTTPClientError, NoConnection) as error:
            if known is None or now >= known.read_at + STALE_SECONDS or not _is_outage(error):
                raise
            known.fresh_until = now + self._unknown_max_age_seconds
            return known
        self._unknown_until.pop(connection_id, None)
        self._entries.pop(connection_id, None)
        if SETTINGS not in parameters:
            self._remember_unknown(connection_id, now)
            return None
        entry = self._read(connection_id, parameters, now)
        self._entries[connection_id] = entry
        return entry

    def _remember_unknown(self, connection_id: str, now: float) -> None:
        if len(self._unknown_until) >= _REMEMBERED_UNKNOWN:
            self._unknown_until.clear()
        self._unknown_until[connection_id] = now + self._unknown_max_age_seconds

    def _read(self, connection_id: str, parameters: dict[str, str], now: float) -> _Entry:
        try:
            connection = parse_connection(connection_id, parameters[SETTINGS])
        except InvalidConnection as error:
            return _Entry(None, error.problems, now, now + self._unknown_max_age_seconds)
        return _Entry((connection, secrets_of(parameters)), (), now, now + self._max_age_seconds)


def _is_outage(error: ClientError | HTTPClientError | NoConnection) -> bool:
    """Tell an SSM that cannot answer now from one that answered no."""
    if not isinstance(error, ClientError):  # no connection, or none that lasted
        return True
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status >= 500 or error.response.get("Error", {}).get("Code") in _TRANSIENT_CODES
