"""What an order costs: list prices × measured calls, bytes and milliseconds.

Prices of us-east-1 in dollars, without free tiers, read on 2026-11-25; other regions take up to a fifth more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridge.aws.deliveries import KEPT_FOR
from bridge_laptop import sam_template

READ_ON = "2026-11-25"


@dataclass(frozen=True)
class Price:
    """A list price, and where it stands."""

    dollars: float
    source: str


PRICES = {
    "HTTP API, a million requests": Price(1.00, "https://aws.amazon.com/api-gateway/pricing/"),
    "Lambda, a million requests": Price(0.20, "https://aws.amazon.com/lambda/pricing/"),
    "Lambda on arm64, a GB-second": Price(0.0000133334, "https://aws.amazon.com/lambda/pricing/"),
    "SQS FIFO, a million requests": Price(0.50, "https://aws.amazon.com/sqs/pricing/"),
    "DynamoDB on demand, a million writes of 1 KB": Price(
        0.625, "https://aws.amazon.com/dynamodb/pricing/on-demand/"
    ),
    "DynamoDB on demand, a million reads of 4 KB": Price(
        0.125, "https://aws.amazon.com/dynamodb/pricing/on-demand/"
    ),
    "DynamoDB, a GB kept for a month": Price(0.25, "https://aws.amazon.com/dynamodb/pricing/on-demand/"),
    "DynamoDB, point-in-time recovery of a GB for a month": Price(
        0.20, "https://aws.amazon.com/dynamodb/pricing/on-demand/"
    ),
    "CloudWatch Logs, a GB written": Price(0.50, "https://aws.amazon.com/cloudwatch/pricing/"),
}
MEMORY_GB = 0.5  # MemorySize of the template
BATCH = 10  # orders in a batch of a busy hour; one in a quiet one
PLATFORM_LOG_BYTES = 950  # Lambda's own START, END and REPORT in JSON, an invocation
ACCESS_LOG_BYTES = 150  # the HTTP API's line
MORE_FOR_AN_ITEM = 100  # bytes, beside its own
NAME_ROW_BYTES = 60  # a connection's id, an order's and its name
WEEKS_A_MONTH = 30 / 7
AWS_MS = 10  # that SendMessage, or two PutItem, take in AWS: single-digit milliseconds each, a belief until deployed
COOPCYCLE_MS = 230  # that the real CoopCycle took for a POST on two cores (tests/sandbox/recordings)


def price(name: str) -> float:
    """Return dollars."""
    return PRICES[name].dollars


def of_an_order(run: Mapping[str, Any], *, batch: int = BATCH) -> dict[str, float]:
    """Return dollars for a million orders, by part; each order is one webhook and one delivery.

    ``batch`` is how many orders an invocation of the dispatcher gets.
    """
    figures = run["figures"]
    receiver_ms = figures["receiver_warm_10kb"]["median"] + AWS_MS
    alone = batch == 1
    dispatcher = figures["dispatcher_one_230" if alone else "dispatcher_ten_230"]
    dispatcher_ms = COOPCYCLE_MS + AWS_MS + dispatcher["median"] * batch
    gigabyte_seconds = MEMORY_GB * (receiver_ms + dispatcher_ms / batch) / 1000
    logged = (
        figures["receiver_warm_10kb"]["bytes_logged"]
        + dispatcher["bytes_logged"]
        + PLATFORM_LOG_BYTES * (1 + 1 / batch)
        + ACCESS_LOG_BYTES
    )
    writes = sum(units(figures[each]["median"]) for each in ("item_first_bytes", "item_bytes"))
    rows = 2 * units(figures["row_bytes"]["median"]) + 1  # by arrival with each write, by name with the first
    queue = 1 + 2 / batch  # sent alone; received and deleted by the batch
    return {
        "HTTP API": price("HTTP API, a million requests"),
        "Lambda, invocations": price("Lambda, a million requests") * (1 + 1 / batch),
        "Lambda, time": price("Lambda on arm64, a GB-second") * gigabyte_seconds * 1e6,
        "SQS": price("SQS FIFO, a million requests") * queue,
        "DynamoDB, orders": price("DynamoDB on demand, a million writes of 1 KB") * writes,
        "DynamoDB, indexes": price("DynamoDB on demand, a million writes of 1 KB") * rows,
        "CloudWatch Logs": price("CloudWatch Logs, a GB written") * logged / 1000,
    }


def logs_at_warning(run: Mapping[str, Any]) -> float:
    """Return dollars for the logs of a million orders with LogLevel WARNING: metrics, and the API's lines."""
    figures = run["figures"]
    logged = sum(figures[f"warning_{mode}"]["median"] for mode in ("receive", "dispatch"))
    return price("CloudWatch Logs, a GB written") * (logged + ACCESS_LOG_BYTES) / 1000


def kept_a_month(run: Mapping[str, Any], what: str = "item_bytes") -> float:
    """Return dollars a month for a million orders that are kept: record, rows of the indexes, recovery, sweep.

    An item takes 100 bytes more than its own; recovery is billed for the table without its indexes
    ("Enable point-in-time recovery in DynamoDB"). ``redact_orders`` reads each item once a week.
    """
    figures = run["figures"]
    record = (figures[what]["median"] + MORE_FOR_AN_ITEM) / 1000
    rows = (figures["row_bytes"]["median"] + NAME_ROW_BYTES + 2 * MORE_FOR_AN_ITEM) / 1000
    recovery = price("DynamoDB, point-in-time recovery of a GB for a month") * record
    swept = price("DynamoDB on demand, a million reads of 4 KB") * figures[what]["median"] / 4096 / 2
    return price("DynamoDB, a GB kept for a month") * (record + rows) + recovery + swept * WEEKS_A_MONTH


def kept(run: Mapping[str, Any]) -> float:
    """Return dollars for a million orders for as long as they are kept: whole, blanked by a write, as a guard."""
    whole = retention_days() / 30
    blanked = units(run["figures"]["item_bytes"]["median"])  # the larger of before and after is billed
    return (
        kept_a_month(run) * whole
        + price("DynamoDB on demand, a million writes of 1 KB") * blanked
        + kept_a_month(run, "guard_bytes") * (KEPT_FOR.days / 30 - whole)
    )


def retention_days() -> int:
    """Return the template's default."""
    return int(sam_template.parameters(sam_template.load())["RetentionDays"])


def units(item_bytes: float) -> int:
    """Return the write units of an item: each begun kilobyte of 1,024 bytes is one."""
    return -(-int(item_bytes) // 1024)


def dollars_per_million(run: Mapping[str, Any]) -> float:
    """Return the sum."""
    return sum(of_an_order(run).values())


def a_month(run: Mapping[str, Any], orders: int) -> float:
    """Return dollars for so many orders a month; few orders come one by one."""
    batch = 1 if orders <= 10_000 else BATCH
    return sum(of_an_order(run, batch=batch).values()) * orders / 1e6
