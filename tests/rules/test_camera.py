"""The picture's own motion, found between two thumbnails."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bodycam_pipeline.rules.camera import camera_path, picture_shift
from tests.rules.build import look

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


def test_the_path_adds_up_the_shifts_and_begins_anew_after_a_cut():
    looks = [
        look(0),
        look(1, shift=(2, 1)),
        look(2, shift=(3, -1)),
        look(3, shift=(99, 99), cut=True),
        look(4, shift=(1, 0)),
    ]
    assert camera_path(looks).tolist() == [[0, 0], [2, 1], [5, 0], [5, 0], [6, 0]]


def test_where_nobody_measured_the_camera_moves_on_as_around():
    looks = [look(0), look(1, shift=(4, 0)), look(2), look(3, shift=(2, 2))]
    assert camera_path(looks).tolist() == [[0, 0], [4, 0], [7, 1], [9, 3]]
    assert camera_path([look(0), look(1)]).tolist() == [[0, 0], [0, 0]]
    assert camera_path([]).shape == (0, 2)
