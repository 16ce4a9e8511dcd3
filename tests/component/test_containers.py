"""How containers reach the local stack: the engine is asked, the relay passes bytes on. Real sockets."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests
from werkzeug.wrappers import Request, Response

from bridge_laptop.local import engine as engines
from bridge_laptop.local.containers import open_to_containers
from bridge_laptop.local.engine import Engine
from bridge_laptop.local.isolation import isolation
from bridge_laptop.local.relay import Relay
from bridge_laptop.local.servers import Server

ROOT = Path(__file__).parents[2]
GATEWAY = "127.0.0.2"  # this machine's as well, and not where the stack listens
linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere containers know host.docker.internal")

# What the engines answered: podman 4.3.1, recorded; Docker, from the examples of its Engine API v1.41.
PODMAN = {
    "/info": {"Architecture": "x86_64", "OperatingSystem": "debian", "SecurityOptions": ["name=seccomp"]},
    "/networks/podman": {
        "IPAM": {
            "Driver": "default",
            "Options": {"driver": "host-local"},
            "Config": [{"Subnet": "10.88.0.0/16", "Gateway": "10.88.0.1"}],
        }
    },
}
DOCKER = {
    "/info": {"Architecture": "aarch64", "OperatingSystem": "Debian GNU/Linux 12", "SecurityOptions": None},
    "/networks/bridge": {
        "IPAM": {"Config": [{"Subnet": "172.17.0.0/16", "Gateway": "172.17.0.1"}], "Options": None}
    },
}


class FakeEngine:
    """An engine's API on a Unix socket, with the answers of a real one."""

    def __init__(self, path: Path, answers: dict[str, Any]) -> None:
        self.address = f"unix://{path}"
        self._answers = answers
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.bind(str(path))
        self._socket.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb") as file:
                path = file.readline().split()[1].decode()
                while file.readline().strip():
                    pass
                found = path in self._answers
                body = json.dumps(self._answers.get(path, {"message": "no such network"})).encode()
                status = b"200 OK" if found else b"404 Not Found"
                file.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    def close(self) -> None:
        """Answer nothing more."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@pytest.fixture
def exits() -> Iterator[ExitStack]:
    """Closes what a test opens."""
    with ExitStack() as stack:
        yield stack


def ask(path: Path, answers: dict[str, Any], exits: ExitStack) -> Engine | None:
    """Ask an engine with these answers."""
    engine = FakeEngine(path, answers)
    exits.callback(engine.close)
    return engines.find({"DOCKER_HOST": engine.address})


@linux
@pytest.mark.parametrize(
    ("answers", "architecture", "gateway"),
    [(PODMAN, "x86_64", "10.88.0.1"), (DOCKER, "arm64", "172.17.0.1")],
    ids=["podman", "docker"],
)
def test_the_engine_says_where_its_containers_find_us(
    answers: dict[str, Any], architecture: str, gateway: str, tmp_path: Path, exits: ExitStack
) -> None:
    """Docker's default network is called bridge, podman's podman."""
    found = ask(tmp_path / "s", answers, exits)

    assert found == Engine(f"unix://{tmp_path / 's'}", architecture, gateway, rootless=False)


def test_docker_desktop_knows_our_name_itself(tmp_path: Path, exits: ExitStack) -> None:
    """Its engine is in a virtual machine: the gateway of its network is no address of ours."""
    answers = DOCKER | {"/info": DOCKER["/info"] | {"OperatingSystem": "Docker Desktop"}}

    found = ask(tmp_path / "s", answers, exits)

    assert found is not None
    assert found.gateway is None


def test_a_rootless_engine_is_known_as_such(tmp_path: Path, exits: ExitStack) -> None:
    """Nothing is listened on for it: its gateway is in a network of its own."""
    answers = PODMAN | {"/info": PODMAN["/info"] | {"SecurityOptions": ["name=seccomp", "name=rootless"]}}

    found = ask(tmp_path / "s", answers, exits)

    assert found is not None
    assert found.rootless
    assert open_to_containers(found, "http://127.0.0.1:1", "http://127.0.0.1:2", exits).gateway is None


@pytest.mark.parametrize("address", ["unix:///nobody/here", "tcp://127.0.0.1:1", "ssh://host", "nonsense"])
def test_no_engine(address: str) -> None:
    """A socket that is not there, or a way that is not spoken, is no engine, not a stack trace."""
    assert engines.find({"DOCKER_HOST": address}) is None


@linux
def test_what_listens_on_loopback_is_reached_at_the_gateway_alone(exits: ExitStack) -> None:
    """The relay has a port of the gateway address and of no other; answers of any size come whole."""
    body = os.urandom(3_000_000)
    server = Server(Request.application(lambda request: Response(request.get_data() + body)))
    server.start()
    exits.callback(server.stop)
    engine = Engine("unix:///x", "x86_64", GATEWAY, rootless=False)

    found = open_to_containers(engine, server.url, "https://acme.coopcycle.org", exits)
    port = int(found.aws_endpoint.rsplit(":", 1)[1])
    answer = requests.post(f"http://{GATEWAY}:{port}/", data=b"x" * 1_000_000, timeout=30).content

    assert found.aws_endpoint.startswith("http://host.docker.internal:")
    assert found.coopcycle_url == "https://acme.coopcycle.org"
    assert found.gateway == GATEWAY
    assert answer == b"x" * 1_000_000 + body
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)


@linux
def test_an_address_that_is_not_there_yet(exits: ExitStack) -> None:
    """Podman makes its bridge with the first container: the relay listens before."""
    relay = Relay("192.0.2.77", ("127.0.0.1", 1))
    relay.start()
    exits.callback(relay.stop)

    assert relay.port > 0


@linux
def test_nothing_behind_the_relay(exits: ExitStack) -> None:
    """A caller is cut off, as it would be refused without the relay, and the relay goes on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        target = free.getsockname()
    relay = Relay(GATEWAY, target)
    relay.start()
    exits.callback(relay.stop)

    for _ in range(2):
        with pytest.raises(requests.ConnectionError):
            requests.get(f"http://{GATEWAY}:{relay.port}/", timeout=5)


