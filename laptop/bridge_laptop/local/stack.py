"""The whole bridge on one machine: HTTP front, handlers, queue poller, AWS emulator, CoopCycle sandbox.

Only the edges are ours (front and poller, which stand for API Gateway and the event source mapping);
the handlers, boto3, the template and the HTTP calls are the real ones.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import boto3
import botocore.session
from botocore.exceptions import EndpointConnectionError

from bridge.aws.connections import CLIENT_ID, CLIENT_SECRET
from bridge.connections.model import Connection
from bridge.errors import InvalidConnection
from bridge.operator.connections import ConnectionRegistry, write_connection
from bridge_laptop import sam_template, secrets
from bridge_laptop.connection_files import check_files, files_in
from bridge_laptop.http_server import Server
from bridge_laptop.local import engine, moto_server, provisioning
from bridge_laptop.local.api_gateway import Authorizer, HttpApi
from bridge_laptop.local.containers import ContainerAddresses, open_to_containers
from bridge_laptop.local.event_source_mapping import SqsEventSource
from bridge_laptop.local.function_output import FunctionOutput, Tell, logged_to
from bridge_laptop.local.isolation import isolation
from bridge_laptop.local.running_stack import LocalState
from bridge_laptop.local.runtimes import InProcess, RiePool, Runtime
from bridge_laptop.local.workbench import Workbench
from bridge_laptop.sandbox.seed import with_apps
from bridge_laptop.sandbox.server import SandboxServer

LOCAL_FUNCTIONS = {"POWERTOOLS_METRICS_DISABLED": "true"}
QUIET = "WARNING"  # the level of logs that nobody reads
RECEIVERS = 4  # execution environments of a function behind HTTP, with the emulator
NO_SIGN_IN = {"SIGN_IN_URL": "none", "SIGN_IN_CLIENT_ID": "none"}
CONSOLE = "ShowConsoleFunction"


class EndpointNotReachable(RuntimeError):
    """Nothing answers at the AWS endpoint that was named."""


@dataclass
class Options:
    """What `bridge local` was asked for."""

    port: int = 3000
    coopcycle_url: str | None = None
    aws_endpoint: str | None = None
    connections: Path = field(default_factory=lambda: sam_template.ROOT / "connections")
    runtime: str = "inprocess"  # inprocess | rie
    sandbox_port: int | None = None  # default: the next free port after ``port``
    workers: int | None = None  # dispatchers at once; default: the template's
    function_log: Path | None = None  # where the emulators write; default: where this process does
    tell: Tell | None = None  # is told what the functions log, which is then kept as well
    log_level: str = "INFO"  # of what is told
    again: Callable[[], bool] = lambda: False  # whether SQS delivers a handled message once more
    console: Mapping[str, str] = field(default_factory=dict)  # variables of the page, for tests
    authorizer: Authorizer | None = (
        None  # stands before the page's routes as in AWS; default: nobody signs in
    )


@dataclass
class LocalStack:
    """A running stack."""

    url: str
    coopcycle_url: str
    aws_endpoint: str
    connections: Mapping[str, Connection]
    names: Mapping[str, str]  # what references of the template mean: queue addresses, table names
    runtimes: Mapping[str, Runtime]
    pollers: Sequence[SqsEventSource]
    sandbox: SandboxServer | None
    containers: ContainerAddresses

    def state(self) -> LocalState:
        """Return what a command beside the stack needs to know."""
        return LocalState(
            self.url,
            self.aws_endpoint,
            self.names,
            coopcycle_url=self.coopcycle_url,
            containers=self.containers,
        )


@contextmanager
def running(options: Options) -> Iterator[LocalStack]:
    """Start everything, yield it, and stop everything again.

    The environment of this process is the functions' environment while the stack runs.

    Raises:
        InvalidConnection: a connection file is wrong.
        EndpointNotReachable: nothing answers at ``aws_endpoint``.
        OSError: the port is taken.

    """
    _read_models_once()
    with ExitStack() as exits:
        environ_before = exits.enter_context(isolation())
        level = {"POWERTOOLS_LOG_LEVEL": options.log_level if options.tell else QUIET}
        os.environ.update({k: v for k, v in (LOCAL_FUNCTIONS | level).items() if k not in environ_before})
        os.environ["AWS_ENDPOINT_URL"] = aws_endpoint = options.aws_endpoint or _start_moto(exits)
        boto3.setup_default_session()  # the functions' clients must not come from an earlier environment

        sandbox = None
        coopcycle_url = options.coopcycle_url
        if coopcycle_url is None:
            sandbox = _start_sandbox(options, exits)
            coopcycle_url = sandbox.url

        template = sam_template.load()
        try:
            names = provisioning.provision(template, os.environ)
        except EndpointConnectionError as error:
            raise EndpointNotReachable(f"nothing answers at {aws_endpoint}") from error
        if options.workers is not None:
            names["WorkerMaximumConcurrency"] = str(options.workers)
        connections = push_connections(options.connections, coopcycle_url.rstrip("/"))
        output = _output(options, names, exits)

        functions = [_here(function, options) for function in sam_template.functions(template, names)]
        runtimes = {function.logical_id: _runtime(function, options, output) for function in functions}
        for runtime in runtimes.values():
            exits.callback(runtime.stop)
        pollers = []
        for function in functions:
            for trigger in function.triggers:
                poller = SqsEventSource(
                    runtimes[function.logical_id],
                    queue_url=names[trigger.queue],
                    queue_arn=names[f"{trigger.queue}.Arn"],
                    batch_size=trigger.batch_size,
                    concurrency=trigger.maximum_concurrency,
                    again=options.again,
                )
                pollers.append(poller)
                poller.start()
                exits.callback(poller.stop)
        workbench = Workbench(aws_endpoint, coopcycle_url if sandbox else "", options.connections, runtimes)
        front = Server(
            HttpApi(
                {f.logical_id: (f, runtimes[f.logical_id]) for f in functions},
                workbench=workbench,
                authorizer=options.authorizer,
            ),
            options.port,
        )
        front.start()
        exits.callback(front.stop)
        containers = open_to_containers(engine.find(environ_before), aws_endpoint, coopcycle_url, exits)
        yield LocalStack(
            front.url, coopcycle_url, aws_endpoint, connections, names, runtimes, pollers, sandbox, containers
        )


def push_connections(folder: Path, coopcycle_url: str) -> dict[str, Connection]:
    """Put every connection file into SSM with its secrets, pointed at ``coopcycle_url``.

    Raises:
        InvalidConnection: with every problem of every file.
    """
    ssm = boto3.client("ssm")
    files, problems = check_files(files_in(folder))
    if problems:
        raise InvalidConnection(problems)
    connections = {}
    for file in (file.pointed_at(coopcycle_url) for file in files):
        connection_id = file.connection.connection_id
        connections[connection_id] = file.connection
        write_connection(ssm, provisioning.CONNECTIONS_PATH, connection_id, file.text, _given(connection_id))
    ConnectionRegistry(ssm, provisioning.CONNECTIONS_PATH).list_ids()
    return connections


def _given(connection_id: str) -> dict[str, str]:
    """Return a connection's secrets: the environment's, else those of the local stack."""
    from_environment = secrets.secrets_from_environment(connection_id, os.environ)
    return secrets.local_defaults(connection_id) | from_environment


def _here(function: sam_template.Function, options: Options) -> sam_template.Function:
    """Return a function as it is on this machine: the page knows no sign-in."""
    if function.logical_id != CONSOLE:
        return function
    return replace(function, environment={**function.environment, **NO_SIGN_IN, **options.console})


def _read_models_once() -> None:
    """Let the sessions of all functions, which are one each in AWS, share what is read of AWS's models."""
    if not hasattr(botocore.session.create_loader, "cache_info"):
        botocore.session.create_loader = cache(botocore.session.create_loader)


