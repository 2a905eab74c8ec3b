"""How much of what is really there a plan hides, on the integer grid."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodycam_pipeline.rules.coverage import TrueBox, hidden_share, measure
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.plan import WithheldSpan
from bodycam_pipeline.values.timeline import Span
from tests.rules.build import plan, row

NONE = np.empty((0, 4), dtype=np.int32)
SIDE = st.integers(0, 24)
BOXES = st.tuples(SIDE, SIDE, SIDE, SIDE).map(lambda s: (min(s[0], s[1]), min(s[2], s[3]), max(s[0], s[1]), max(s[2:])))


def true(pts, box=(0, 0, 16, 16), thing=1):
    return TrueBox(pts, "face", thing, Box(*box))


def test_no_region_hides_nothing_and_a_box_without_area_needs_none():
    assert hidden_share(Box(0, 0, 5, 5), NONE) == 0
    assert hidden_share(Box(3, 3, 3, 9), NONE) == 1


def test_overlapping_regions_count_once():
    regions = np.array([[0, 0, 6, 10], [4, 0, 8, 10], [0, 0, 6, 10]], dtype=np.int32)
    assert hidden_share(Box(0, 0, 10, 10), regions) == pytest.approx(0.8)


def test_a_box_between_pixels_is_measured_exactly():
    assert hidden_share(Box(0.5, 0, 1.5, 2), np.array([[1, 0, 9, 1]], dtype=np.int32)) == pytest.approx(0.25)


@given(BOXES, st.lists(BOXES, max_size=6))
def test_the_share_is_the_share_of_painted_pixels(box, regions):
    left, top, right, bottom = box
    painted = np.zeros((24, 24), dtype=bool)
    for x0, y0, x1, y1 in regions:
        painted[y0:y1, x0:x1] = True
    inside = painted[top:bottom, left:right]
    expected = inside.mean() if inside.size else 1.0
    assert hidden_share(Box(*box), np.array(regions, dtype=np.int32).reshape(-1, 4)) == pytest.approx(expected)


def test_each_thing_says_where_it_shows_for_how_long_and_whether_between_hidden_frames():
    made = plan([row(pts) for pts in (80, 120, 240)])
    (thing,) = measure(made, [true(pts) for pts in range(0, 400, 40)]).things
    assert thing.visible_pts == (0, 40, 160, 200, 280, 320, 360)
    assert (thing.boxes, thing.longest_visible_run, thing.flickers) == (10, 3, 2)


def test_a_thing_that_is_never_hidden_does_not_flicker():
    (thing,) = measure(plan(), [true(0), true(40)]).things
    assert (thing.longest_visible_run, thing.flickers) == (2, 0)


def test_a_withheld_frame_hides_everything():
    made = plan(withheld=(WithheldSpan(Span(0, 80), "r", "b"),))
    assert measure(made, [true(0), true(40), true(80)]).share_hidden == pytest.approx(2 / 3)


def test_nine_tenths_are_enough_and_less_is_not():
    assert measure(plan([row(0, (0, 0, 9, 10))]), [true(0, (0, 0, 10, 10))]).share_hidden == 1
    assert measure(plan([row(0, (0, 0, 9, 10))]), [true(0, (0, 0, 10.1, 10))]).share_hidden == 0


def test_nothing_there_is_wholly_hidden():
    coverage = measure(plan(), [])
    assert (coverage.boxes, coverage.share_hidden) == (0, 1)
