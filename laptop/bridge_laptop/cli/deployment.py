"""Which deployment a command is about (`--environment`, `--local`), and what went wrong as one clear line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, update_wrapper
from typing import Any, Concatenate, ParamSpec, TypeVar

import boto3
import click

from bridge.operator.connections import ConnectionRegistry, connections_path
from bridge.operator.deployment import Deployment, MakeClient, deployed, on_this_machine
from bridge.operator.errors import OperatorError
from bridge_laptop.cli.aws import plain_aws_errors
from bridge_laptop.cli.options import (
    compared_environment_option,
    compared_local_option,
    endpoint_option,
    environment_option,
    local_option,
)
from bridge_laptop.cli.text import explain
from bridge_laptop.local import running_stack
from bridge_laptop.local.isolation import LOCAL_AWS

P = ParamSpec("P")
R = TypeVar("R")


def deployment_options(command: Callable[Concatenate[Deployment, P], R]) -> Callable[..., R]:
    """Give a command `--environment` and `--local`, and the deployment they name as its first argument."""

    def run(*args: Any, environment: str, is_local: bool, endpoint_url: str | None, **kwargs: Any) -> R:
        def deployment() -> Deployment:
            return local_deployment() if is_local else deployed(environment, _clients(endpoint_url))

        return _plainly(lambda: command(deployment(), *args, **kwargs))

    return environment_option(local_option(endpoint_option(update_wrapper(run, command))))


def upgrade_options(
    command: Callable[Concatenate[ConnectionRegistry, Callable[[], Deployment], P], R],
) -> Callable[..., R]:
    """Give a command `--environment` and `--local`, the connections there, and what finds the deployment.

    A stack of an earlier version may not say enough to be a deployment of this one.
    """

    def run(*args: Any, environment: str, is_local: bool, endpoint_url: str | None, **kwargs: Any) -> R:
        def here() -> R:
            clients = _clients(endpoint_url)
            if is_local:
                local = local_deployment()
                return command(local.registry, lambda: local, *args, **kwargs)
            registry = ConnectionRegistry(clients("ssm"), connections_path(environment))
            return command(registry, lambda: deployed(environment, clients), *args, **kwargs)

        return _plainly(here)

    return environment_option(local_option(endpoint_option(update_wrapper(run, command))))


def registry_options(command: Callable[Concatenate[ConnectionRegistry, P], R]) -> Callable[..., R]:
    """Give a command `--environment` and `--local`, and the connections in force there as its first argument.

    Other than a deployment they may be there without a stack: before it is deployed, and after it is removed.
    """

    def run(*args: Any, environment: str, is_local: bool, endpoint_url: str | None, **kwargs: Any) -> R:
        def registry() -> ConnectionRegistry:
            return _registry(environment, is_local=is_local, endpoint_url=endpoint_url)

        return _plainly(lambda: command(registry(), *args, **kwargs))

    return environment_option(local_option(endpoint_option(update_wrapper(run, command))))


def clients_options(command: Callable[Concatenate[MakeClient, str, P], R]) -> Callable[..., R]:
    """Give a command `--environment`, and what makes clients and the environment's name as its arguments."""

    def run(*args: Any, environment: str, endpoint_url: str | None, **kwargs: Any) -> R:
        return _plainly(lambda: command(_clients(endpoint_url), environment, *args, **kwargs))

    return environment_option(endpoint_option(update_wrapper(run, command)))


def comparing_options(command: Callable[Concatenate[Compared | None, P], R]) -> Callable[..., R]:
    """Give a command `--environment` and `--local`, and what is in force there; ``None`` without both."""

    def run(
        *args: Any, environment: str | None, is_local: bool, endpoint_url: str | None, **kwargs: Any
    ) -> R:
        def compared() -> Compared | None:
            if not (environment or is_local):
                return None
            where = _registry(environment or "", is_local=is_local, endpoint_url=endpoint_url)
            return Compared(where, running().coopcycle_url if is_local else "")

        return _plainly(lambda: command(compared(), *args, **kwargs))

    described = compared_local_option(endpoint_option(update_wrapper(run, command)))
    return compared_environment_option(described)


@dataclass(frozen=True, slots=True)
class Compared:
    """The connections in force that files are compared with; those of a stack here are of its instance."""

    registry: ConnectionRegistry
    coopcycle_url: str


def _registry(environment: str, *, is_local: bool, endpoint_url: str | None) -> ConnectionRegistry:
    if is_local:
        return local_deployment().registry
    return ConnectionRegistry(_clients(endpoint_url)("ssm"), connections_path(environment))


def _clients(endpoint_url: str | None) -> MakeClient:
    """Return what makes clients; region, profile and credentials are those of the AWS CLI."""
    client: MakeClient = partial(boto3.session.Session().client, endpoint_url=endpoint_url)
    return client


def _plainly(do: Callable[[], R]) -> R:
    """Do something, and turn what boto3 and the operator's functions raise into one line.

    Raises:
        click.ClickException: in place of it; exit code 1.
    """
    with plain_aws_errors():
        try:
            return do()
        except OperatorError as error:
            raise click.ClickException(explain(error)) from error


def running() -> running_stack.LocalState:
    """Return where the running local stack is.

    Raises:
        click.ClickException: none is running here.
    """
    try:
        return running_stack.read()
    except running_stack.NotRunning as error:
        raise click.ClickException(str(error)) from error


def local_deployment() -> Deployment:
    """Return the running local stack.

    Raises:
        click.ClickException: none is running here.
    """
    stack = running()
    session = boto3.session.Session(
        aws_access_key_id=LOCAL_AWS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=LOCAL_AWS["AWS_SECRET_ACCESS_KEY"],
        region_name=LOCAL_AWS["AWS_REGION"],
    )
    return on_this_machine(
        running_stack.ENVIRONMENT,
        partial(session.client, endpoint_url=stack.aws_endpoint),
        stack.names,
        webhook_url=f"{stack.url}/webhooks/",
    )
