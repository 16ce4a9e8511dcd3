from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from bridge_laptop.cli.main import main

BRIDGE = [sys.executable, "-c", "from bridge_laptop.cli.main import main; main()", "sandbox"]


@pytest.mark.parametrize("shell", ["exec", "trap '' INT; exec"], ids=["in a terminal", "under nohup"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_runs_until_interrupted(number: signal.Signals, shell: str):
    """The sandbox prints its address, answers there, and ends with exit code 0 when told to stop.

    A shell that starts it in the background has it ignore SIGINT; it is ended with it all the same.
    """
    with subprocess.Popen(  # our own command
        ["/bin/sh", "-c", f'{shell} "$0" "$@"', *BRIDGE, "--port", "0"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().split()[3].rstrip(",")

        try:
            status = requests.get(f"{address}/_sandbox/stats", timeout=5).status_code
            process.send_signal(number)

            assert 200 == status
            assert 0 == process.wait(timeout=10)
        finally:
            process.kill()  # had it not ended, nobody would
        assert "stopped\n" == process.stdout.read()


def test_port_that_is_taken():
    """A port in use is named in one line."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        result = CliRunner().invoke(main, ["sandbox", "--port", str(port)])

    assert 1 == result.exit_code
    assert "Address already in use" in result.output


@pytest.mark.parametrize("content", ["{", "[]", json.dumps({"stores": 1})])
def test_seed_that_is_wrong(tmp_path: Path, content: str):
    """A seed file that cannot be used gives one line and no traceback."""
    seed = tmp_path / "seed.json"
    seed.write_text(content, encoding="utf-8")

    result = CliRunner().invoke(main, ["sandbox", "--port", "0", "--seed", str(seed)])

    assert 1 == result.exit_code
    assert result.output.startswith("Error: ")
