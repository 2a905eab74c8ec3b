"""Dragging keeps up with the display: no frame waits for what a pointer's move does to the page."""

from statistics import median
from typing import Any

from tests.page.browser import chromium, opened, until
from tests.page.conftest import Served

MOVES = 60
MOST_MEDIAN_MS = 50.0
"""Three frames of a display of 60 Hz: a test machine is busy, and a page that redraws all of itself takes longer."""

WATCH = """(() => { const gaps = window.gaps = []; let last = performance.now();
const tick = now => { gaps.push(now - last); last = now; if (window.watching) requestAnimationFrame(tick) };
window.watching = true; requestAnimationFrame(tick) })()"""


def test_a_dragged_box_and_a_dragged_playhead_keep_up_with_the_display(served: Served) -> None:
    with chromium() as browser, opened(browser, served) as page:
        until(page, "Boolean(review.store.facts)")
        page.keyboard.press("b")
        drawn = dragged(page, "review-stage")
        page.wait_for_selector("dialog[open]")
        page.keyboard.press("Escape")
        until(page, "document.querySelector('dialog[open]') === null")
        before = page.evaluate("review.store.number")
        sought = dragged(page, "review-timeline canvas")
        until(page, f"review.store.number !== {before}")
        for name, gaps in (("box", drawn), ("playhead", sought)):
            print(f"{name}: median {median(gaps):.1f} ms from frame to frame, longest {max(gaps):.1f} ms")
            assert len(gaps) >= MOVES / 4
            assert median(gaps) < MOST_MEDIAN_MS


def dragged(page: Any, element: str) -> list[float]:
    """Milliseconds from frame to frame while a pointer with its button down goes across an element."""
    where = f"(() => {{ const r = document.querySelector('{element}').getBoundingClientRect();"
    left, top, width, height = page.evaluate(where + " return [r.left, r.top, r.width, r.height] })()")
    page.mouse.move(left + 0.3 * width, top + 0.4 * height)
    page.mouse.down()
    page.evaluate(WATCH)
    page.mouse.move(left + 0.7 * width, top + 0.6 * height, steps=MOVES)
    gaps: list[float] = page.evaluate("(() => { window.watching = false; return window.gaps.slice(2) })()")
    page.mouse.up()
    return gaps
