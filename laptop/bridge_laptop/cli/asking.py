"""Whom the dry run may ask: the shop's API, or its answers in files, and CoopCycle whether it would deliver.

Secrets come from the environment, as `bridge connections apply` takes them. Nothing here prints one.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import click

from bridge.aws.connections import CLIENT_ID, CLIENT_SECRET, SHOP_TOKEN
from bridge.connections.model import Connection
from bridge.coopcycle.client import CoopCycleClient
from bridge.coopcycle.token import TokenSource
from bridge.coopcycle.transport import new_session
from bridge.errors import CredentialsRejected, ShopRejected
from bridge.planning.feasibility import ask
from bridge.sources import Shop
from bridge.sources.shared.shop_api import ShopApi
from bridge_laptop.secrets import secrets_from_environment, variable_name


def shop_for(connection: Connection, api_file: Path | None) -> Shop:
    """Return the shop's API: its answers in files, or the real one with the token of the environment.

    Raises:
        click.BadParameter: the file is not TOML with a table [api] of texts.
    """
    if api_file is not None:
        return RecordedShop(api_file)
    secrets = secrets_from_environment(connection.connection_id, os.environ)
    return ShopApi(secrets.get(SHOP_TOKEN, ""))


class RecordedShop:
    """Answers for the shop's API out of files; a path that has none is refused as a shop refuses it."""

    token = "recorded"  # noqa: S105  # no secret: nobody checks it

    def __init__(self, path: Path) -> None:
        try:
            answers = tomllib.loads(path.read_text(encoding="utf-8")).get("api")
        except ValueError as error:  # of TOML or of UTF-8
            raise click.BadParameter(f"{path} is not TOML") from error
        if not isinstance(answers, dict) or not all(isinstance(name, str) for name in answers.values()):
            raise click.BadParameter(f"{path} has no table [api] that pairs paths with names of files")
        self._files: dict[str, Path] = {route: path.parent / name for route, name in answers.items()}

    def get(self, url: str, headers: Mapping[str, str]) -> bytes:
        """Return the file that stands for an address, by its path and query.

        Raises:
            ShopRejected: none does; stderr says for which path.
        """
        del headers
        parts = urlsplit(url)
        route = f"{parts.path}?{parts.query}" if parts.query else parts.path
        file = self._files.get(route)
        if file is None or not file.is_file():
            click.echo(f"the shop's API is asked for {route}, which --api has no file for", err=True)
            raise ShopRejected(404)
        return file.read_bytes()


class _Tokens:
    """A new token for each question: the dry run asks once."""

    def __init__(self, source: TokenSource) -> None:
        self._source = source

    def token(self) -> str:
        return self._source.request().value

    def reject(self, value: str) -> None:
        del value


def ask_coopcycle(connection: Connection, body: Mapping[str, object]) -> str:
    """Ask whether CoopCycle's rules allow a delivery; return why it could not say, "" when they do.

    Raises:
        NotFeasible: they do not.
        PermanentError: no credentials in the environment, or refused ones.
        RetryableError: no usable answer.
    """
    secrets = secrets_from_environment(connection.connection_id, os.environ)
    missing = [
        variable_name(connection.connection_id, name)
        for name in (CLIENT_ID, CLIENT_SECRET)
        if name not in secrets
    ]
    if missing:
        raise CredentialsRejected(f"--assert asks CoopCycle and needs credentials, set {', '.join(missing)}")
    with new_session() as session:
        tokens = TokenSource(
            base_url=connection.coopcycle_url,
            client_id=secrets[CLIENT_ID],
            client_secret=secrets[CLIENT_SECRET],
            scope=connection.scope,
            session=session,
        )
        return ask(body, CoopCycleClient(connection.coopcycle_url, _Tokens(tokens), session=session))