def _start_moto(exits: ExitStack) -> str:
    server = moto_server.server()
    server.start()
    exits.callback(server.stop)
    moto_server.empty()  # its state belongs to the process, not to the server: begin with nothing
    return server.url


def _start_sandbox(options: Options, exits: ExitStack) -> SandboxServer:
    wanted = options.sandbox_port if options.sandbox_port is not None else (options.port and options.port + 1)
    given = [_given(file.stem) for file in files_in(options.connections)]
    seed = with_apps({each[CLIENT_ID]: each[CLIENT_SECRET] for each in given})
    for port in range(wanted, wanted + 20) if wanted else (0,):
        try:
            sandbox = SandboxServer(port=port, seed=seed)
        except OSError:
            continue  # taken: the next one
        sandbox.start()
        exits.callback(sandbox.stop)
        return sandbox
    raise OSError(f"no free port for the sandbox from {wanted} on")


def _output(options: Options, names: Mapping[str, str], exits: ExitStack) -> FunctionOutput | None:
    if options.tell is None:
        return None
    output = FunctionOutput(names, options.tell)
    output.start()
    exits.callback(output.stop)
    exits.enter_context(logged_to(output, options.log_level))
    return output


def _runtime(function: sam_template.Function, options: Options, output: FunctionOutput | None) -> Runtime:
    if options.runtime == "rie":
        size = sum(trigger.maximum_concurrency for trigger in function.triggers) or RECEIVERS
        return RiePool(function, size, options.function_log, output)
    os.environ.update(function.environment)
    return InProcess(function)
