"""Take the pictures of docs/: `make pictures`, after a change of how the page looks."""

from __future__ import annotations

from pathlib import Path

from tests.browser.conftest import BELIEVED, have_an_evening, stack_running
from tests.browser.test_reading import VIEWS, settle
from tests.support.browser import Reader, browsing

from bridge_laptop.local.stack import Options

FOLDER = Path("docs/pictures")
TAKEN = {
    "orders-desktop": ("orders", {"width": 1280, "height": 640}),
    "parked-phone": ("parked-order", {"width": 390, "height": 844}),
}

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    with stack_running(Options(port=0, console=BELIEVED)) as stack, browsing() as browser:
        have_an_evening(stack)
        for name, (view, viewport) in TAKEN.items():
            page = Reader(browser, stack.url, viewport=viewport).open(VIEWS[view])
            settle(page)
            page.screenshot(path=FOLDER / f"{name}.png")