@linux
def test_a_relay_that_is_stopped(exits: ExitStack) -> None:
    """Connections that are open are ended, and the port is free again."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        relay = Relay(GATEWAY, silent.getsockname())
        relay.start()
        port = relay.port
        with socket.create_connection((GATEWAY, port), timeout=5) as caller, silent.accept()[0] as target:
            relay.stop()
            with contextlib.suppress(ConnectionResetError):
                assert caller.recv(1) == b""
            with contextlib.suppress(ConnectionResetError):
                assert target.recv(1) == b""
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((GATEWAY, port), timeout=5)


def test_the_stack_sees_no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a profile that does not exist nor an endpoint of one service; afterwards both are back."""
    import boto3

    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", "https://sqs.us-east-1.amazonaws.com")

    with isolation():
        client = boto3.session.Session().client("sqs", endpoint_url="http://127.0.0.1:1")
        assert "AWS_PROFILE" not in os.environ

    assert "http://127.0.0.1:1" == client.meta.endpoint_url
    assert "no-such-profile" == os.environ["AWS_PROFILE"]


FAKE_313 = "#!/bin/sh\necho 3.13\n"
FAKE_311 = "#!/bin/sh\necho 3.11\n"
SHIM = '#!/bin/sh\necho "pyenv: python3.13: command not found" >&2\nexit 127\n'


def program(path: Path, text: str) -> Path:
    """Write a program."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def find_python(folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run layers/bridge/find-python where nothing of this machine's Pythons is known."""
    tools = folder / "tools"
    tools.mkdir(exist_ok=True)
    for name in ("ls", "sh"):
        os.symlink(shutil.which(name) or name, tools / name)
    environ = {"HOME": str(folder), "PATH": f"{folder / 'bin'}:{tools}"} | environ
    return subprocess.run(
        [str(ROOT / "layers" / "bridge" / "find-python")],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "where",
    [
        "bin/python3.13",
        "bin/python3",
        ".pyenv/versions/3.13.9/bin/python3",
        ".local/share/uv/python/cpython-3.13.2-linux-x86_64-gnu/bin/python3",
    ],
)
def test_python_is_found_wherever_it_is(where: str, tmp_path: Path) -> None:
    """On the PATH, with pyenv and with uv, also when a pyenv shim that does not run stands before it."""
    python = program(tmp_path / where, FAKE_313)
    if where != "bin/python3.13":
        program(tmp_path / "bin" / "python3.13", SHIM)

    done = find_python(tmp_path)

    assert (0, f"{python}\n") == (done.returncode, done.stdout)


@pytest.mark.parametrize("launcher", ["uv", "py"])
def test_python_is_found_by_its_launchers(launcher: str, tmp_path: Path) -> None:
    """Wherever `uv python find` or `py` say that it is."""
    python = program(tmp_path / "somewhere" / "python3", FAKE_313)
    program(tmp_path / "bin" / launcher, f"#!/bin/sh\necho {python}\n")

    done = find_python(tmp_path)

    assert (0, f"{python}\n") == (done.returncode, done.stdout)


def test_no_python(tmp_path: Path) -> None:
    """Another version is not taken for it."""
    if any(Path(place).exists() for place in ("/usr/local/bin/python3.13", "/opt/homebrew/opt/python@3.13")):
        pytest.skip("this machine has a Python 3.13 in a place that is always looked at")
    program(tmp_path / "bin" / "python3", FAKE_311)
    program(tmp_path / ".pyenv" / "versions" / "3.13.0" / "bin" / "python3", SHIM)

    done = find_python(tmp_path)

    assert (1, "") == (done.returncode, done.stdout)


def test_the_layer_is_not_built_without_bytecode_unless_told(tmp_path: Path) -> None:
    """A sentence that says what to do, before anything is downloaded."""
    if any(Path(place).exists() for place in ("/usr/local/bin/python3.13", "/opt/homebrew/opt/python@3.13")):
        pytest.skip("this machine has a Python 3.13 in a place that is always looked at")
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    for name in ("ls", "sh"):
        os.symlink(shutil.which(name) or name, bin_ / name)

    done = subprocess.run(
        [shutil.which("make") or "make", "build-BridgeLayer", f"ARTIFACTS_DIR={tmp_path / 'out'}"],
        cwd=ROOT / "layers" / "bridge",
        env={"HOME": str(tmp_path), "PATH": str(bin_)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert 2 == done.returncode
    assert "No Python 3.13 on this machine" in done.stderr
    assert "BYTECODE=0" in done.stderr
    assert not (tmp_path / "out").exists()
