"""The whole way by keyboard alone: open, keep the requester, draw, withhold, undo, render, submit, approve, package."""

import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from bodycam_pipeline.evidence.keys import new_key, read_private_key
from bodycam_pipeline.package.check import Trust, check_package
from bodycam_pipeline.package.make import make_package
from bodycam_pipeline.page.access import Proxy
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.review.decisions import DecisionStore
from bodycam_pipeline.review.history import history_of, review_state_of
from tests.inline import InlineRunner
from tests.page.browser import chromium, opened, until
from tests.page.conftest import Served, serving

OFFICER, SUPERVISOR = {"X-Remote-User": "A. Officer"}, {"X-Remote-User": "B. Supervisor"}
MOST_DIFFERENT = 4
"""Mean levels by which a released frame may differ from what the page showed: coding, and the way to RGB."""


@pytest.fixture
def served(detected: Folders, tmp_path: Path) -> Iterator[Served]:
    shutil.copytree(detected.internal, tmp_path / "out" / detected.internal.name)
    with serving(tmp_path / "out" / detected.internal.name, Proxy("127.0.0.1", "X-Remote-User")) as found:
        yield found


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def answer(page: Any, *typed: str) -> None:
    """Wait for a question, type into where the cursor is, and accept."""
    page.wait_for_selector("dialog[open]")
    for text in typed:
        page.keyboard.press("Control+A")
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog", state="detached")


@pytest.mark.slow
def test_from_a_detected_job_to_a_verified_package_by_keyboard_alone(served: Served, tmp_path: Path) -> None:
    job = served.folders
    with chromium() as browser, opened(browser, served, but="401", extra_http_headers=OFFICER) as page:
        press(page, "n", "v")
        answer(page, "the requester")
        until(page, "review.store.facts.tracks.filter(t => t.state === 'kept').length === 1")
        press(page, "Escape", "b", "ArrowLeft", "ArrowUp", "Enter")
        answer(page)
        until(page, "review.store.facts.tracks.some(t => t.state === 'drawn')")
        press(page, "Escape", "Home", "i", "Shift+ArrowRight", "o", "w")
        answer(page, "interior of a dwelling")
        until(page, "review.store.facts.spans.length === 1")
        press(page, "i", "Shift+ArrowRight", "o", "m")
        answer(page, "a name is spoken")
        until(page, "review.store.facts.spans.length === 2")
        press(page, "Control+z")
        until(page, "review.store.facts.spans.length === 1")
        page.reload()
        page.wait_for_selector("review-stage[data-pts]")
        assert page.evaluate("review.store.facts.spans.map(s => s.what)") == ["withhold"]
        render(page)
        while page.evaluate("review.store.facts.findings.some(f => f.state !== 'decided')"):
            waiting = page.evaluate("review.store.undecided().length")
            press(page, "n", "v")
            answer(page, "a pattern")
            until(page, f"review.store.undecided().length < {waiting}")
        if not page.evaluate("review.store.facts.rendered"):
            render(page)
        until(page, "review.store.facts.rendered")
        assert (job.release / "manifest.json").exists()
        press(page, "Home", "Space")
        until(page, "review.store.share() > 0.3")
        press(page, "Space", "Control+Enter")
        answer(page)
        until(page, "review.store.facts.state === 'in review' || review.store.facts.state === 'approved'")
        shown = {pts: page_pixels(page, pts) for pts in page.evaluate("[...review.store.clock.shown]")[::13]}
    send_back_and_submit_again(served)
    with chromium() as browser, opened(browser, served, but="401", extra_http_headers=SUPERVISOR) as page:
        press(page, "Control+Enter")
        answer(page, "looked at every minute")
        until(page, "review.store.facts.state === 'approved'")
    assert_on_record(job)
    assert_released_as_shown(job, shown)
    new_key(tmp_path / "agency.pem")
    key = read_private_key(tmp_path / "agency.pem")
    make_package(job, tmp_path / "package", key, "A. Officer", InlineRunner())
    assert check_package(tmp_path / "package", Trust(key.public_key()), InlineRunner()).frames > 0


def send_back_and_submit_again(served: Served) -> None:
    """The supervisor asks for changes at a time and place; the officer sees it there, and answers."""
    with chromium() as browser, opened(browser, served, but="401", extra_http_headers=SUPERVISOR) as page:
        press(page, "ArrowRight")
        page.evaluate("void review.acts.askChanges()")
        answer(page, "is the passport hidden here?")
        until(page, "review.store.facts.state === 'draft'")
    with chromium() as browser, opened(browser, served, but="401", extra_http_headers=OFFICER) as page:
        assert "is the passport hidden here?" in page.inner_text("review-cards")
        assert page.evaluate("review.store.facts.remarks[0].pts === review.store.clock.shown[1]")
        press(page, "Control+Enter")
        answer(page)
        until(page, "review.store.facts.state === 'in review'")
        assert not page.evaluate("review.store.facts.remarks[0].open"), "it is answered by submitting again"


def assert_on_record(job: Folders) -> None:
    events = {(event.what, event.by) for event in history_of(job)}
    assert {("submitted", "A. Officer"), ("approved", "B. Supervisor"), ("watched", "A. Officer")} <= events
    assert review_state_of(job).state == "approved"
    decided = DecisionStore(job).state().edits
    assert (len(decided.keep), len(decided.hide), len(decided.withhold), len(decided.mute)) == (1, 1, 1, 0)


def render(page: Any) -> None:
    press(page, "Escape", "Control+Enter")
    answer(page)
    until(page, "review.store.progress && !review.store.progress.running")
    until(page, "!document.querySelector('dialog')")


def page_pixels(page: Any, pts: int) -> bytes:
    """What the page shows of a frame as it is released, without loss."""
    path = f"review.store.job + '/still/released/{int(pts)}.png'"
    numbers = page.evaluate(f"fetch({path}).then(r => r.arrayBuffer()).then(b => [...new Uint8Array(b)])")
    return bytes(numbers)


def assert_released_as_shown(job: Folders, shown: dict[int, bytes]) -> None:
    with av.open(str(job.release / job.video_name)) as container:
        released = {frame.pts: frame.reformat(format="rgb24").to_ndarray() for frame in container.decode(video=0)}
    for pts, png in shown.items():
        seen = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), np.int16)
        difference = np.abs(seen - np.asarray(released[int(pts)], np.int16)).mean()
        assert difference < MOST_DIFFERENT, f"frame {pts} differs by {difference}"
