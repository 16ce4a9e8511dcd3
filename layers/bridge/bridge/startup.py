"""What a function makes while its environment starts, before anybody waits for an answer.

Until its module is imported an environment has a whole processor, whatever its memory, and after that the
share of its memory ("Configure Lambda function memory", Lambda developer guide; "Utilize initialization
phase", serverlessland.com): clients that are made at the first request are made several times as slowly.

With SnapStart ("Improving startup performance with Lambda SnapStart") it is made once, and environments are
resumed from its snapshot. Those are alike: what has to differ is drawn anew in each, and what the snapshot
holds must not grow old in it. So nothing may be asked of AWS: then it holds no connection, no setting, no
secret and no token, and botocore asks for credentials again when those of the snapshot are over.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable

_HOW = "AWS_LAMBDA_INITIALIZATION_TYPE"  # "Defined runtime environment variables"; only Lambda has it


def made_at_start(make: Callable[[], object], *, for_a_snapshot: Callable[[], object] | None = None) -> None:
    """Have an environment of Lambda begin with ``make``, one of which a snapshot is taken with the other.

    In each environment that is resumed, numbers drawn at random (waits between tries) differ again; ids that
    have to be unique are drawn from the system, which differs by itself.
    """
    how = os.environ.get(_HOW)
    if how == "snap-start":
        from snapshot_restore_py import register_after_restore, register_before_snapshot  # the runtime's

        register_before_snapshot(for_a_snapshot or make)
        register_after_restore(random.seed)
    elif how:
        make()
