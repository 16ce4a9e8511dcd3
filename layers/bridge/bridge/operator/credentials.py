"""Questions to CoopCycle with given credentials, outside the functions' shared token."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.errors import CredentialsRejected, PermanentError, RetryableError

if TYPE_CHECKING:
    from bridge.connections.model import Connection
    from bridge.coopcycle.client import CoopCycleClient
    from bridge.coopcycle.token import TokenSource


class OneToken:
    """A new token for one question: nothing is cached, so what is asked is asked with these credentials."""

    def __init__(self, source: TokenSource) -> None:
        self._source = source

    def token(self) -> str:
        """Request a token."""
        return self._source.request().value

    def reject(self, value: str) -> None:
        """Do nothing: the next one is new anyway."""
        del value


@contextmanager
def client_with(connection: Connection, client_id: str, client_secret: str) -> Iterator[CoopCycleClient]:
    """Give a client of the connection's instance with these credentials, for one question."""
    from bridge.coopcycle.client import CoopCycleClient
    from bridge.coopcycle.token import TokenSource
    from bridge.coopcycle.transport import new_session

    with new_session() as session:
        tokens = TokenSource(
            base_url=connection.coopcycle_url,
            client_id=client_id,
            client_secret=client_secret,
            scope=connection.scope,
            session=session,
        )
        yield CoopCycleClient(connection.coopcycle_url, OneToken(tokens), session=session)


@dataclass(frozen=True, slots=True)
class CredentialsCheck:
    """What CoopCycle says to credentials; ``accepted`` is ``None`` when it could not be asked.

    ``store`` is the IRI of the store they are of; empty for an app of none, which can create nothing.
    ``why`` is a sentence where they are not accepted.
    """

    accepted: bool | None
    store: str = ""
    why: str = ""


def check_credentials(connection: Connection, client_id: str, client_secret: str) -> CredentialsCheck:
    """Ask CoopCycle whether it accepts a connection's credentials, and whose they are."""
    try:
        with client_with(connection, client_id, client_secret) as client:
            identity = client.me()
    except CredentialsRejected as error:
        return CredentialsCheck(accepted=False, why=str(error))
    except (PermanentError, RetryableError) as error:
        return CredentialsCheck(None, why=str(error))
    return CredentialsCheck(accepted=True, store=identity.store or "")


def ask_feasibility(
    connection: Connection, body: Mapping[str, object], client_id: str, client_secret: str
) -> str:
    """Ask whether CoopCycle's rules allow a delivery; return why it could not say, "" when they do.

    Raises:
        NotFeasible: they do not.
        PermanentError: the credentials are refused.
        RetryableError: no usable answer.
    """
    from bridge.planning.feasibility import ask

    with client_with(connection, client_id, client_secret) as client:
        return ask(body, client)
