"""How much of the picture and of the time a plan hides."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodycam_pipeline.rules.areas import extent, hidden_px, share_of_frame
from bodycam_pipeline.values.plan import WithheldSpan
from bodycam_pipeline.values.timeline import Span
from tests.rules.build import index, plan, recording, row

FRAME_PX = 320 * 192
SIDE = st.integers(0, 24)
BOXES = st.tuples(st.integers(0, 3), SIDE, SIDE, SIDE, SIDE)


def test_a_plan_that_hides_nothing_hides_no_share():
    assert (extent(plan(), recording()).picture, extent(plan(), recording()).time) == (0, 0)


def test_shares_are_means_over_all_frames_and_all_time():
    made = plan([row(0, (0, 0, 32, 32)), row(360, (0, 0, 320, 192))])
    found = extent(made, recording())
    assert found.picture == pytest.approx((32 * 32 / FRAME_PX + 1) / 10)
    assert found.time == pytest.approx(0.2)


def test_time_is_what_frames_last_and_not_how_many_there_are():
    uneven = recording(index([0, 10, 90]), frame_duration=10)
    assert extent(plan([row(10)], of=uneven), uneven).time == pytest.approx(0.8)


def test_a_kind_counts_its_own_regions_and_all_together_count_once():
    made = plan([row(0, (0, 0, 32, 32)), row(0, (16, 0, 48, 32), kind="plate")])
    whole = 10 * FRAME_PX
    assert share_of_frame(made, "face", recording()) == share_of_frame(made, "plate", recording()) == 1024 / whole
    assert extent(made, recording()).picture == 1536 / whole


def test_what_is_withheld_or_cannot_be_decoded_is_hidden_whole():
    made = plan([row(0)], withheld=(WithheldSpan(Span(0, 80), "r", "b"),), undecodable_pts=(80,))
    assert extent(made, recording()).picture == extent(made, recording()).time == pytest.approx(0.3)
    assert share_of_frame(replace(made, withheld=()), "face", recording()) == 256 / (10 * FRAME_PX)


@given(st.lists(BOXES, max_size=12))
def test_pixels_are_counted_once_however_regions_overlap(boxes):
    painted = np.zeros((4, 24, 24), np.bool_)
    for frame, left, top, right, bottom in boxes:
        painted[frame, top:bottom, left:right] = True
    made = plan([row(40 * frame, sides) for frame, *sides in boxes])
    assert hidden_px(made, np.arange(4) * 40).tolist() == painted.sum(axis=(1, 2)).tolist()
