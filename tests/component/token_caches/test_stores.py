"""What the two token caches, DynamoDB and SSM, keep and give back."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from bridge.aws.token_caches import DynamoDbTokenCache, SsmTokenCache
from bridge.coopcycle.token import AccessToken, CacheEntry, TokenCache, TokenCacheUnavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ssm import SSMClient
from tests.support.token_stores import ACCOUNT, NOW, PATH, TABLE

TOKEN = AccessToken("token-1", expires_at=NOW + 3600, refresh_at=NOW + 3000)
NEWER = AccessToken("token-2", expires_at=NOW + 7200, refresh_at=NOW + 6600)


def claim(cache: TokenCache, owner: str, *, now: float = NOW, replacing: str = "") -> CacheEntry | None:
    """Claim the lease for ten seconds."""
    return cache.claim("key", owner=owner, now=now, seconds=10, replacing=replacing)


# --- both -------------------------------------------------------------------------------------------------


def test_empty_cache(cache: TokenCache) -> None:
    """A key that was never used has an empty entry, and there is nothing to drop or release."""
    assert cache.get("key") == CacheEntry()
    cache.drop("key", "token-1")
    cache.release("key", owner="me")
    assert cache.get("key") == CacheEntry()


def test_token_comes_back_whole(cache: TokenCache) -> None:
    """What was put is what is read, under its own key only; the last one put counts."""
    cache.put("key", TOKEN)
    cache.put("key", NEWER)
    cache.put("another", TOKEN)

    assert cache.get("key") == CacheEntry(NEWER)


def test_long_token(cache: TokenCache) -> None:
    """A token of five thousand characters fits."""
    long = AccessToken("x" * 5000, expires_at=NOW + 3600, refresh_at=NOW + 3000)
    cache.put("key", long)

    assert cache.get("key").token == long


def test_expired_token_is_returned_as_it_is(cache: TokenCache) -> None:
    """Neither store removes a token on time, and the cache does not pretend that it does."""
    expired = AccessToken("old", expires_at=1.5, refresh_at=1.0)
    cache.put("key", expired)

    assert cache.get("key").token == expired


def test_drop_the_token_that_failed(cache: TokenCache) -> None:
    """The token goes when it is the one that failed."""
    cache.put("key", TOKEN)
    cache.drop("key", "token-1")

    assert cache.get("key") == CacheEntry()


def test_drop_leaves_a_newer_token(cache: TokenCache) -> None:
    """A newer token than the one that failed stays."""
    cache.put("key", NEWER)
    cache.drop("key", "token-1")

    assert cache.get("key").token == NEWER


def test_claim_finds_a_fresh_token(cache: TokenCache) -> None:
    """Nobody may ask while the token is fresh; whoever wanted to gets it in the same call."""
    cache.put("key", TOKEN)

    assert claim(cache, "me") == CacheEntry(TOKEN)


@pytest.mark.parametrize("now", [NOW + 3000, NOW + 3570, NOW + 9999])
def test_claim_of_a_token_that_is_due(cache: TokenCache, now: float) -> None:
    """From its refresh time on, a token may be replaced."""
    cache.put("key", TOKEN)

    assert claim(cache, "me", now=now) is None


def test_claim_in_place_of_a_refused_token(cache: TokenCache) -> None:
    """A fresh token that CoopCycle refused may be replaced."""
    cache.put("key", TOKEN)

    assert claim(cache, "me", replacing="token-1") is None


def test_denied_call(cache: TokenCache) -> None:
    """Whatever AWS refuses becomes the one error that the provider survives, with AWS's own code."""
    client = next(held for held in vars(cache).values() if hasattr(held, "meta"))

    def deny(**_: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "Any")

    client.meta.events.register("before-parameter-build", deny)
    for call in (
        lambda: cache.get("key"),
        lambda: claim(cache, "me"),
        lambda: cache.put("key", TOKEN),
        lambda: cache.drop("key", "token-1"),
    ):
        with pytest.raises(TokenCacheUnavailable, match="AccessDeniedException"):
            call()
    client.meta.events.unregister("before-parameter-build", deny)


def test_store_that_is_down() -> None:
    """A store that cannot be reached is the same error."""
    config = Config(retries={"total_max_attempts": 1})
    with ExitStack() as stack:
        dynamodb = boto3.client("dynamodb", endpoint_url="http://127.0.0.1:9", config=config, **ACCOUNT)
        ssm = boto3.client("ssm", endpoint_url="http://127.0.0.1:9", config=config, **ACCOUNT)
        stack.callback(dynamodb.close)
        stack.callback(ssm.close)
        for cache in (DynamoDbTokenCache(dynamodb, TABLE), SsmTokenCache(ssm, PATH)):
            with pytest.raises(TokenCacheUnavailable, match="EndpointConnectionError"):
                cache.get("key")


