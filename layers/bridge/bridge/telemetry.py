"""The one Logger and the one Metrics of the service; nothing personal goes through either."""

from __future__ import annotations

from aws_lambda_powertools import Logger, Metrics

logger = Logger(service="bridge")
metrics = Metrics(namespace="CoopCycleBridge", service="bridge")
