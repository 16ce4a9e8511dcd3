"""Names of one's own for webhooks and for the page: what the stack then says and accepts."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bridge_laptop import sam_template

TEMPLATE = sam_template.load()
KNOWN = {"Api": "aaa", "ConsoleApi": "bbb", "AWS::Region": "eu-west-3", "AWS::URLSuffix": "amazonaws.com"}
OF_AWS = {
    "webhooks": "https://aaa.execute-api.eu-west-3.amazonaws.com/webhooks/",
    "page": "https://bbb.execute-api.eu-west-3.amazonaws.com/console",
}
OWN = {"WebhookDomain": "hooks.coop.example", "ConsoleDomain": "orders.coop.example"}


def resolved(part: Any, **parameters: str) -> Any:
    """Return a part of the template as CloudFormation makes it with these parameters."""
    names = {
        **sam_template.parameters(TEMPLATE),
        **KNOWN,
        "Environment": "dev",
        "Console": "on",
        **parameters,
    }
    chosen = sam_template.choose(TEMPLATE, part, names)
    return (
        [sam_template.resolve(each, names) for each in chosen]
        if isinstance(chosen, list)
        else (sam_template.resolve(chosen, names))
    )


def addresses(**parameters: str) -> dict[str, Any]:
    """Return every address that is told to people, shops, the page and the login."""
    resources, outputs = TEMPLATE["Resources"], TEMPLATE["Outputs"]
    client = resources["ConsoleUserPoolClient"]["Properties"]
    variables = resources["ShowConsoleFunction"]["Properties"]["Environment"]["Variables"]
    return {
        "webhooks": resolved(outputs["WebhookUrl"]["Value"], **parameters),
        "webhooks on the page": resolved(variables["WEBHOOK_URL"], **parameters),
        "page": resolved(outputs["ConsoleUrl"]["Value"], **parameters),
        "after signing in": resolved(client["CallbackURLs"], **parameters),
        "after signing out": resolved(client["LogoutURLs"], **parameters),
    }


def test_without_one_it_is_awss() -> None:
    """Nobody needs a domain."""
    assert {
        "webhooks": OF_AWS["webhooks"],
        "webhooks on the page": OF_AWS["webhooks"],
        "page": OF_AWS["page"],
        "after signing in": [OF_AWS["page"]],
        "after signing out": [OF_AWS["page"]],
    } == addresses()


def test_with_one_it_is_told_everywhere() -> None:
    """The login leads back to either, for the address that AWS gave goes on being answered."""
    page = "https://orders.coop.example/console"

    assert {
        "webhooks": "https://hooks.coop.example/webhooks/",
        "webhooks on the page": "https://hooks.coop.example/webhooks/",
        "page": page,
        "after signing in": [OF_AWS["page"], page],
        "after signing out": [OF_AWS["page"], page],
    } == addresses(**OWN)


@pytest.mark.parametrize("parameter", OWN)
@pytest.mark.parametrize(
    ("value", "is_name"),
    [
        ("", True),
        ("hooks.coop.example", True),
        ("xn--bcher-kva.example", True),
        ("https://hooks.coop.example", False),
        ("hooks.coop.example/", False),
        ("hooks.coop.example:443", False),
        ("*.coop.example", False),
        ("coop", False),
        ("Hooks.coop.example", False),
    ],
)
def test_a_parameter_takes_a_name_alone(parameter: str, value: str, is_name: bool) -> None:
    """What is no name is refused before anything is deployed."""
    assert is_name == bool(re.search(TEMPLATE["Parameters"][parameter]["AllowedPattern"], value))


def test_apis_are_told_for_the_mapping() -> None:
    """A name is mapped to an API by its id."""
    assert ["aaa", "bbb"] == [
        resolved(TEMPLATE["Outputs"][name]["Value"]) for name in ("ApiId", "ConsoleApiId")
    ]
