"""The floor of dispatch_delivery: its clients, and the calls of a first order, with nothing between."""

from __future__ import annotations

import os

import boto3
import requests

sqs, dynamodb, ssm = boto3.client("sqs"), boto3.client("dynamodb"), boto3.client("ssm")
session = requests.Session()


def lambda_handler(event: dict[str, list[dict[str, str]]], context: object) -> dict[str, object]:
    """Read the connection, write twice, and ask CoopCycle for a token, for itself and for a delivery."""
    path = os.environ["CONNECTIONS_PATH"]
    names = [
        f"{path}/settings/acme",
        *(f"{path}/dispatching/acme/client-{name}" for name in ("id", "secret")),
    ]
    found = ssm.get_parameters(Names=names, WithDecryption=True)
    url = next(
        line.split('"')[1]
        for parameter in found["Parameters"]
        for line in parameter["Value"].splitlines()
        if line.startswith("url")
    )
    item = {"connection_id": {"S": "floor"}, "order_id": {"S": event["Records"][0]["messageId"]}}
    dynamodb.get_item(TableName=os.environ["TOKENS_TABLE_NAME"], Key={"token_key": {"S": "floor"}})
    token = session.post(
        f"{url}/oauth2/token",
        data={"grant_type": "client_credentials", "scope": "tasks deliveries"},
        auth=("acme", "acme-secret"),
        timeout=10,
    ).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    dynamodb.put_item(TableName=os.environ["DELIVERIES_TABLE_NAME"], Item=item)
    session.post(f"{url}/api/deliveries", data=b"{}", headers=headers, timeout=10)
    dynamodb.put_item(TableName=os.environ["DELIVERIES_TABLE_NAME"], Item=item)
    return {"batchItemFailures": []}