# --- DynamoDB ---------------------------------------------------------------------------------------------


def test_lease_is_lent_to_one(leasing: DynamoDbTokenCache) -> None:
    """The second who claims learns until when the first holds the lease."""
    assert claim(leasing, "first") is None
    assert claim(leasing, "second") == CacheEntry(None, NOW + 10)
    assert leasing.get("key") == CacheEntry(None, NOW + 10)


def test_lease_runs_out(leasing: DynamoDbTokenCache) -> None:
    """The lease of a holder that died is lent again after its time."""
    claim(leasing, "first")

    assert claim(leasing, "second", now=NOW + 9.9) is not None
    assert claim(leasing, "second", now=NOW + 10) is None


def test_lease_ends_with_the_token(leasing: DynamoDbTokenCache) -> None:
    """Storing the token ends the lease."""
    claim(leasing, "first")
    leasing.put("key", TOKEN)

    assert leasing.get("key") == CacheEntry(TOKEN)


def test_lease_is_given_back_by_its_holder_only(leasing: DynamoDbTokenCache) -> None:
    """Whoever lost the lease cannot end that of the next."""
    claim(leasing, "first")
    leasing.release("key", owner="another")
    assert claim(leasing, "second") is not None

    leasing.release("key", owner="first")
    assert claim(leasing, "second") is None


def test_lease_leaves_the_old_token_readable(leasing: DynamoDbTokenCache) -> None:
    """While one process refreshes, the others still read the old token."""
    leasing.put("key", TOKEN)
    claim(leasing, "first", now=NOW + 3001)

    assert leasing.get("key") == CacheEntry(TOKEN, NOW + 3011)


def test_drop_leaves_the_lease(leasing: DynamoDbTokenCache) -> None:
    """A refused token goes while its replacement is being asked for, and the lease stays."""
    leasing.put("key", TOKEN)
    claim(leasing, "first", now=NOW + 3001)
    leasing.drop("key", "token-1")

    assert leasing.get("key") == CacheEntry(None, NOW + 3011)


def test_items_expire(leasing: DynamoDbTokenCache, dynamodb: DynamoDBClient) -> None:
    """Every item carries the TTL attribute in whole epoch seconds, a lease without a token too."""
    claim(leasing, "first")
    leased = dynamodb.get_item(TableName=TABLE, Key={"token_key": {"S": "key"}})["Item"]
    leasing.put("key", TOKEN)
    stored = dynamodb.get_item(TableName=TABLE, Key={"token_key": {"S": "key"}})["Item"]

    assert int(leased["ttl"]["N"]) > NOW
    assert int(stored["ttl"]["N"]) > TOKEN.expires_at
    assert "lease_owner" not in stored


@pytest.mark.parametrize(
    "broken",
    [
        {"access_token": {"S": "t"}},
        {"access_token": {"N": "1"}, "expires_at": {"N": "1"}, "refresh_at": {"N": "1"}},
        {"access_token": {"S": "t"}, "expires_at": {"S": "soon"}, "refresh_at": {"N": "1"}},
        {"lease_until": {"S": "soon"}},
    ],
)
def test_item_that_was_tampered_with(
    leasing: DynamoDbTokenCache, dynamodb: DynamoDBClient, broken: dict[str, dict[str, str]]
) -> None:
    """An item without a whole token counts as none, and the next token heals it."""
    dynamodb.put_item(TableName=TABLE, Item={"token_key": {"S": "key"}, **broken})  # type: ignore[dict-item]

    assert leasing.get("key").token is None
    leasing.put("key", TOKEN)
    assert leasing.get("key") == CacheEntry(TOKEN)


# --- SSM --------------------------------------------------------------------------------------------------


def test_parameter_is_a_secure_string(ssm: SSMClient) -> None:
    """A token lies in SSM encrypted, below the path."""
    SsmTokenCache(ssm, PATH).put("key", TOKEN)

    assert ssm.get_parameter(Name=f"{PATH}/key")["Parameter"]["Type"] == "SecureString"


@pytest.mark.parametrize("value", ["", "text", "[]", "{}", '{"access_token": "t", "expires_at": "soon"}'])
def test_parameter_that_was_tampered_with(ssm: SSMClient, value: str) -> None:
    """A parameter without a whole token counts as none."""
    ssm.put_parameter(Name=f"{PATH}/key", Value=value or " ", Type="SecureString", Overwrite=True)

    assert SsmTokenCache(ssm, PATH).get("key") == CacheEntry()
