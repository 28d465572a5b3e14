"""A real browser: Debian's Chromium, driven by Playwright."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

CHROMIUM = "/usr/bin/chromium"
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PICTURES = os.environ.get("BATON_PICTURES")
"""A directory where the tests' pictures of the page are kept."""

expect.set_options(timeout=10_000)


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Chromium without a window. Skips where there is none; in CI that is a failure."""
    if not Path(CHROMIUM).exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{CHROMIUM} is missing, and CI must look at the page in a browser")
        pytest.skip(f"{CHROMIUM} is not installed: the page is not looked at in a browser")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield launched
        launched.close()


def complaints_of(page: Page) -> list[str]:
    """What goes wrong in the page's scripts from now on, and what its console says of errors and warnings."""
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.on("console", lambda said: broken.append(said.text) if said.type in ("error", "warning") else None)
    return broken


def shoot(page: Page, name: str) -> None:
    """A picture of the page as PICTURES/NAME.png, where pictures are wanted."""
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        page.wait_for_timeout(300)
        page.screenshot(path=f"{PICTURES}/{name}.png")
