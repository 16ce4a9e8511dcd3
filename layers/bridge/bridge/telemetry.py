"""The Logger and the metrics of the service; nothing personal goes through either."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

logger = Logger(service="bridge")


def publish_counts(names: Iterable[str]) -> None:
    """Write how often each metric was counted in this invocation, as one line in the embedded metric format.

    Each invocation has metrics of its own: Powertools keeps what it was not allowed to print
    (POWERTOOLS_METRICS_DISABLED), and two functions in one process must not mix theirs.
    """
    counts = Counter(names)
    if counts:
        metrics = EphemeralMetrics(namespace="CoopCycleBridge", service="bridge")
        for name, count in counts.items():
            metrics.add_metric(name, MetricUnit.Count, count)
        metrics.flush_metrics()
