"""The two caches in the emulator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config

from bridge.aws.token_caches import DynamoDbTokenCache, SsmTokenCache
from bridge.coopcycle.token import TokenCache

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ssm import SSMClient
from tests.support.token_stores import ACCOUNT, PATH, STARTING, TABLE


@pytest.fixture
def dynamodb(moto_url: str) -> Iterator[DynamoDBClient]:
    """Return a client with an empty table of tokens, as the template makes it."""
    config = Config(max_pool_connections=STARTING)
    client = boto3.client("dynamodb", endpoint_url=moto_url, config=config, **ACCOUNT)
    client.create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": "token_key", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "token_key", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield client
    client.delete_table(TableName=TABLE)
    client.close()


@pytest.fixture
def ssm(moto_url: str) -> Iterator[SSMClient]:
    """Return a client of an empty parameter store."""
    client = boto3.client(
        "ssm", endpoint_url=moto_url, config=Config(max_pool_connections=STARTING), **ACCOUNT
    )
    yield client
    names = [held["Name"] for held in client.describe_parameters()["Parameters"]]
    if names:
        client.delete_parameters(Names=names)
    client.close()


@pytest.fixture(params=["dynamodb", "ssm"])
def cache(request: pytest.FixtureRequest) -> TokenCache:
    """Return either cache, empty."""
    if request.param == "ssm":
        return SsmTokenCache(request.getfixturevalue("ssm"), PATH + "/")
    return DynamoDbTokenCache(request.getfixturevalue("dynamodb"), TABLE)


@pytest.fixture
def leasing(dynamodb: DynamoDBClient) -> DynamoDbTokenCache:
    """Return the cache that lends leases."""
    return DynamoDbTokenCache(dynamodb, TABLE)
