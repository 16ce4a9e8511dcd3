"""``make sam-local``: one `sam local invoke` of each function, against a local stack of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import uuid
from datetime import UTC, datetime
from pathlib import Path

from bridge_laptop import signing
from bridge_laptop import template as sam
from bridge_laptop.cli.event import dispatch_event, receive_event, recheck_event
from bridge_laptop.cli.sam_env import environment_file
from bridge_laptop.local import sample
from bridge_laptop.local.running_stack import LocalState
from bridge_laptop.local.stack import Options, running

NO_ENGINE = "requires a container runtime"


def main(sam_command: str) -> int:
    """Invoke each function; return an exit code: 0 done, 1 failed, 2 no container engine."""
    body = sample.ORDER.read_bytes()
    signed = signing.signed("shopify", body, "acme-webhook-secret", sample.TOPIC, str(uuid.uuid4()))
    now = datetime.now(UTC)
    events = {
        "ReceiveWebhookFunction": receive_event("acme", signed, now),
        "DispatchDeliveryFunction": dispatch_event("acme", "shopify", signed, now),
        "QueueRecheckFunction": recheck_event("acme", "5940139491042", now),
    }
    with running(Options(port=0)) as stack, tempfile.TemporaryDirectory() as folder:
        environment = Path(folder) / "env.json"
        state = LocalState(stack.url, stack.aws_endpoint, stack.names)
        environment.write_text(json.dumps(environment_file(state)))
        for function, event in events.items():
            file = Path(folder) / f"{function}.json"
            file.write_text(json.dumps(event))
            # host network: the emulator listens on this machine's loopback alone
            done = subprocess.run(  # noqa: S603  # the SAM CLI of our own virtual environment
                [
                    *(sam_command, "local", "invoke", function, "--docker-network", "host"),
                    *("--event", str(file), "--env-vars", str(environment)),
                ],
                cwd=sam.ROOT,
                capture_output=True,
                text=True,
                check=False,
            )
            if NO_ENGINE in done.stdout + done.stderr:
                sys.stderr.write("No container engine: `sam local` needs Docker or podman running here.\n")
                return 2
            sys.stdout.write(f"{function}: {done.stdout.strip()}\n")
            if done.returncode != 0 or "errorMessage" in done.stdout:
                sys.stderr.write(done.stderr)
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
