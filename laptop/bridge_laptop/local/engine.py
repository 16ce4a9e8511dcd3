"""The container engine of this machine, asked over its socket: who it is, and how its containers reach us.

Docker Engine API v1.41 (``GET /info``, ``GET /networks/{id}``), which podman's service speaks as well: its
default network is called ``podman``, Docker's ``bridge``. On Linux a container reaches this machine at the
gateway of that network; Docker Desktop runs its engine in a virtual machine and answers to
``host.docker.internal`` by itself ("Explore networking features", Docker's manual).
"""

from __future__ import annotations

import http.client
import json
import os
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

HOST_NAME = "host.docker.internal"  # this machine, as its containers call it
TIMEOUT_SECONDS = 2
ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
DESKTOP = "Docker Desktop"


@dataclass(frozen=True, slots=True)
class Engine:
    """A container engine that answers."""

    address: str  # what DOCKER_HOST must say to reach it
    architecture: str  # x86_64 | arm64
    gateway: str | None  # the address of this machine for its containers; None: HOST_NAME is known to them
    rootless: bool  # its containers live in a network of their own and cannot reach this machine's gateway


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=TIMEOUT_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(TIMEOUT_SECONDS)
        self.sock.connect(self._path)


def find(environ: Mapping[str, str]) -> Engine | None:
    """Return the engine that ``DOCKER_HOST`` names, or the first whose socket answers, if any does.

    Without ``DOCKER_HOST`` the sockets of Docker, Docker Desktop and podman are tried, in this order.
    """
    for address in _addresses(environ):
        try:
            return _ask(address)
        except (OSError, http.client.HTTPException, ValueError, KeyError):
            continue
    return None


def _addresses(environ: Mapping[str, str]) -> Iterator[str]:
    if environ.get("DOCKER_HOST"):
        yield environ["DOCKER_HOST"]
        return
    paths = ["/var/run/docker.sock", "/run/podman/podman.sock"]
    if environ.get("HOME"):
        home = Path(environ["HOME"])
        paths[1:1] = [str(home / ".docker/run/docker.sock"), str(home / ".docker/desktop/docker.sock")]
    if environ.get("XDG_RUNTIME_DIR"):
        paths += [f"{environ['XDG_RUNTIME_DIR']}/{name}" for name in ("docker.sock", "podman/podman.sock")]
    yield from (f"unix://{path}" for path in paths if os.path.exists(path))


def _ask(address: str) -> Engine:
    info = _get(address, "/info")
    desktop = DESKTOP in str(info.get("OperatingSystem"))
    return Engine(
        address=address,
        architecture=ARCHITECTURES[str(info["Architecture"]).lower()],
        gateway=None if desktop or not _is_here(address) else _gateway(address),
        rootless=any("rootless" in str(option) for option in info.get("SecurityOptions") or ()),
    )


def _is_here(address: str) -> bool:
    """Whether the engine runs on this very Linux, so that a gateway of its networks is an address of ours."""
    return address.startswith("unix://") and os.uname().sysname == "Linux"


def _gateway(address: str) -> str | None:
    for network in ("bridge", "podman"):
        try:
            found = _get(address, f"/networks/{network}")
        except FileNotFoundError:
            continue
        for subnet in found["IPAM"]["Config"] or ():
            gateway = str(subnet.get("Gateway", ""))
            if gateway and ":" not in gateway:
                return gateway
    return None


def _get(address: str, path: str) -> dict[str, Any]:
    parts = urlsplit(address)
    connection: http.client.HTTPConnection
    if parts.scheme == "unix":
        connection = _UnixConnection(parts.path)
    elif parts.scheme in ("tcp", "http"):
        connection = http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT_SECONDS)
    else:
        raise ValueError(f"{parts.scheme} is not spoken here")
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    if answer.status == 404:
        raise FileNotFoundError(path)
    if answer.status != 200:
        raise ValueError(f"{answer.status} to {path}")
    document: dict[str, Any] = json.loads(body)
    return document
