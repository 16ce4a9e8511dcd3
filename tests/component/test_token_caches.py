from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from bridge.aws.token_caches import DynamoDbTokenCache, SsmTokenCache
from bridge.coopcycle.client import CoopCycleClient
from bridge.coopcycle.token import AccessToken, CacheEntry, TokenCache, TokenCacheUnavailable, TokenProvider
from bridge.coopcycle.transport import new_session
from bridge.errors import CredentialsRejected, TokenUnavailable

from .fake_server import FakeServer, Fault, Request, http

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ssm import SSMClient

NOW = 1_795_428_000.0
TOKEN = AccessToken("token-1", expires_at=NOW + 3600, refresh_at=NOW + 3000)
NEWER = AccessToken("token-2", expires_at=NOW + 7200, refresh_at=NOW + 6600)
STARTING = 50  # processes that start at once
TABLE = "tokens"
PATH = "/bridge/test/tokens"
ACCOUNT = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": "eu-west-3"}


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
    ssm.put_parameter(Name=f"{PATH}/key", Value=value or " ", Type="SecureString")

    assert SsmTokenCache(ssm, PATH).get("key") == CacheEntry()


# --- many processes at once -------------------------------------------------------------------------------


class TokenEndpoint:
    """Issues "token-1", "token-2" … and lets only some of them through to the API."""

    def __init__(self, *, secret: str = "acme-secret") -> None:
        self.issued = 0
        self.accepted: Callable[[str], bool] = lambda _: True
        self.expected = "Basic " + base64.b64encode(f"acme:{secret}".encode()).decode()
        self.lock = threading.Lock()

    def __call__(self, request: Request) -> bytes | Fault:
        """Answer a request."""
        if request.path != "/oauth2/token":
            token = request.headers["authorization"].removeprefix("Bearer ")
            return (
                http(200, {"store": "/api/stores/1", "name": token})
                if self.accepted(token)
                else http(401, {"code": 401, "message": "<text>"})
            )
        if request.headers["authorization"] != self.expected:
            return http(401, {"error": "invalid_client"})
        with self.lock:
            self.issued += 1
            issued = self.issued
        return http(200, {"token_type": "Bearer", "expires_in": 3600, "access_token": f"token-{issued}"})


Providers = Callable[..., list[TokenProvider]]


@pytest.fixture
def providers() -> Iterator[Providers]:
    """Make providers as so many processes would, each with a memory and a session of its own."""
    with ExitStack() as stack:

        def make(count: int, url: str, cache: TokenCache, **options: object) -> list[TokenProvider]:
            return [
                TokenProvider(
                    base_url=url,
                    client_id="acme",
                    client_secret="acme-secret",
                    scope="tasks deliveries",
                    cache=cache,
                    session=stack.enter_context(new_session()),
                    **options,  # type: ignore[arg-type]
                )
                for _ in range(count)
            ]

        yield make


def at_once(calls: list[Callable[[], str]]) -> list[str]:
    """Call all at the same moment, each in a thread, and return what they return."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], str]) -> str:
        start.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_many_cold_starts(leasing: DynamoDbTokenCache, providers: Providers) -> None:
    """Fifty processes that start at once ask for one token, and all of them get it."""
    endpoint = TokenEndpoint()
    with FakeServer(endpoint) as server:
        tokens = at_once([p.token for p in providers(STARTING, server.url, leasing)])

    assert tokens == ["token-1"] * STARTING
    assert endpoint.issued == 1


def test_many_refreshes(leasing: DynamoDbTokenCache, providers: Providers) -> None:
    """When a token is due in fifty processes at once, one of them replaces it and none fails."""
    endpoint = TokenEndpoint()
    now = [NOW]
    with FakeServer(endpoint) as server:
        all_providers = providers(STARTING, server.url, leasing, clock=lambda: now[0])
        for provider in all_providers:
            provider.token()
        now[0] += 3300
        tokens = at_once([p.token for p in all_providers])

    assert set(tokens) <= {"token-1", "token-2"}
    assert endpoint.issued == 2


def test_many_rejections(leasing: DynamoDbTokenCache, providers: Providers) -> None:
    """A token that is revoked under fifty processes, two threads each, is replaced once."""
    endpoint = TokenEndpoint()
    with FakeServer(endpoint) as server, ExitStack() as stack:
        clients = [
            CoopCycleClient(server.url, provider, session=stack.enter_context(new_session()))
            for provider in providers(STARTING // 2, server.url, leasing)
        ]
        at_once([lambda c=client: c.me().name for client in clients])  # type: ignore[misc]
        endpoint.accepted = lambda token: token != "token-1"
        names = at_once([lambda c=client: c.me().name for client in clients * 2])  # type: ignore[misc]

    assert names == ["token-2"] * STARTING
    assert endpoint.issued == 2


def test_threads_of_one_process(cache: TokenCache, providers: Providers) -> None:
    """Threads that share a provider ask once, whatever the cache can do."""
    endpoint = TokenEndpoint()
    with FakeServer(endpoint) as server:
        (provider,) = providers(1, server.url, cache)
        tokens = at_once([provider.token] * 20)

    assert tokens == ["token-1"] * 20
    assert endpoint.issued == 1


def test_wrong_credentials(cache: TokenCache, providers: Providers) -> None:
    """A refused secret is told at once, and leaves neither a token nor a lease behind."""
    with FakeServer(TokenEndpoint(secret="another")) as server:
        (provider,) = providers(1, server.url, cache)
        with pytest.raises(CredentialsRejected, match="invalid_client"):
            provider.token()
        endpoint = server.answer = TokenEndpoint()

        assert provider.token() == "token-1"
    assert endpoint.issued == 1


@pytest.mark.parametrize("fault", [Fault.RESET, Fault.HANG_UP])
def test_token_request_that_is_cut_off(cache: TokenCache, providers: Providers, fault: Fault) -> None:
    """A token request changes nothing that matters, so a cut connection just means: later."""
    with FakeServer(lambda _: fault) as server:
        (provider,) = providers(1, server.url, cache)
        with pytest.raises(TokenUnavailable):
            provider.token()


def test_token_endpoint_that_nobody_serves(cache: TokenCache, providers: Providers) -> None:
    """An instance that is down has no token for anybody, later."""
    with FakeServer(TokenEndpoint()) as server:
        url = server.url
    (provider,) = providers(1, url, cache)

    with pytest.raises(TokenUnavailable):
        provider.token()


def test_next_process_reads_what_the_first_stored(cache: TokenCache, providers: Providers) -> None:
    """A process that starts later takes the token from either cache."""
    endpoint = TokenEndpoint()
    with FakeServer(endpoint) as server:
        first, second = providers(2, server.url, cache)

        assert [first.token(), second.token()] == ["token-1", "token-1"]
    assert endpoint.issued == 1
