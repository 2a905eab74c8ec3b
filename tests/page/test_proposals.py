"""Groups are proposed from the pictures, taken by one key, taken apart by another, and never made by themselves."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from bodycam_pipeline.evidence.plan_file import write_plan
from bodycam_pipeline.page.review import Review
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.release.work import draft_path, read_draft
from bodycam_pipeline.review.decisions import DecisionStore
from bodycam_pipeline.values.errors import StateError
from bodycam_pipeline.values.plan import REGION_SCHEMA
from tests.inline import InlineBoxes, InlineRunner
from tests.page.browser import chromium, opened, until
from tests.page.conftest import serving
from tests.page.test_decisions import act, see, tracks
from tests.page.test_journey import answer, press

TORN = 90
CUT_OFF = """[...document.querySelectorAll(".card")].flatMap((card) => {
    const { left, right, bottom } = card.getBoundingClientRect();
    const parts = [...card.querySelectorAll(".act, .act kbd")]
        .map((part) => [part.textContent, part.getBoundingClientRect()]);
    return parts.filter(([, part]) => part.width)
        .filter(([, part]) => part.left < left || part.right > right || part.bottom > bottom)
        .map(([text]) => text);
})"""
"""The buttons, and the keys on them, that reach out of their card."""


@pytest.fixture
def torn(detected: Folders, tmp_path: Path) -> Folders:
    """The same job, where the longest face was lost for a moment: its second half has another number."""
    folders = Folders(tmp_path / "out", detected.name)
    shutil.copytree(detected.internal, folders.internal)
    draft = read_draft(folders)
    numbers, pts = draft.regions["track"].to_numpy().copy(), draft.regions["pts"].to_numpy()
    longest = longest_face(draft.regions)
    mine = np.flatnonzero(numbers == longest)
    numbers[mine[pts[mine] > np.median(pts[mine])]] = TORN
    field = REGION_SCHEMA.field("track")
    place = draft.regions.schema.get_field_index("track")
    regions = draft.regions.set_column(place, field, pa.array(numbers, field.type))
    write_plan(replace(draft, regions=regions), draft_path(folders))
    return folders


def longest_face(regions: pa.Table) -> int:
    faces = regions.filter(pa.array([kind == "face" for kind in regions["kind"].to_pylist()]))
    found, counts = np.unique(faces["track"].to_numpy(), return_counts=True)
    return int(found[counts.argmax()])


@pytest.fixture
def review(torn: Folders) -> Iterator[Review]:
    found = Review(torn, InlineBoxes(), InlineRunner)
    yield found
    found.close()


def proposal_of(review: Review, track: int) -> list[int]:
    return next((numbers for numbers in review.facts()["proposals"] if track in numbers), [])


def test_a_person_who_was_lost_for_a_moment_is_proposed_and_nothing_is_merged_by_that(review: Review) -> None:
    assert review.facts()["proposals"] == [], "nothing is looked at before somebody asks"
    assert TORN in {number for numbers in review.propose() for number in numbers}
    assert {"undecided"} == {each["state"] for each in tracks(review).values()}
    assert DecisionStore(review.folders).state().number == 0


def test_a_proposal_is_taken_apart_and_comes_back_and_what_is_decided_is_in_none(review: Review) -> None:
    review.propose()
    together = proposal_of(review, TORN)
    act(review, "join", tracks=together)
    assert proposal_of(review, TORN) == []
    assert TORN not in tracks(review)
    act(review, "ungroup", tracks=[min(together)])
    assert proposal_of(review, TORN) == together
    shown = review.recording.packets.shown_pts().tolist()
    act(review, "split", tracks=[TORN], at=tracks(review)[TORN]["last"])
    assert proposal_of(review, TORN) == [], "one that a person split is no longer what was looked at"
    act(review, "undo")
    act(review, "confirm", tracks=[TORN])
    assert proposal_of(review, TORN) == []
    assert shown[0] <= tracks(review)[TORN]["first"]


def test_a_group_is_kept_visible_only_after_the_worst_frame_of_each_part_was_shown(review: Review) -> None:
    review.propose()
    together = proposal_of(review, TORN)
    see(review, *together[:-1])
    with pytest.raises(StateError, match="was not shown"):
        act(review, "keep", tracks=together, reason="the requester")
    see(review, together[-1])
    act(review, "keep", tracks=together, reason="the requester")
    (keep,) = DecisionStore(review.folders).state().edits.keep
    assert len(keep.anchors) == len(keep.shown) == len(together)


def test_one_key_takes_a_proposal_and_one_takes_it_apart(torn: Folders) -> None:
    with serving(torn.internal) as served, chromium() as browser, opened(browser, served) as page:
        until(page, "review.store.facts.proposals.length > 0")
        together: list[int] = page.evaluate(f"review.store.proposals().find(numbers => numbers.includes({TORN}))")
        choose = f"review.acts.openTracks(review.store.facts.tracks.filter(t => {together}.includes(t.number)))"
        waiting = page.evaluate("review.store.undecided().length")
        assert f"One face? {', '.join(map(str, together))}" in page.inner_text("review-cards")
        for width in (1280, 900):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.locator(".card.group").count() > 0
            assert page.evaluate(CUT_OFF) == [], f"{width} pixels wide"
        page.evaluate(choose)
        press(page, "g")
        until(page, f"!review.store.track({TORN})")
        assert page.evaluate("review.store.undecided().length") == waiting
        press(page, "Shift+U")
        until(page, f"Boolean(review.store.track({TORN}))")
        until(page, f"review.store.undecided().length === {waiting + len(together) - 1}")
        page.reload()
        page.wait_for_selector("review-stage[data-pts]")
        until(page, "review.store.proposals().length > 0")
        page.evaluate(choose)
        press(page, "Shift+U")
        until(page, f"review.store.undecided().length === {waiting + len(together) - 1}")
        kept = kept_alone(page, together)
    (keep,) = DecisionStore(torn).state().edits.keep
    assert (len(keep.anchors), len(keep.shown)) == (len(kept), len(kept))


def kept_alone(page: Any, together: list[int]) -> list[int]:
    """By one key and one answer: these are kept, and everybody else is hidden."""
    page.evaluate(f"review.store.select(...{together})")
    press(page, "Shift+A")
    answer(page, "the requester")
    until(page, "review.store.undecided().length === 0")
    states = page.evaluate("Object.fromEntries(review.store.facts.tracks.map(t => [t.number, t.state]))")
    kept = [int(number) for number, state in states.items() if state == "kept"]
    assert kept == sorted(together)
    page.keyboard.press("Control+z")
    until(page, "review.store.undecided().length > 0")
    page.keyboard.press("Control+y")
    until(page, "review.store.undecided().length === 0")
    return kept
