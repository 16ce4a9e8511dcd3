"""What a web page of another site can do to the local stack, in a browser on the same machine: nothing."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
import requests
from tests.e2e.test_local_stack import start, stats

from bridge_laptop.local.stack import LocalStack

__all__ = ["start"]  # the fixture

pytestmark = pytest.mark.xdist_group("processes")

FOREIGN = "https://evil.example"
READ_SECRETS = {"X-Amz-Target": "AmazonSSM.GetParametersByPath", "Content-Type": "text/plain"}
ALL_SECRETS = '{"Path": "/", "Recursive": true, "WithDecryption": true}'


def asked(stack: LocalStack, where: str, **headers: str) -> requests.Response:
    """Send what a page of somewhere else would have to send to do harm."""
    method, url, more = {
        "secrets": ("POST", stack.aws_endpoint, {"headers": READ_SECRETS, "data": ALL_SECRETS}),
        "preflight": ("OPTIONS", stack.aws_endpoint, {"headers": {"Access-Control-Request-Method": "POST"}}),
        "faults": ("POST", f"{stack.coopcycle_url}/_sandbox/fault", {"data": '{"mode": "unavailable"}'}),
        "sample": ("POST", f"{stack.url}/console/local/sample", {"data": {"connection": "acme"}}),
        "redrive": ("POST", f"{stack.url}/console/do/redrive-all", {"data": {"reason": "x"}}),
    }[where]
    given: dict[str, Any] = dict(more)
    given["headers"] = {**given.get("headers", {}), **headers}
    return requests.request(method, str(url), timeout=30, **given)


@pytest.mark.parametrize("origin", [FOREIGN, "null", "http://127.0.0.1:1"])
def test_a_page_of_another_origin_gets_nothing(start: Callable[..., LocalStack], origin: str) -> None:
    """Neither the emulator's secrets, though it would answer every origin, nor a fault, nor an order."""
    stack = start()

    for where in ("secrets", "preflight", "faults", "sample", "redrive"):
        answer = asked(stack, where, Origin=origin)
        assert 403 == answer.status_code, where
        assert "access-control-allow-origin" not in answer.headers, where
        assert "secret" not in answer.text, where

    assert {} == stats(stack)["requests"]
    assert [] == stats(stack)["faults"]


def test_a_name_that_was_turned_to_this_machine_gets_nothing(start: Callable[..., LocalStack]) -> None:
    """DNS rebinding makes the page one of the same origin; the name that it asks for gives it away."""
    stack = start()

    for where in ("secrets", "faults", "sample", "redrive"):
        answer = asked(stack, where, Host="evil.example", Origin="http://evil.example")
        assert 403 == answer.status_code, where

    assert [] == stats(stack)["faults"]


def test_programs_of_this_machine_are_served(start: Callable[..., LocalStack]) -> None:
    """What is refused above is what a browser says of a foreign page: boto3 and curl say nothing of it."""
    stack = start()

    read = boto3.client("ssm", endpoint_url=stack.aws_endpoint).get_parameters_by_path(
        Path="/", Recursive=True, WithDecryption=True
    )

    by_name = stack.coopcycle_url.replace("127.0.0.1", "localhost")
    assert read["Parameters"]
    assert 200 == asked(stack, "faults").status_code
    assert 200 == requests.get(f"{by_name}/_sandbox/stats", timeout=30).status_code


def test_everything_listens_on_one_address_of_this_machine(start: Callable[..., LocalStack]) -> None:
    """127.0.0.1 alone: what listens on all addresses would answer on the next one of loopback, too."""
    stack = start()

    for url in (stack.url, stack.coopcycle_url, stack.aws_endpoint):
        port = urlsplit(url).port
        socket.create_connection(("127.0.0.1", port), timeout=10).close()
        with pytest.raises(OSError, match=r"refused|unreachable|assign"):
            socket.create_connection(("127.0.0.2", port), timeout=10)
