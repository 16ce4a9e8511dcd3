"""Where processes share access tokens: a DynamoDB table, or SecureString parameters of SSM.

Both implement :class:`bridge.coopcycle.token.TokenCache`. Every failure of AWS becomes
:class:`bridge.coopcycle.token.TokenCacheUnavailable`, which the token provider survives. What is read is
checked: an item that does not hold a whole token counts as none. Expired tokens are returned as they are
(neither DynamoDB's TTL nor SSM removes them on time) and the provider looks at the clock.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from botocore.exceptions import BotoCoreError, ClientError

from bridge.coopcycle.token import LEEWAY_SECONDS, AccessToken, CacheEntry, TokenCacheUnavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, UniversalAttributeValueTypeDef
    from mypy_boto3_ssm import SSMClient

KEPT_SECONDS = 24 * 3600  # an item outlives its token by a day, then DynamoDB may remove it

_CONDITION_FAILED = "ConditionalCheckFailedException"


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        raise TokenCacheUnavailable(_code(error)) from error
    except BotoCoreError as error:
        raise TokenCacheUnavailable(type(error).__name__) from error


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", "unknown"))


def _token(value: object, expires_at: object, refresh_at: object) -> AccessToken | None:
    """Return the token if all three parts are there and make sense."""
    try:
        expires, refresh = float(str(expires_at)), float(str(refresh_at))
    except ValueError:
        return None
    if not isinstance(value, str) or not value or not (math.isfinite(expires) and math.isfinite(refresh)):
        return None
    return AccessToken(value=value, expires_at=expires, refresh_at=refresh)


class DynamoDbTokenCache:
    """One item per token: partition key ``token_key`` (S), TTL attribute ``ttl`` (epoch seconds).

    IAM: ``GetItem``, ``UpdateItem`` and ``PutItem`` on the table. A failed conditional write returns the
    item it failed on, so a claim is one call whatever its outcome.
    """

    def __init__(self, dynamodb: DynamoDBClient, table_name: str) -> None:
        self._dynamodb = dynamodb
        self._table_name = table_name

    def get(self, key: str) -> CacheEntry:
        """Return the entry, read consistently: a waiting process must see the token that was just put."""
        with _translated():
            answer = self._dynamodb.get_item(
                TableName=self._table_name, Key={"token_key": {"S": key}}, ConsistentRead=True
            )
        return _entry(answer.get("Item", {}))

    def claim(self, key: str, *, owner: str, now: float, seconds: float, replacing: str) -> CacheEntry | None:
        """Take the lease by conditional write; else return the entry that forbids it."""
        with _translated():
            try:
                self._dynamodb.update_item(
                    TableName=self._table_name,
                    Key={"token_key": {"S": key}},
                    UpdateExpression="SET lease_owner = :owner, lease_until = :until, #ttl = :ttl",
                    ConditionExpression=(
                        "(attribute_not_exists(lease_until) OR lease_until <= :now) AND "
                        "(attribute_not_exists(access_token) OR refresh_at <= :now OR "
                        "expires_at <= :soon OR access_token = :replacing)"
                    ),
                    ExpressionAttributeNames={"#ttl": "ttl"},
                    ExpressionAttributeValues={
                        ":owner": {"S": owner},
                        ":now": _number(now),
                        ":soon": _number(now + LEEWAY_SECONDS),
                        ":until": _number(now + seconds),
                        ":replacing": {"S": replacing or "-"},  # no token looks like this
                        ":ttl": {"N": str(int(now) + KEPT_SECONDS)},
                    },
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except ClientError as error:
                if _code(error) != _CONDITION_FAILED:
                    raise
                found = cast("Mapping[str, object]", error.response).get("Item", {})
                return _entry(cast("Mapping[str, AttributeValueTypeDef]", found))
        return None

    def put(self, key: str, token: AccessToken) -> None:
        """Replace the whole item, and with it the lease."""
        with _translated():
            self._dynamodb.put_item(
                TableName=self._table_name,
                Item={
                    "token_key": {"S": key},
                    "access_token": {"S": token.value},
                    "expires_at": _number(token.expires_at),
                    "refresh_at": _number(token.refresh_at),
                    "ttl": {"N": str(int(token.expires_at) + KEPT_SECONDS)},
                },
            )

    def release(self, key: str, *, owner: str) -> None:
        """End the lease if it still is this owner's."""
        self._remove_if("lease_owner", owner, key, "lease_owner, lease_until")

    def drop(self, key: str, value: str) -> None:
        """Remove the token if it still is that one; a lease stays."""
        self._remove_if("access_token", value, key, "access_token, expires_at, refresh_at")

    def _remove_if(self, attribute: str, expected: str, key: str, attributes: str) -> None:
        with _translated():
            try:
                self._dynamodb.update_item(
                    TableName=self._table_name,
                    Key={"token_key": {"S": key}},
                    UpdateExpression=f"REMOVE {attributes}",
                    ConditionExpression=f"{attribute} = :expected",
                    ExpressionAttributeValues={":expected": {"S": expected}},
                )
            except ClientError as error:
                if _code(error) != _CONDITION_FAILED:
                    raise


