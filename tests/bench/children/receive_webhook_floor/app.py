"""The floor of receive_webhook: its clients, and the calls of a first webhook, with nothing between."""

from __future__ import annotations

import os
import uuid

import boto3

sqs, ssm = boto3.client("sqs"), boto3.client("ssm")


def lambda_handler(event: dict[str, str], context: object) -> dict[str, object]:
    """Read what a first webhook has read, and send its body."""
    ssm.get_parameters_by_path(Path=os.environ["CONNECTION_IDS_PATH"])
    path = os.environ["CONNECTIONS_PATH"]
    ssm.get_parameters(
        Names=[f"{path}/settings/acme", f"{path}/receiving/acme/webhook-secret"], WithDecryption=True
    )
    unique = str(uuid.uuid4())
    sqs.send_message(
        QueueUrl=os.environ["WEBHOOKS_QUEUE_URL"],
        MessageBody=event["body"],
        MessageGroupId=unique,
        MessageDeduplicationId=unique,
    )
    return {"statusCode": 200}
