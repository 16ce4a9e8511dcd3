"""Writes what ``sam local`` needs under .aws-sam/local, and runs the SAM CLI with no AWS account in reach."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import yaml

from bridge.aws.connections import ALL_SECRETS, SETTINGS, ConnectionStore
from bridge.connections.model import Connection, Secrets
from bridge.connections.parse import parse_connection
from bridge.operator.connections import ConnectionRegistry, write_connection
from bridge_laptop import sam_template
from bridge_laptop.lambda_events import EVENT_SOURCE_NAME
from bridge_laptop.local import provisioning
from bridge_laptop.local.containers import ContainerAddresses
from bridge_laptop.local.engine import Engine
from bridge_laptop.local.isolation import isolated
from bridge_laptop.local.running_stack import LocalState
from bridge_laptop.sam_local import project
from bridge_laptop.sam_local.orders import Invocation, invocations

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

FOLDER = sam_template.ROOT / ".aws-sam" / "local"
SAM = sam_template.ROOT / ".venv" / "sam" / "bin" / "sam"
SAMPLE_SHOP = "sample-shop.myshopify.com"  # the shop that signs for a connection that names none


class CannotRun(RuntimeError):
    """`sam local` cannot reach the stack or be built; the text says why and what would be right."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was written."""

    config_file: Path
    connection: Connection
    secrets: Secrets
    invocations: Mapping[str, Invocation]
    events: Mapping[str, Path]  # function -> the file with its event


def prepare(local: LocalState, engine: Engine, folder: Path = FOLDER) -> Prepared:
    """Write template, variables, settings and events, copy the connections, and build.

    The caller's environment is that of :func:`bridge_laptop.local.isolation.isolation`.

    Raises:
        CannotRun: containers cannot reach the stack, it has no Shopify connection, or the build failed.
    """
    containers = _reachable(local, engine)
    template = sam_template.load()
    environments = project.variables(template, local, containers)
    ssm = boto3.session.Session().client("ssm", endpoint_url=local.aws_endpoint)
    connection, secrets = _copy_connections(ssm, local.coopcycle_url.rstrip("/"), containers)
    source_name = local.names.get("ShopifyEventSourceName") or EVENT_SOURCE_NAME
    found = invocations(environments, connection, secrets, source_name)

    built = folder / "build" / "template.yaml"
    committed = tomllib.loads((sam_template.ROOT / "samconfig.toml").read_text(encoding="utf-8"))
    tables = project.settings(committed, built, folder / "variables.json", containers.gateway)
    derived = project.derived_template(template, environments, engine.architecture)
    events = {name: folder / "events" / f"{name}.json" for name in found}
    (folder / "events").mkdir(parents=True, exist_ok=True)
    (folder / "template.yaml").write_text(yaml.safe_dump(derived, sort_keys=False), encoding="utf-8")
    (folder / "samconfig.toml").write_text(project.as_samconfig(tables), encoding="utf-8")
    (folder / "variables.json").write_text(json.dumps(environments, indent=2), encoding="utf-8")
    for name, invocation in found.items():
        events[name].write_text(json.dumps(invocation.event, indent=2), encoding="utf-8")
    _build(folder, engine)
    return Prepared(folder / "samconfig.toml", connection, secrets, found, events)


def _reachable(local: LocalState, engine: Engine) -> ContainerAddresses:
    if engine.rootless:
        raise CannotRun(
            "the container engine is rootless: its containers cannot reach this machine. Start the one of "
            "root (`sudo systemctl start podman.socket`, or Docker's) and name it in DOCKER_HOST"
        )
    if local.containers is None or local.containers.gateway != engine.gateway:
        raise CannotRun(
            "the local stack does not listen where this container engine's containers can reach it; was the "
            "engine started later? Stop `make run` and start it again"
        )
    return local.containers


def _copy_connections(
    ssm: SSMClient, coopcycle_url: str, containers: ContainerAddresses
) -> tuple[Connection, Secrets]:
    """Copy the stack's connections for containers, and return the first one of a Shopify shop."""
    shopify = None
    registry = ConnectionRegistry(ssm, provisioning.CONNECTIONS_PATH)
    for connection_id in registry.ids():
        secrets = registry.parameters(connection_id)
        settings = secrets.pop(SETTINGS).replace(coopcycle_url, containers.coopcycle_url)
        if parse_connection(connection_id, settings).source == "shopify" and shopify is None:
            shopify = connection_id
            settings = _with_a_shop(settings)
        write_connection(ssm, project.CONNECTIONS_PATH, connection_id, settings, secrets)
    if shopify is None:
        raise CannotRun(
            "the local stack has no connection of a Shopify shop, and the sample orders are Shopify's"
        )
    return ConnectionStore(ssm, project.CONNECTIONS_PATH, ALL_SECRETS).get(shopify)


def _with_a_shop(text: str) -> str:
    """Name the sample's shop: an event of the bus finds its connection by nothing else."""
    if "sender" in tomllib.loads(text):
        return text
    return f'{text}\n[sender]\nshop_domain = "{SAMPLE_SHOP}"\n'


def _build(folder: Path, engine: Engine) -> None:
    install_sam()
    # no bytecode: containers of this machine start no sooner with it, and it would need a Python 3.13 here
    environ = clean_environment(os.environ, engine) | {"ARCHITECTURE": engine.architecture, "BYTECODE": "0"}
    done = subprocess.run(  # the SAM CLI of our own virtual environment
        [
            *(str(SAM), "build", "--template-file", str(folder / "template.yaml")),
            *("--build-dir", str(folder / "build"), "--cache-dir", str(folder / "cache")),
            *("--cached", "--parallel", "--config-file", str(folder / "samconfig.toml")),
        ],
        cwd=sam_template.ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise CannotRun(f"sam build failed:\n{done.stdout}{done.stderr}")


def install_sam() -> None:
    """Have the SAM CLI in its own virtual environment, as `make validate` would.

    Raises:
        CannotRun: it could not be installed.
    """
    make = shutil.which("make")
    if make is None:
        raise CannotRun("`make` is needed, to install the SAM CLI and to build the layer")
    done = subprocess.run(  # a target of our own Makefile
        [make, "--silent", ".venv/sam/.installed"],
        cwd=sam_template.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise CannotRun(f"the SAM CLI could not be installed:\n{done.stdout}{done.stderr}")


def clean_environment(environ: Mapping[str, str], engine: Engine) -> dict[str, str]:
    """Return the environment for the SAM CLI: no profile, no credentials, no region of a real account in it.

    The SAM CLI would otherwise read the profile's credentials and hand them to the function.
    """
    return isolated(environ) | {
        "DOCKER_HOST": engine.address,
        "SAM_CLI_TELEMETRY": "0",
        "PATH": f"{sam_template.ROOT / '.venv' / 'bin'}{os.pathsep}{environ.get('PATH', '')}",
    }


def sam_command(prepared: Prepared, arguments: Sequence[str]) -> list[str]:
    """Return the command line of ``sam local``; `invoke` without an event gets the function's sample."""
    command = [str(SAM), "local", *arguments]
    if arguments[0] in ("invoke", "start-api"):
        command[3:3] = ["--config-file", str(prepared.config_file)]
    if arguments[0] == "invoke" and not {"-e", "--event"} & set(arguments):
        function = next((name for name in arguments[1:] if name in prepared.events), None)
        if function is not None:
            command += ["--event", str(prepared.events[function])]
    return command
