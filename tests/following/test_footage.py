"""What the follower has of a stretch of frames: scenes, the camera's own motion, and neighbours."""

import numpy as np
import pytest

from bodycam_pipeline.following.footage import Footage
from bodycam_pipeline.following.steps import is_inside, move_box, side, step
from bodycam_pipeline.values.geometry import Box
from tests.following.scenes import CUT, SIZE, Blob, footage, going, ground, luma, pyramid, said, view


def test_a_great_change_begins_a_scene_and_the_first_frame_never_does() -> None:
    made = Footage(SIZE, CUT)
    levels = [200, 190, 100, 100, 148, 197]
    cuts = [made.add(n * 0.04, pyramid(np.full(SIZE[::-1], level, np.uint8))) for n, level in enumerate(levels)]
    assert cuts == [False, False, True, False, False, True]
    assert made.scenes == [0, 0, 1, 1, 1, 2]


def test_there_are_no_neighbours_across_a_scene_change_or_past_the_ends() -> None:
    dark, light = luma(0, of=ground(level=40)), luma(0, of=ground(level=200))
    made = footage([dark, dark, light, light], {})
    assert [made.neighbour(n, 1) for n in range(4)] == [1, None, 3, None]
    assert [made.neighbour(n, -1) for n in range(4)] == [None, 0, None, 2]


def test_the_cameras_motion_is_told_in_pixels_and_in_either_direction_of_time() -> None:
    made = footage([luma(0, of=view(*at)) for at in ((0, 0), (16, -8), (16, -8))], {})
    assert made.shift(0, 1) == pytest.approx((16, -8), abs=1.5)
    assert made.shift(1, 0) == pytest.approx((-16, 8), abs=1.5)
    assert made.shift(1, 2) == pytest.approx((0, 0), abs=0.2)


def test_no_motion_is_told_across_a_scene_change() -> None:
    made = footage([luma(0, of=view()), luma(0, of=view(16, -8) / 4)], {})
    assert made.scenes == [0, 1]
    assert made.shift(0, 1) == (0, 0)


def test_frames_at_which_nobody_looked_are_told_from_those_in_which_nothing_was_seen() -> None:
    made = footage([luma(0)] * 3, {0: [], 2: [said(Box(0, 0, 9, 9))]})
    assert made.looked == [True, False, True]
    assert [len(each) for each in made.observations] == [0, 0, 1]
    assert len(made) == 3


class TestAStep:
    """From a frame to its neighbour."""

    BLOB = Blob(going(100, 60, 4, 1))

    def test_a_thing_is_followed_surely_in_either_direction(self) -> None:
        made = footage([luma(n, self.BLOB) for n in range(2)], {})
        for frame, to in ((0, 1), (1, 0)):
            place, sure = step(made, self.BLOB.box(frame), frame, to, None)
            assert sure
            assert place.iou(self.BLOB.box(to)) > 0.95

    def test_where_that_is_not_sure_the_box_goes_with_the_camera(self) -> None:
        before, after = luma(0, Blob(going(100, 60)), of=view()), luma(0, of=view(16, -8))
        after[50:90, 110:160] = np.random.default_rng(5).integers(0, 256, (40, 50))
        made = footage([before, after], {})
        box = Box(100, 60, 132, 92)
        place, sure = step(made, box, 0, 1, None)
        assert not sure
        assert place == move_box(box, *made.shift(0, 1))
        assert place.left == pytest.approx(116, abs=2)

    def test_a_velocity_helps_where_a_thing_is_faster_than_the_camera(self) -> None:
        fast = Blob(going(60, 60, 60, 0), side=24)
        made = footage([luma(n, fast, of=view()) for n in range(2)], {})
        assert not step(made, fast.box(0), 0, 1, None).sure
        place, sure = step(made, fast.box(0), 0, 1, (58.0, 1.0))
        assert sure
        assert place.iou(fast.box(1)) > 0.9


@pytest.mark.parametrize(
    ("box", "inside"),
    [
        (Box(0, 0, 20, 20), True),
        (Box(-15, 0, 5, 20), True),
        (Box(-15.1, 0, 4.9, 20), False),
        (Box(310, 182, 330, 202), True),
        (Box(315, 182, 335, 202), False),
        (Box(-400, 0, -380, 20), False),
        (Box(-4, 10, 1.9, 11.9), False),
        (Box(10, 10, 11.9, 90), False),
        (Box(10, 10, 12, 12), True),
    ],
)
def test_a_quarter_in_the_picture_is_enough_to_be_followed_but_not_less_than_two_pixels(box: Box, inside: bool) -> None:
    assert is_inside(box, SIZE) is inside


def test_a_side_is_the_geometric_mean() -> None:
    assert side(Box(0, 0, 4, 9)) == 6
