"""The built layer is all that the functions need: all of it is imported and called, alone on the path."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.test_every_sender import ShopsApi, connection_text
from tests.support import on_the_layer, samples
from tests.support.place import Place, place

from bridge import sources
from bridge_laptop import sam_template
from bridge_laptop.http_server import Server
from bridge_laptop.lambda_events import http_event
from bridge_laptop.sandbox.server import SandboxServer

BUILD = sam_template.ROOT / ".aws-sam" / "build"
LAYER = BUILD / "BridgeLayer" / "python"
LARGEST_LAYER_BYTES = 30 * 1000 * 1000
MACHINE = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
BUILT_FOR = os.environ.get("BUILT_FOR", "")
pytestmark = pytest.mark.skipif(not BUILT_FOR, reason="`make build` runs these on what it has built")


def sizes(folder: Path) -> dict[str, int]:
    """Return the bytes of each package of the layer."""
    found: dict[str, int] = {}
    for file in folder.rglob("*"):
        if file.is_file():
            name = file.relative_to(folder).parts[0]
            found[name] = found.get(name, 0) + file.stat().st_size
    return found


def test_the_layer_holds_what_is_used() -> None:
    """Lambda unpacks all of it for each new environment; the largest parts are shown."""
    found = sizes(LAYER)
    largest = sorted(found.items(), key=lambda item: -item[1])[:12]

    print(f"layer {sum(found.values()) / 1e6:.1f} MB:", *(f"{name} {n / 1e6:.1f}" for name, n in largest))

    assert sum(found.values()) <= LARGEST_LAYER_BYTES, largest
    assert [] == list(LAYER.rglob("*.pyi"))


def test_the_certificates_of_aws_are_checked_with_those_that_are_left() -> None:
    """The other tests speak HTTP; botocore's own bundle is left out."""
    told = "import botocore.httpsession as http, os; print(os.path.isfile(http.get_cert_path(True)))"
    command = [on_the_layer.python(), "-S", "-s", "-c", told]
    done = subprocess.run(
        command, env=on_the_layer.environment(LAYER), capture_output=True, text=True, check=True
    )

    assert "True" == done.stdout.strip()


@pytest.fixture
def bridge() -> Iterator[Place]:
    """Emulator, CoopCycle and the senders' APIs, with a connection for each sender."""
    api, coopcycle = Server(ShopsApi()), SandboxServer().start()
    api.start()
    try:
        with place() as made:
            for name in sources.NAMES:
                text = connection_text(name, api.url)
                address = samples.load(name).connection.coopcycle_url
                made.connect(
                    name,
                    text.replace(address, coopcycle.url),
                    **{
                        "webhook-secret": samples.load(name).known["webhook"],
                        "client-id": "acme",
                        "client-secret": "acme-secret",
                        "shop-token": "shop-token",
                    },
                )
            yield made
    finally:
        coopcycle.stop()
        api.stop()


def event_of(name: str) -> dict[str, Any]:
    """Return the push of a sender's first delivery, signed now."""
    sender = samples.load(name)
    signed = sender.sign(sender.deliveries[0], sent_at=datetime.now(UTC))
    path = {"connection_id": name} | ({"secret": signed.path_secret} if signed.path_secret else {})
    route = "/webhooks/" + "/".join(f"{{{part}}}" for part in path)
    return http_event(
        method="POST",
        path="/webhooks/" + "/".join(path.values()),
        route=route,
        path_parameters=path,
        headers=signed.headers,
        body=signed.body,
    )


@pytest.mark.skipif(BUILT_FOR != MACHINE, reason="built for another processor than this machine's")
def test_everything_runs_on_the_layer_alone(bridge: Place) -> None:
    """Every sender's webhook is accepted and dispatched, and the page is shown, by Lambda's Python."""
    functions = {
        "BRIDGE_ENVIRONMENT": "dev",
        "SIGN_IN_URL": "none",
        "SIGN_IN_CLIENT_ID": "none",
        "BRIDGE_CONSOLE_BELIEVED_SECONDS": "15",
        "WEBHOOK_URL": "http://127.0.0.1/webhooks/",
    }
    asked = {
        "functions": str(BUILD),
        "events": [event_of(name) for name in sources.NAMES],
        "page": http_event(
            method="GET",
            path="/console",
            route="/console",
            path_parameters={},
            headers={"host": "127.0.0.1:3000"},
            body=b"",
        ),
    }

    came = on_the_layer.run(
        Path(__file__).parent / "everything.py",
        asked,
        layer=LAYER,
        environ={**bridge.environment, **functions},
    )

    assert dict.fromkeys(sources.NAMES, 200) == came["answers"]
    assert len(sources.NAMES) == came["records"]
    assert 0 == came["failed"]
    assert 200 == came["page"]
    assert [] == came["outside"]
    assert came["modules"] > 100
