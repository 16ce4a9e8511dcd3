"""What AWS's libraries raise, as one clear line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
)

# The services' texts for these name the caller and the resource; others may repeat what was sent.
_TELLING_CODES = frozenset(
    {
        "AccessDeniedException",
        "AccessDenied",
        "ExpiredTokenException",
        "ExpiredToken",
        "InvalidClientTokenId",
        "UnrecognizedClientException",
    }
)


@contextmanager
def plain_aws_errors() -> Iterator[None]:
    """Turn what boto3 raises into one line for the operator (exit code 1).

    Raises:
        click.ClickException: in place of any error of boto3.
    """
    try:
        yield
    except ClientError as error:
        raise click.ClickException(_explain(error)) from error
    except NoRegionError as error:
        raise click.ClickException(
            "no AWS region: set AWS_DEFAULT_REGION, or region in the profile"
        ) from error
    except NoCredentialsError as error:
        raise click.ClickException(
            "no AWS credentials: set AWS_PROFILE, or sign in with `aws sso login`"
        ) from error
    except ParamValidationError as error:  # its text repeats values
        raise click.ClickException("AWS would not take the parameters of this call") from error
    except BotoCoreError as error:
        raise click.ClickException(f"AWS could not be asked: {error}") from error


def _explain(error: ClientError) -> str:
    details = error.response.get("Error", {})
    code = details.get("Code", "unknown error")
    sentence = f"AWS refused {error.operation_name}: {code}"
    return f"{sentence}: {details.get('Message', '')}" if code in _TELLING_CODES else sentence