def _number(value: float) -> UniversalAttributeValueTypeDef:
    return {"N": f"{value:.3f}"}


def _entry(item: Mapping[str, AttributeValueTypeDef]) -> CacheEntry:
    def part(name: str, kind: str) -> object:
        return cast("Mapping[str, object]", item.get(name, {})).get(kind)

    try:
        lease_until = float(str(part("lease_until", "N") or 0))
    except ValueError:
        lease_until = 0.0
    token = _token(part("access_token", "S"), part("expires_at", "N"), part("refresh_at", "N"))
    return CacheEntry(token, lease_until)


class SsmTokenCache:
    """One SecureString per token at ``<path>/<key>``, encrypted with the account's SSM key.

    SSM has no conditional write and allows few writes a second, so there is no lease: processes that
    start at once without a valid token each ask for one, and the last to write is read by the rest. A
    refresh looks once more before it asks, which makes one of them do it in practice. Choose DynamoDB where
    many start at once. IAM: ``GetParameter``, ``PutParameter`` and ``DeleteParameter`` below the path.
    """

    def __init__(self, ssm: SSMClient, path: str) -> None:
        self._ssm = ssm
        self._path = path.rstrip("/")

    def get(self, key: str) -> CacheEntry:
        """Return the token there is; never a lease."""
        with _translated():
            try:
                answer = self._ssm.get_parameter(Name=self._name(key), WithDecryption=True)
            except ClientError as error:
                if _code(error) != "ParameterNotFound":
                    raise
                return CacheEntry()
        try:
            held = json.loads(answer["Parameter"]["Value"])
        except ValueError:
            return CacheEntry()
        if not isinstance(held, dict):
            return CacheEntry()
        return CacheEntry(_token(held.get("access_token"), held.get("expires_at"), held.get("refresh_at")))

    def claim(self, key: str, *, owner: str, now: float, seconds: float, replacing: str) -> CacheEntry | None:
        """Let anyone ask unless a fresh token has been stored meanwhile."""
        del owner, seconds  # nothing to lend
        entry = self.get(key)
        if entry.token is None or entry.token.value == replacing or not entry.token.fresh(now):
            return None
        return entry

    def put(self, key: str, token: AccessToken) -> None:
        """Store a token over whatever is there."""
        value = {
            "access_token": token.value,
            "expires_at": round(token.expires_at, 3),
            "refresh_at": round(token.refresh_at, 3),
        }
        with _translated():
            self._ssm.put_parameter(
                Name=self._name(key),
                Value=json.dumps(value),
                Type="SecureString",
                Tier="Intelligent-Tiering",  # a long token does not fit the 4 KB of the standard tier
                Overwrite=True,
            )

    def release(self, key: str, *, owner: str) -> None:
        """Do nothing: there is no lease."""

    def drop(self, key: str, value: str) -> None:
        """Remove the token if it is that one; a newer one stored in between is lost, and asked for again."""
        entry = self.get(key)
        if entry.token is None or entry.token.value != value:
            return
        with _translated():
            try:
                self._ssm.delete_parameter(Name=self._name(key))
            except ClientError as error:
                if _code(error) != "ParameterNotFound":
                    raise

    def _name(self, key: str) -> str:
        return f"{self._path}/{key}"
