"""The picture's own motion, and scene changes, found between two small pictures."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bodycam_pipeline.following.motion import picture_shift, scene_changed

WIDE, HIGH = 128, 72


def world(seed=0):
    """A textured world, larger than the picture, smooth enough to be moved by parts of a pixel."""
    noise = np.random.default_rng(seed).normal(size=(HIGH * 3, WIDE * 3))
    for axis in (0, 1):
        noise = sum(np.roll(noise, n, axis) for n in (-2, -1, 0, 1, 2))
    return noise.astype(np.float32)


def view(of, x, y):
    return of[HIGH - y : 2 * HIGH - y, WIDE - x : 2 * WIDE - x]


@given(st.integers(-30, 30), st.integers(-18, 18))
@settings(max_examples=40)
def test_a_shift_of_up_to_a_quarter_of_the_picture_is_found(x, y):
    wide, high = picture_shift(view(world(), 0, 0), view(world(), x, y))
    assert wide * WIDE == pytest.approx(x, abs=0.6)
    assert high * HIGH == pytest.approx(y, abs=0.6)


def test_a_brighter_picture_has_not_moved():
    wide, high = picture_shift(view(world(), 0, 0), view(world(), 9, 4) * 2 + 30)
    assert (wide * WIDE, high * HIGH) == pytest.approx((9, 4), abs=0.6)


def test_pictures_without_texture_have_not_moved():
    flat = np.full((HIGH, WIDE), 16, dtype=np.float32)
    assert picture_shift(flat, flat + 3) == (0, 0)
    assert picture_shift(flat, view(world(), 0, 0)) == (0, 0)


def test_bytes_move_as_floats_do():
    before, after = (np.clip(view(world(), *at) + 128, 0, 255).astype(np.uint8) for at in ((0, 0), (5, -3)))
    wide, high = picture_shift(before, after)
    assert (wide * WIDE, high * HIGH) == pytest.approx((5, -3), abs=0.6)


def test_the_change_is_the_mean_of_all_samples_in_either_direction():
    before, after = np.array([[0, 4], [200, 0]], np.uint8), np.array([[0, 0], [255, 1]], np.uint8)
    assert scene_changed(before, after) == scene_changed(after, before) == 15
    assert scene_changed(before, before) == 0
