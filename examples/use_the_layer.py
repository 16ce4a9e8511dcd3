import os

import boto3

from bridge.aws.connections import ConnectionStore
from bridge.aws.token_caches import DynamoDbTokenCache
from bridge.runtime import CoopCycleClients

connections = ConnectionStore(boto3.client("ssm"), os.environ["CONNECTIONS_PATH"])
tokens = DynamoDbTokenCache(boto3.client("dynamodb"), os.environ["TOKENS_TABLE_NAME"])
clients = CoopCycleClients(tokens, read_timeout_seconds=8, open_seconds=30)


def lambda_handler(event, context):
    return {"statuses": clients(*connections.get("acme")).get_delivery(event["delivery"]).statuses}
