"""No real AWS account in reach: the AWS_ variables of the local stack and of ``sam local``."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

# Profiles and shared files are named away too: they may hold credentials, or endpoints of their own.
LOCAL_AWS = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_SESSION_TOKEN": "",
    "AWS_DEFAULT_REGION": "eu-west-3",
    "AWS_REGION": "eu-west-3",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


def isolated(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without anything of a real account: every AWS_ variable is ours or gone."""
    return {name: value for name, value in environ.items() if not name.startswith("AWS_")} | LOCAL_AWS


@contextmanager
def isolation() -> Iterator[Mapping[str, str]]:
    """Isolate this process's own environment for a while; yield what it was."""
    before = dict(os.environ)
    _replace(isolated(before))
    try:
        yield before
    finally:
        _replace(before)


def _replace(environ: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environ)
