"""The page in Chromium: what it shows of a job, by mouse and by keys."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.review.decisions import DecisionStore
from tests.page.browser import chromium, looked_at, opened, until
from tests.page.conftest import Served, serving
from tests.page.test_journey import answer, press


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


def test_the_page_opens_by_its_address_and_stays_open_when_it_is_loaded_again(browser: Any, served: Served) -> None:
    with opened(browser, served) as page:
        assert "#" not in page.url, "the token is gone from the address at once"
        assert page.title() == f"Review: {served.folders.name}"
        page.reload()
        page.wait_for_selector("review-stage[data-pts]")


def test_keys_step_by_frames_and_views_show_what_they_say(browser: Any, served: Served) -> None:
    with opened(browser, served) as page:
        shown = page.evaluate("[...review.store.clock.shown]")
        looked_at(page, shown[0], "released")
        page.keyboard.press("ArrowRight")
        looked_at(page, shown[1], "released")
        page.keyboard.press("Shift+ArrowRight")
        looked_at(page, page.evaluate("review.store.pts"), "released")
        assert page.evaluate("review.store.number") > 20
        page.keyboard.press("Tab")
        looked_at(page, page.evaluate("review.store.pts"), "original")
        page.keyboard.press("n")
        assert page.evaluate("review.store.selected.size") == 1


def test_a_pause_draws_what_was_watched_to_its_last_frame_each_stretch_with_its_speed(
    browser: Any, served: Served
) -> None:
    with opened(browser, served) as page:
        page.evaluate(
            """() => {
                review.store.set({ facts: { ...review.store.facts, rendered: true }, playing: true });
                for (const [number, speed] of [[8, 2], [9, 2], [10, 1], [11, 1]]) review.store.saw(number, speed);
                review.acts.pause();
            }"""
        )
        shown = page.evaluate("[...review.store.clock.shown]")
        assert page.evaluate("review.store.watched") == [[shown[8], shown[10], 2], [shown[10], shown[12], 1]]
        assert page.evaluate("review.store.watchedWords()").endswith(" % of the finished picture, at 2× at most.")


def test_names_are_text_and_never_markup(browser: Any, served: Served) -> None:
    with opened(browser, served, but="TrustedHTML") as page:
        evil = '<img src=x onerror="window.owned = 1">'
        page.evaluate(
            """(evil) => {
              const facts = structuredClone(review.store.facts);
              facts.name = facts.recording = facts.state = evil;
              for (const track of facts.tracks) { track.kind = evil; track.by = evil; track.state = "kept"; }
              review.store.set({ facts });
              document.querySelectorAll("review-cards .tab")[1].click();
            }""",
            evil,
        )
        page.wait_for_timeout(200)
        assert page.evaluate("window.owned") is None
        assert evil.lower() in page.inner_text("review-cards").lower()
        with pytest.raises(Exception, match="TrustedHTML"):
            page.evaluate("document.body.innerHTML = '<b>x</b>'")


def test_keys_split_join_change_and_trim(browser: Any, detected: Folders, tmp_path: Path) -> None:
    shutil.copytree(detected.internal, tmp_path / detected.internal.name)
    with serving(tmp_path / detected.internal.name) as served, opened(browser, served, but="409") as page:
        number, other = page.evaluate("review.store.facts.tracks.filter(t => t.frames > 40).map(t => t.number)")[:2]
        many = page.evaluate("review.store.facts.tracks.length")
        page.evaluate(f"review.store.select({number}); review.store.go(30)")
        press(page, "s")
        until(page, f"review.store.facts.tracks.length === {many + 1}")
        page.evaluate(f"review.store.select({number}, Math.max(...review.store.facts.tracks.map(t => t.number)))")
        press(page, "g")
        until(page, f"review.store.facts.tracks.length === {many}")
        page.evaluate(f"review.store.select({number})")
        press(page, "[")
        page.wait_for_selector(".toast.error >> text=take it apart first")
        press(page, "e")
        answer(page, "a child")
        until(page, f"review.store.track({number}).reason === 'a child'")
        page.evaluate(f"review.store.select({other})")
        for frame, key in ((10, "["), (40, "]")):
            before = page.evaluate("review.store.facts.revision")
            page.evaluate(f"review.store.go({frame})")
            press(page, key)
            until(page, f"review.store.facts.revision !== '{before}'")
    edits = DecisionStore(served.folders).state().edits
    assert [len(each) for each in (edits.split, edits.join, edits.change, edits.trim)] == [1, 1, 1, 1]
    assert None not in (edits.trim[0].start, edits.trim[0].end)
