"""A token, and the claim on a cache to renew it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass


NOW = 1_795_428_000.0
STARTING = 50  # processes that start at once
TABLE = "tokens"
PATH = "/bridge/test/tokens"
ACCOUNT = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": "eu-west-3"}
