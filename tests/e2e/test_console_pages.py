"""The page for dispatchers over HTTP from the running local stack; `make test-browser` looks at it as a person does."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests
from tests.e2e.test_local_stack import order, push, start, stats, until

from bridge_laptop.local.stack import LocalStack

__all__ = ["start"]  # the fixture

pytestmark = pytest.mark.xdist_group("processes")
PAGES = ("/", "/console/parked", "/console/connections", "/console/pictures", "/console/try")


def get(stack: LocalStack, path: str, **headers: str) -> requests.Response:
    """Ask for a page."""
    return requests.get(f"{stack.url}{path}", headers=headers, timeout=30)


def test_pages_show_what_became_of_an_order(start: Callable[..., LocalStack]) -> None:
    """The list names the order and where it goes; every page is whole, kept by nobody and runs no foreign code."""
    stack = start()
    push(stack, order(1), "w1")
    assert until(lambda: stats(stack)["created"] == 1)
    assert until(lambda: "#1" in get(stack, "/").text)

    for path in PAGES:
        answer = get(stack, path)
        policy = answer.headers["content-security-policy"]
        assert answer.status_code == 200, path
        assert answer.headers["cache-control"] == "no-store", path
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.text.rstrip().endswith("</html>"), path
        assert len(answer.content) < 100_000
    assert "connection=acme&amp;id=1" in get(stack, "/").text


@pytest.mark.parametrize(("language", "word"), [("fr", "Commandes"), ("es", "Pedidos"), ("en", "Orders")])
def test_a_page_speaks_the_browsers_language(
    start: Callable[..., LocalStack], language: str, word: str
) -> None:
    """French, Spanish and English by the header Accept-Language."""
    answer = get(start(), "/", **{"Accept-Language": language})

    assert f'lang="{language}"' in answer.text
    assert word in answer.text


def test_another_sites_name_is_not_answered(start: Callable[..., LocalStack]) -> None:
    """A page of another name that resolves to this machine (DNS rebinding) reads nothing here."""
    answer = get(start(), "/", Host="evil.example")

    assert answer.status_code in (400, 403, 404, 421)
    assert "acme" not in answer.text
