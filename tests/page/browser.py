"""A real Chromium for the page: one for all tests, a context of its own for each."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.page.conftest import Served

CHROMIUM = shutil.which("chromium")
PATIENCE_MS = 60_000


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser that ends with the block; the test is skipped, by name, where there is none."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(browser: Any, served: Served, *, but: str = "\0", path: str = "/", **context: Any) -> Iterator[Any]:
    """The page as somebody who was let in sees it; its console holds no error ``but`` one that is expected."""
    own = browser.new_context(viewport={"width": 1280, "height": 800}, **context)
    page = own.new_page()
    page.set_default_timeout(PATIENCE_MS)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.goto(f"{served.origin}{path}#{served.access.new_token()}" if served.access.person else served.origin)
    page.wait_for_selector("review-stage[data-pts]")
    try:
        yield page
        assert not (unexpected := [text for text in wrong if but not in text]), unexpected
    finally:
        own.close()


def looked_at(page: Any, pts: int, shown: str) -> None:
    """Wait until the page shows one frame in one way."""
    page.wait_for_selector(f'review-stage[data-pts="{pts}"][data-shown="{shown}"]')


def until(page: Any, true: str) -> None:
    """Wait until an expression is true in the page, whose own policy forbids Playwright's way to do so."""
    end = time.monotonic() + PATIENCE_MS / 1000
    while not page.evaluate(true):
        assert time.monotonic() < end, f"never true: {true}"
        page.wait_for_timeout(50)


def static_folder() -> Path:
    return Path(__file__).parents[2] / "python" / "bodycam_pipeline" / "page" / "static"
