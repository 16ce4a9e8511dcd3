"""The page for dispatchers over HTTP, as the local stack serves it.

`make test-browser` looks at it as a person does.
"""

from __future__ import annotations

from collections.abc import Callable

import requests
from tests.e2e.test_local_stack import order, push, start, stats, until

from bridge_laptop.local.stack import LocalStack

__all__ = ["start"]  # the fixture

VIEWS = ("orders", "parked", "connections", "pictures", "health", "try")


def get(stack: LocalStack, path: str, **headers: str) -> requests.Response:
    """Ask for a page."""
    return requests.get(f"{stack.url}{path}", headers=headers, timeout=30)


def test_views_show_what_became_of_an_order(start: Callable[..., LocalStack]) -> None:
    """The list names the order and where it goes; what holds people's data is kept by no cache."""
    stack = start()
    push(stack, order(1), "w1")
    assert until(lambda: stats(stack)["created"] == 1)
    assert until(lambda: "connection=acme&amp;id=1" in get(stack, "/console/view/orders").text)

    for view in VIEWS:
        answer = get(stack, f"/console/view/{view}")
        assert answer.status_code == 200, view
        assert answer.headers["cache-control"] == "no-store", view
        assert len(answer.content) < 100_000, view
    assert "#1" in get(stack, "/console/view/order?connection=acme&id=1").text


def test_the_shell_holds_no_data_and_runs_no_foreign_code(start: Callable[..., LocalStack]) -> None:
    """Markup, script and stylesheet in the browser's language; nothing inline, nothing from elsewhere."""
    stack = start()
    push(stack, order(1), "w1")

    for language in ("fr", "es", "en"):
        answer = get(stack, "/", **{"Accept-Language": language})
        policy = answer.headers["content-security-policy"]
        assert f'<html lang="{language}">' in answer.text
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "acme" not in answer.text


def test_another_sites_name_is_not_answered(start: Callable[..., LocalStack]) -> None:
    """A page of another name that resolves to this machine (DNS rebinding) reads nothing here."""
    answer = get(start(), "/", Host="evil.example")

    assert answer.status_code in (400, 403, 404, 421)
    assert "acme" not in answer.text
