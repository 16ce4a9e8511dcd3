"""Headless Chromium, Debian's or any other that is installed, driven by Playwright; nothing is downloaded."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",  # CI runs as root; the pages are our own
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


def chromium() -> str:
    """Return where Chromium is; skips the test, in words, where there is none."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("Chromium is not installed here (Debian: apt-get install chromium)")
    return found


@contextmanager
def browsing() -> Iterator[Browser]:
    """Run a browser with a new and empty profile."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


class Reader:
    """One person at one browser window, and what went over the wire and wrong in it."""

    def __init__(self, browser: Browser, url: str, **options: object) -> None:
        self.url = url
        self.context = browser.new_context(
            **{"viewport": DESKTOP, "locale": "en-GB", "reduced_motion": "reduce", **options}
        )
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.hosts: set[str] = set()
        self.bytes = 0
        self.complaints: list[str] = []
        self.page.on("request", self._note)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on(
            "console", lambda told: self.complaints.append(told.text) if told.type == "error" else None
        )

    def _note(self, request: Request) -> None:
        self.hosts.add(urlsplit(request.url).netloc)

    def open(self, path: str = "/") -> Page:
        """Open an address and wait for its view."""
        self.page.goto(f"{self.url}{path}")
        self.page.wait_for_selector("#view")
        return self.page

    def close(self) -> None:
        """Close the window."""
        self.context.close()
