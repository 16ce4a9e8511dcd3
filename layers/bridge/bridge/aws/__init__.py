"""The only modules that know AWS: SSM, SQS, DynamoDB."""
