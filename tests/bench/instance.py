"""A CoopCycle whose time to answer is known: `python -m tests.bench.instance` prints its address.

Its answers are the sandbox's, each asked for once and then repeated, so that the measured side waits for a
clock and not for the sandbox. POST /api/deliveries takes ``/_bench/{"alone": ms, "more": ms for each other at
work}``.
"""

from __future__ import annotations

import json
import os
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

from bridge_laptop.sandbox.server import SandboxServer


class _Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True

    def __init__(self, sandbox: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.sandbox = sandbox
        self.answers: dict[tuple[str, str], tuple[int, str, bytes]] = {}
        self.counts: dict[str, int] = {}
        self.lock = threading.Lock()
        self.at_work = 0
        self.alone = self.more = 0.0


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def _do(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        answer = self._control(body) if self.path == "/_bench" else self._answer(body)
        status, kind, content = answer
        self.send_response_only(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = _do

    def _control(self, body: bytes) -> tuple[int, str, bytes]:
        wanted = json.loads(body or b"{}")
        if wanted:
            self.server.alone, self.server.more = wanted["alone"] / 1000, wanted.get("more", 0) / 1000
            self.server.counts.clear()
        return 200, "application/json", json.dumps(self.server.counts).encode()

    def _answer(self, body: bytes) -> tuple[int, str, bytes]:
        key = (self.command, self.path)
        is_post = key == ("POST", "/api/deliveries")
        with self.server.lock:
            self.server.at_work += is_post
            seconds = self.server.alone + self.server.more * (self.server.at_work - 1)
            name = f"{self.command} {re.sub(r'[?].*', '', self.path)}"
            self.server.counts[name] = self.server.counts.get(name, 0) + 1
        if is_post:
            time.sleep(seconds)
        if key not in self.server.answers:
            self.server.answers[key] = self._ask(body)
        with self.server.lock:
            self.server.at_work -= is_post
        return self.server.answers[key]

    def _ask(self, body: bytes) -> tuple[int, str, bytes]:
        kept = ("content-type", "accept", "authorization")
        headers = {name: value for name, value in self.headers.items() if name.lower() in kept}
        came = requests.request(
            self.command, self.server.sandbox + self.path, data=body, headers=headers, timeout=10
        )
        return came.status_code, came.headers.get("Content-Type", ""), came.content

    def log_message(self, format: str, *args: Any) -> None:
        """Write nothing."""


def main() -> None:
    """Serve until standard input is closed."""
    server = _Server(SandboxServer().start().url)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
