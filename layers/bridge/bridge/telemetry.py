"""The Logger and the metrics of the service; nothing personal goes through either."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics

from bridge.metrics import Dimension, Measured, Metric, Unit, by_dimension

logger = Logger(service="bridge")


def publish(measured: Iterable[Measured]) -> None:
    """Write the metrics of one invocation in the embedded metric format, a line for each connection.

    A line's metrics have the dimension ``service`` (POWERTOOLS_SERVICE_NAME, which tells the environments of
    one account apart), and once more with the line's own. Each invocation has metrics of its own: Powertools
    keeps what it was not allowed to print (POWERTOOLS_METRICS_DISABLED), and two functions in one process
    must not mix theirs.
    """
    service = os.environ.get("POWERTOOLS_SERVICE_NAME", "bridge")
    for (dimension, of), some in by_dimension(measured).items():
        metrics = EphemeralMetrics(namespace="CoopCycleBridge", service=service)
        metrics.add_dimension("service", service)
        if dimension is not Dimension.NONE:
            metrics.add_dimensions(**{"service": service, dimension.value: of})
        counts = Counter(one.metric for one in some if one.metric.unit is Unit.COUNT)
        for metric, count in counts.items():
            metrics.add_metric(metric.value, metric.unit.value, count)
        for one in some:
            if one.metric.unit is not Unit.COUNT:
                metrics.add_metric(one.metric.value, one.metric.unit.value, one.value)
        metrics.flush_metrics()


class Waiting:
    """How long the oldest message of each connection has been on its queue that could not be finished.

    SQS's own ApproximateAgeOfOldestMessage looks past messages that were received three times or more (Amazon
    SQS developer guide, "Available CloudWatch metrics for Amazon SQS"), which is every order of an outage.
    """

    def __init__(self, metric: Metric) -> None:
        self._metric = metric
        self._ages: list[tuple[str, float]] = []  # appended to by the threads of a batch

    @property
    def measured(self) -> list[Measured]:
        """The age of the oldest of each connection, in seconds; empty when everything was finished."""
        oldest: dict[str, float] = {}
        for of, age in self._ages:
            oldest[of] = max(age, oldest.get(of, 0.0))
        return [Measured(self._metric, of, age) for of, age in oldest.items()]

    @contextmanager
    def since(self, sent_timestamp: str, of: Callable[[], str] = str) -> Iterator[None]:
        """Note the age of a message if handling it raises.

        ``sent_timestamp`` is SQS's, in milliseconds; ``of`` tells then whose it is.
        """
        try:
            yield
        except Exception:
            self._ages.append((of(), max(0.0, time.time() - int(sent_timestamp) / 1000)))
            raise
