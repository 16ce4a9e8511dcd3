"""What of the template faces the internet, or holds something at rest: limits, sign-in, logs, encryption."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from bridge_laptop import sam_template

TEMPLATE = sam_template.load()
CLIENT = TEMPLATE["Resources"]["ConsoleUserPoolClient"]["Properties"]
POOL = TEMPLATE["Resources"]["ConsoleUserPool"]["Properties"]


def stages() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each API's stage: SAM's own has its settings on the API."""
    yield from sam_template.resources(TEMPLATE, "AWS::Serverless::HttpApi").items()
    yield from sam_template.resources(TEMPLATE, "AWS::ApiGatewayV2::Stage").items()


STAGES = dict(stages())


@pytest.mark.parametrize("name", STAGES)
def test_a_flood_is_throttled_before_it_costs(name: str) -> None:
    """API Gateway answers 429 above a rate, for all routes, before a function runs; none is set apart."""
    limits = STAGES[name]["DefaultRouteSettings"]

    assert 0 < limits["ThrottlingRateLimit"] <= 100
    assert limits["ThrottlingRateLimit"] <= limits["ThrottlingBurstLimit"] <= 200
    assert "RouteSettings" not in STAGES[name]


@pytest.mark.parametrize("name", STAGES)
def test_access_logs_say_nothing_of_who_or_what(name: str) -> None:
    """No path, whose end may be a secret, no query, which names people, no address, no header."""
    said = json.loads(STAGES[name]["AccessLogSettings"]["Format"])

    assert {"$context.requestId", "$context.routeKey", "$context.status", "$context.responseLatency"} == set(
        said.values()
    )


def test_no_other_origin_may_read_the_page() -> None:
    """The API of the page has no CORS, which would let a page of another site read its answers."""
    assert "CorsConfiguration" not in TEMPLATE["Resources"]["ConsoleApi"]["Properties"]


def test_nobody_signs_up() -> None:
    """Users are invited, and whoever guesses a name does not learn whether there is such a user."""
    assert POOL["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
    assert "ENABLED" == CLIENT["PreventUserExistenceErrors"]
    assert POOL["Policies"]["PasswordPolicy"]["MinimumLength"] >= 12


def test_a_token_comes_by_the_code_alone_and_to_the_page_alone() -> None:
    """No implicit flow, and no password that is sent to us."""
    assert ["code"] == CLIENT["AllowedOAuthFlows"]
    assert ["ALLOW_REFRESH_TOKEN_AUTH"] == CLIENT["ExplicitAuthFlows"]
    assert CLIENT["GenerateSecret"] is False
    assert CLIENT["EnableTokenRevocation"] is True
    assert {"AccessToken": "minutes", "IdToken": "minutes", "RefreshToken": "hours"} == CLIENT[
        "TokenValidityUnits"
    ]
    assert CLIENT["AccessTokenValidity"] <= 60
    assert CLIENT["RefreshTokenValidity"] <= 12


def test_a_token_is_one_of_this_pool_for_this_page() -> None:
    """The authorizer names both, and its routes ask for a scope, which an id token has not."""
    authorizer = TEMPLATE["Resources"]["ConsoleAuthorizer"]["Properties"]["JwtConfiguration"]
    guarded = [
        route
        for route in sam_template.resources(TEMPLATE, "AWS::ApiGatewayV2::Route").values()
        if route["AuthorizationType"] == "JWT"
    ]

    assert [{"Ref": "ConsoleUserPoolClient"}] == authorizer["Audience"]
    assert authorizer["Issuer"]["Fn::Sub"].endswith("/${ConsoleUserPool}")
    assert guarded
    assert {("openid",)} == {tuple(route["AuthorizationScopes"]) for route in guarded}


def test_what_holds_orders_or_tokens_is_encrypted() -> None:
    """Every queue and every table, by a key that AWS keeps."""
    queues = sam_template.resources(TEMPLATE, "AWS::SQS::Queue")
    tables = sam_template.resources(TEMPLATE, "AWS::DynamoDB::Table")

    assert [] == [name for name, queue in queues.items() if queue.get("SqsManagedSseEnabled") is not True]
    assert [] == [name for name, table in tables.items() if table["SSESpecification"] != {"SSEEnabled": True}]


def test_no_parameter_takes_a_secret() -> None:
    """A parameter shows in CloudFormation to whoever may describe the stack."""
    words = ("secret", "password", "token", "credential")
    asked = [name for name in TEMPLATE["Parameters"] if any(word in name.lower() for word in words)]

    assert ["TokenCache", "SecretsKey"] == asked  # where tokens are kept, and under which key secrets are
