"""Boxes, regions and the eight ways up."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodycam_pipeline.values.geometry import Box, Orientation, Region, iou, snap_region, snap_regions

SIDES = st.integers(0, 40)
BOXES = st.builds(Box, SIDES, SIDES, SIDES, SIDES)
SIZES = st.tuples(st.integers(1, 40), st.integers(1, 40))


@given(BOXES, SIZES, st.sampled_from(list(Orientation)))
def test_turning_a_box_there_and_back_changes_nothing(box, size, orientation):
    assert orientation.to_upright(orientation.to_coded(box, *size), *size) == box


@given(SIZES, st.sampled_from(list(Orientation)))
def test_the_whole_upright_picture_is_the_whole_coded_frame(size, orientation):
    width, height = orientation.upright_size(*size)
    assert orientation.to_coded(Box(0, 0, width, height), *size) == Box(0, 0, *size)


@pytest.mark.parametrize(
    ("orientation", "coded"),
    [
        (Orientation.UPRIGHT, (0, 0, 1, 1)),
        (Orientation.MIRRORED, (3, 0, 4, 1)),
        (Orientation.HALF_TURN, (3, 2, 4, 3)),
        (Orientation.FLIPPED, (0, 2, 1, 3)),
        (Orientation.TRANSPOSED, (0, 0, 1, 1)),
        (Orientation.QUARTER_TURN, (0, 2, 1, 3)),
        (Orientation.TRANSVERSED, (3, 2, 4, 3)),
        (Orientation.THREE_QUARTER_TURN, (3, 0, 4, 1)),
    ],
)
def test_where_the_upright_top_left_pixel_lies_in_a_coded_frame_of_four_by_three(orientation, coded):
    assert orientation.to_coded(Box(0, 0, 1, 1), 4, 3) == Box(*coded)


@given(BOXES, SIZES, st.sampled_from([2, 4, 8, 16, 32, 64]))
def test_a_snap_region_holds_all_of_the_box_that_is_in_the_frame_and_no_more_than_the_grid_needs(box, size, grid):
    region = snap_region(box, *size, grid)
    if region is None:
        assert box.intersection(Box(0, 0, *size)) == 0
        return
    assert 0 <= region.left <= max(box.left, 0)
    assert 0 <= region.top <= max(box.top, 0)
    assert size[0] >= region.right >= min(box.right, size[0])
    assert size[1] >= region.bottom >= min(box.bottom, size[1])
    assert region.left % grid == 0 or region.left == 0
    assert region.right % grid == 0 or region.right == size[0]


def test_the_last_row_and_column_of_an_odd_frame_can_be_hidden():
    assert snap_region(Box(30, 18, 31, 19), 31, 19, 16) == Region(16, 16, 31, 19)


@given(BOXES, BOXES)
def test_the_hull_holds_both_and_overlap_is_mutual(a, b):
    hull = a.hull(b)
    assert hull.left <= min(a.left, b.left)
    assert hull.bottom >= max(a.bottom, b.bottom)
    assert a.intersection(b) == b.intersection(a)
    assert 0 <= a.iou(b) == b.iou(a) <= 1


ROWS = st.lists(st.tuples(*[st.floats(-500, 500)] * 4), min_size=1, max_size=5)


@given(ROWS, ROWS)
def test_overlap_on_columns_is_that_of_each_pair_to_the_last_bit(rows, others):
    expected = [[Box(*row).iou(Box(*other)) for other in others] for row in rows]
    assert iou(np.array(rows)[:, None], np.array(others)).tolist() == expected


@given(ROWS, SIZES, st.sampled_from([1, 2, 4, 8, 16, 32, 64]))
def test_snapping_many_boxes_is_snapping_each(rows, size, grid):
    for row, found in zip(rows, snap_regions(rows, *size, grid).tolist(), strict=True):
        left, top, right, bottom = found
        assert snap_region(Box(*row), *size, grid) == (Region(*found) if left < right and top < bottom else None)


def test_empty_boxes_overlap_with_nothing():
    assert iou(np.zeros(4), np.zeros((2, 4))).tolist() == [0, 0]


def test_boxes_that_touch_share_nothing():
    assert Box(0, 0, 4, 4).iou(Box(4, 0, 8, 4)) == 0
    assert Box(0, 0, 4, 4).iou(Box(0, 0, 4, 4)) == 1
    assert Box(4, 4, 0, 0).area == 0
