"""Both sides of what is hidden, by numbers that a person can work out."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodycam_pipeline.measuring.hidden_boxes import HiddenRegion, hidden_by
from bodycam_pipeline.measuring.scoring import score
from bodycam_pipeline.measuring.true_boxes import labels_by_frame
from bodycam_pipeline.rules.cells import Cells, union_area
from bodycam_pipeline.values.errors import DatasetError
from bodycam_pipeline.values.geometry import Box, Orientation, snap_regions
from bodycam_pipeline.values.plan import WithheldSpan
from bodycam_pipeline.values.score import Score
from bodycam_pipeline.values.timeline import Span
from bodycam_pipeline.values.truth import TrueBox, Truth
from tests.rules.build import plan, row

BOX = (50, 45, 60, 55)
"""A face of 10 pixels in a picture of 100, where padding is 24 * 100 / 1080 pixels at least, or 20 to 35 %."""

PADDED = (47, 41, 63, 58)
"""What is needed to hide it, rounded snap_regions: 16 by 17 pixels."""

NEEDED = 16 * 17 / 10_000
SIDE = st.integers(0, 24)
RECTS = st.lists(st.tuples(SIDE, SIDE, SIDE, SIDE), max_size=6).map(lambda r: np.array(r, np.int64).reshape(-1, 4))


def truth(*boxes, frames=10, **facts):
    """A recording of 100 by 100 pixels and ten frames a second."""
    facts = {"orientation": Orientation.UPRIGHT, "time_base": Fraction(1, 10)} | facts
    pts = tuple(range(frames))
    return Truth(100, 100, facts["orientation"], facts["time_base"], pts, frames, 0, frames - 1, boxes)


def true(frame, box=BOX, *, thing=1, flag="must", kind="face"):
    return TrueBox(frame, thing, flag, kind, Box(*box))


def by_frame(frames, sides=PADDED, track=1):
    return {frame: [HiddenRegion(sides, track)] for frame in frames}


def test_an_empty_clip_needs_nothing_and_whatever_is_hidden_is_excess():
    nothing = score(truth(), {})
    assert (nothing.share_hidden, nothing.ratio, nothing.idf1, nothing.share_empty) == (None, None, None, 0)
    found = score(truth(), by_frame([0, 1], (0, 0, 50, 10)))
    assert (found.share_of_frame, found.share_excess, found.share_empty) == (0.01, 0.01, 0.01)
    assert (found.false_tracks, found.false_per_minute) == (1, pytest.approx(60))


def test_a_perfect_plan_hides_what_is_needed_and_nothing_else():
    found = score(truth(*map(true, range(10))), by_frame(range(10)))
    assert (found.must, found.must_hidden, found.things, found.things_seen) == (10, 10, 1, 0)
    assert found.share_needed == found.share_of_frame == pytest.approx(NEEDED)
    assert (found.ratio, found.share_excess, found.false_tracks, found.share_empty) == (1, 0, 0, None)


def test_a_thing_that_shows_for_one_frame_is_seen_for_that_long():
    found = score(truth(*map(true, range(10))), by_frame([0, 1, 2, 3, 5, 6, 7, 8, 9]))
    assert (found.must_hidden, found.things_seen, found.flickers) == (9, 1, 1)
    assert found.longest_seconds == pytest.approx(0.1)


def test_a_flicker_is_each_time_that_a_hidden_thing_shows():
    found = score(truth(*map(true, range(10))), by_frame([0, 3, 4, 8]))
    assert found.flickers == 3
    assert found.longest_seconds == pytest.approx(0.3)


def test_a_run_ends_where_the_thing_is_away():
    found = score(truth(*map(true, (0, 1, 5, 6, 7))), {})
    assert found.longest_seconds == pytest.approx(0.3)
    assert found.flickers == 0


def test_nine_tenths_of_a_box_are_enough_and_less_is_not():
    clip = truth(true(0))
    assert score(clip, by_frame([0], (50, 45, 59, 55))).must_hidden == 1
    assert score(clip, by_frame([0], (50, 45, 60, 53.9))).must_hidden == 1  # a touched row is painted
    assert score(clip, by_frame([0], (51.5, 45, 60, 54))).must_hidden == 0


def test_what_may_be_hidden_is_needed_but_not_missed():
    clip = truth(true(0, flag="may"), frames=1)
    assert score(clip, {}) == replace(score(clip, {}), must=0, things=0, needed=NEEDED, must_area=0.0)
    assert score(clip, by_frame([0])).excess == 0


def test_an_ignored_box_is_neither_needed_nor_excess():
    clip = truth(true(0, flag="ignore"), frames=1)
    found = score(clip, by_frame([0], (0, 41, 63, 58)))
    assert (found.needed, found.empty_frames, found.false_tracks, found.tracks) == (0, 0, 0, 0)
    assert found.hidden == found.excess == pytest.approx(47 * 17 / 10_000)


def test_what_is_needed_counts_where_an_ignored_box_lies_over_it():
    found = score(truth(true(0), true(0, thing=2, flag="ignore"), frames=1), by_frame([0]))
    assert found.hidden == found.needed == pytest.approx(NEEDED)


def test_two_regions_that_overlap_are_counted_once():
    hidden = {0: [HiddenRegion((0, 0, 50, 10), 1), HiddenRegion((40, 0, 60, 10), 2)]}
    assert score(truth(frames=1), hidden).hidden == pytest.approx(0.06)


def test_a_withheld_frame_hides_everything_and_says_nothing_of_tracks():
    clip = truth(*map(true, range(10)))
    made = plan([row(9, PADDED)], withheld=(WithheldSpan(Span(0, 8), "r", "b"),), undecodable_pts=(8,))
    found = score(clip, hidden_by(made, clip))
    assert (found.must_hidden, found.share_excess) == (10, pytest.approx(0.9 * (1 - NEEDED)))
    assert (found.false_tracks, found.tracks, found.idf1) == (0, 1, 1)


def test_a_plan_of_another_recording_is_refused():
    with pytest.raises(DatasetError, match="pts 40"):
        hidden_by(plan([row(40)]), truth())


@pytest.mark.parametrize("orientation", list(Orientation))
def test_boxes_are_turned_into_the_coded_frame_after_they_are_padded(orientation):
    clip = replace(truth(true(0), frames=1), width=200, orientation=orientation)
    (label,) = labels_by_frame(clip)[0]
    upright = [orientation.to_upright(box, 200, 100) for box in (label.box, label.padded)]
    assert [(box.left, box.top, box.right, box.bottom) for box in upright] == [
        BOX, pytest.approx((50 - 24 / 10.8, 45 - 3.5, 60 + 24 / 10.8, 55 + 2.5)),
    ]  # fmt: skip
    sides = (label.padded.left, label.padded.top, label.padded.right, label.padded.bottom)
    assert score(clip, {0: [HiddenRegion(sides, 1)]}).ratio == 1


def test_a_box_outside_the_picture_is_hidden_by_nothing():
    assert score(truth(true(0, (100, 0, 110, 10))), {}).must_hidden == 1


def test_two_tracks_on_one_thing_are_one_switch_and_half_an_identity():
    hidden = by_frame(range(5)) | by_frame(range(5, 10), track=2)
    found = score(truth(*map(true, range(10))), hidden)
    assert (found.tracks_per_thing, found.switches, found.idf1) == (2, 1, 0.5)


def test_one_track_on_two_things_after_each_other_holds_one_of_them():
    there = [true(f) for f in range(6)] + [true(f, thing=2) for f in range(6, 10)]
    found = score(truth(*there), by_frame(range(10)))
    assert (found.tracks_per_thing, found.switches) == (0.5, 0)
    assert (found.identified, found.unidentified, found.misidentified) == (6, 4, 4)


def test_two_tracks_at_once_are_one_track_too_many_but_no_switch():
    hidden = {frame: [HiddenRegion(PADDED, 1), HiddenRegion(PADDED, 2)] for frame in range(10)}
    found = score(truth(*map(true, range(10))), hidden)
    assert (found.tracks_per_thing, found.switches) == (2, 0)
    assert found.idf1 == pytest.approx(2 / 3)


def test_the_fit_is_the_best_over_all_things_and_not_thing_by_thing():
    """Track 1 fits thing 1 in 6 frames and thing 2 in 5, track 2 fits thing 1 in 5: apart they fit in 10."""
    other = (10, 10, 20, 20)
    there = [true(f) for f in range(11)] + [true(f, other, thing=2) for f in range(11, 16)]
    tracks = [1] * 6 + [2] * 5
    hidden = {f: [HiddenRegion(PADDED, track)] for f, track in enumerate(tracks)}
    hidden |= by_frame(range(11, 16), (7, 6, 23, 23))
    assert score(truth(*there, frames=16), hidden).identified == 10


def test_a_box_that_may_be_left_and_is_left_is_no_missed_identity():
    there = [true(f) for f in range(5)] + [true(f, flag="may") for f in range(5, 10)]
    assert score(truth(*there), by_frame(range(5))).idf1 == 1
    assert score(truth(*there), by_frame(range(10))).idf1 == 1
    assert score(truth(*map(true, range(10))), by_frame(range(5))).idf1 == pytest.approx(2 / 3)


def test_a_track_on_ignored_things_is_no_identity_and_not_false():
    found = score(truth(true(0, flag="ignore")), by_frame([0]))
    assert (found.false_tracks, found.misidentified, found.idf1) == (0, 0, None)


def test_a_region_far_larger_than_its_thing_does_not_hold_it():
    found = score(truth(true(0)), by_frame([0], (0, 0, 100, 100)))
    assert (found.tracks_per_thing, found.identified, found.idf1) == (1, 0, 0)


@pytest.mark.parametrize(("sides", "identified"), [(BOX, 1), (PADDED, 1), ((32, 32, 64, 64), 1), ((16, 32, 64, 64), 1),
                                                    ((16, 16, 64, 64), 0)], ids=str)  # fmt: skip
def test_a_region_on_a_thing_is_the_box_itself_or_padded_or_on_the_coding_grid(sides, identified):
    assert score(truth(true(0)), by_frame([0], sides)).identified == identified


def test_scores_add_up_but_for_the_longest_time():
    one = score(truth(*map(true, range(10))), by_frame([0, 3, 4, 8]))
    two = score(truth(true(0)), {})
    both = one + two
    assert (both.must, both.frames, both.flickers) == (11, 20, 3)
    assert both.longest_seconds == one.longest_seconds
    assert Score() + one == one


@given(RECTS)
def test_areas_are_those_of_painted_pixels(rects):
    painted = np.zeros((24, 24), np.bool_)
    for left, top, right, bottom in rects:
        painted[top:bottom, left:right] = True
    assert union_area(rects) == painted.sum()


@given(RECTS, RECTS)
def test_masks_of_cells_are_cut_as_masks_of_pixels_are(some, others):
    cells = Cells(some, others)
    only = cells.area(cells.paint(some) & ~cells.paint(others))
    assert only == union_area(np.concatenate([some, others])) - union_area(others)


def test_a_pixel_that_a_box_touches_is_painted_within_the_frame():
    assert snap_regions([(-3.5, 0.5, 1.01, 200)], 100, 100).tolist() == [[0, 0, 2, 100]]
