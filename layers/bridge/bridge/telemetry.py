"""The Logger and the metrics of the service; nothing personal goes through either."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

logger = Logger(service="bridge")


def publish(counted: Iterable[str], seconds: Mapping[str, float] | None = None) -> None:
    """Write the metrics of one invocation as one line in the embedded metric format.

    ``counted`` are names of metrics, each as often as it happened; ``seconds`` are durations by the name of
    their metric. Each invocation has metrics of its own: Powertools keeps what it was not allowed to print
    (POWERTOOLS_METRICS_DISABLED), and two functions in one process must not mix theirs.
    """
    counts = Counter(counted)
    if not counts and not seconds:
        return
    metrics = EphemeralMetrics(namespace="CoopCycleBridge", service="bridge")
    for name, count in counts.items():
        metrics.add_metric(name, MetricUnit.Count, count)
    for name, duration in (seconds or {}).items():
        metrics.add_metric(name, MetricUnit.Seconds, duration)
    metrics.flush_metrics()


class Waiting:
    """How long the oldest message has been on its queue that an invocation could not finish.

    SQS's own ApproximateAgeOfOldestMessage looks past messages that were received three times or more (Amazon
    SQS developer guide, "Available CloudWatch metrics for Amazon SQS"), which is every order of an outage.
    """

    def __init__(self, metric: str) -> None:
        self._metric = metric
        self._ages: list[float] = []  # appended to by the threads of a batch

    @property
    def seconds(self) -> dict[str, float]:
        """The metric with the age of the oldest; empty when everything was finished."""
        return {self._metric: max(self._ages)} if self._ages else {}

    @contextmanager
    def since(self, sent_timestamp: str) -> Iterator[None]:
        """Note the age of a message if handling it raises; ``sent_timestamp`` is SQS's, in milliseconds."""
        try:
            yield
        except Exception:
            self._ages.append(max(0.0, time.time() - int(sent_timestamp) / 1000))
            raise
