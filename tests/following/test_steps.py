"""One step of the follower: what cannot be followed ends nobody's work."""

import numpy as np

from bodycam_pipeline._native import Planes, Pyramid
from bodycam_pipeline.following.footage import Footage
from bodycam_pipeline.following.steps import step
from bodycam_pipeline.values.geometry import Box


def noise(seed: int) -> Pyramid:
    luma = np.random.default_rng(seed).integers(0, 255, (80, 96), dtype=np.uint8)
    grey = np.full((40, 48), 128, np.uint8)
    return Pyramid(Planes(luma, grey, grey, strides=(96, 48, 48), width=96, height=80))


def test_a_sliver_at_the_pictures_edge_goes_with_the_camera_and_is_not_sure() -> None:
    footage = Footage((96, 80), 255.0)
    for number in range(2):
        footage.add(number / 25, noise(0))
        footage.saw(None)
    footage.shifts[1] = (3.0, -2.0)
    sliver = Box(96 - 1e-7, 20, 96, 40)
    found, sure = step(footage, sliver, 0, 1, None)
    assert not sure
    assert found == Box(sliver.left + 3, 18, 99, 38)
