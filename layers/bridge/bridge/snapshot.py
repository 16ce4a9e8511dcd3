"""Starting from a snapshot (Lambda SnapStart): what is made before it is taken, and anew in each copy after.

"Improving startup performance with Lambda SnapStart", Lambda developer guide. Environments that were resumed
from one snapshot are alike: what has to differ is made anew in each, and what the snapshot holds must not
grow old in it. Nothing is asked of AWS before the snapshot, so it holds no connection, no setting, no secret
and no token.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable


def taken_after(prepare: Callable[[], object]) -> None:
    """Have ``prepare`` run before a snapshot is taken; without SnapStart nothing happens.

    In each environment after it: numbers drawn at random (waits between tries) differ again. Ids that have to
    be unique are drawn from the system, which differs by itself; botocore asks for new credentials when those
    of the snapshot are over.
    """
    if (
        os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") != "snap-start"
    ):  # "Defined runtime environment variables"
        return
    from snapshot_restore_py import register_after_restore, register_before_snapshot  # of the runtime alone

    register_before_snapshot(prepare)
    register_after_restore(random.seed)
