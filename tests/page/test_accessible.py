"""WCAG 2.1 AA as far as a program can tell it (axe), and what people who look at hard footage all day ask for."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.page.browser import chromium, opened
from tests.page.conftest import Served


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.mark.parametrize("where", ["page", "keys", "reason"])
def test_axe_finds_nothing(browser: Any, served: Served, where: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    with opened(browser, served, bypass_csp=True, but="TrustedHTML", reduced_motion="reduce") as page:
        if where == "keys":
            page.keyboard.press("?")
        if where == "reason":
            page.keyboard.press("n")
            page.keyboard.press("e")
        if where != "page":
            page.wait_for_selector("dialog[open]")
        rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
        found = axe.Axe().run(page, options=rules)
        assert found.violations_count == 0, found.generate_report()


def test_keys_do_nothing_where_somebody_types_and_can_be_changed(browser: Any, served: Served) -> None:
    with opened(browser, served) as page:
        page.keyboard.press("t")
        page.wait_for_selector("dialog[open] input")
        page.keyboard.type("0:01")
        page.keyboard.press("Enter")
        page.wait_for_selector("dialog", state="detached")
        second = page.evaluate("review.store.number")
        assert second >= 28
        page.keyboard.press("?")
        page.get_by_role("row", name="One frame on").get_by_role("button").click()
        page.keyboard.press("x")
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog", state="detached")
        page.wait_for_timeout(100)
        page.keyboard.press("x")
        assert page.evaluate("review.store.number") == second + 1
        page.keyboard.press("ArrowRight")
        assert page.evaluate("review.store.number") == second + 1


def test_greyscale_and_blur_until_hovered(browser: Any, served: Served) -> None:
    with opened(browser, served) as page:
        page.mouse.move(2, 2)
        filtered = "getComputedStyle(document.querySelector('canvas.picture')).filter"
        page.keyboard.press("Shift+G")
        assert page.evaluate(filtered) == "grayscale(1)"
        page.keyboard.press("Shift+G")
        page.keyboard.press("Shift+B")
        assert page.evaluate(filtered) == "blur(14px)"
