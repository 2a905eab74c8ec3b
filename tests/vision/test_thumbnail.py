"""Thumbnails tell the luma of a picture, however it was normalised."""

from dataclasses import replace

import numpy as np
import pytest

from bodycam_pipeline.vision.registry import find_model
from bodycam_pipeline.vision.thumbnail import LONG_SIDE, difference, thumbnail


@pytest.mark.parametrize("factor", [1.0, 1 / 255, 0.0175])
@pytest.mark.parametrize("mean", [0.0, 123.0])
def test_luma_comes_back_from_any_normalisation(factor: float, mean: float) -> None:
    model = replace(find_model("detector-v0"), mean=(mean,) * 3, factor=(factor,) * 3)
    grey = np.full((3, 360, 640), (77.0 - mean) * factor, np.float32)
    assert thumbnail(grey, model) == pytest.approx(77, abs=1e-3)


@pytest.mark.parametrize(("channels", "red"), [("rgb", 0), ("bgr", 2)])
def test_red_weighs_the_same_in_either_order(channels: str, red: int) -> None:
    picture = np.zeros((3, 64, 64), np.float32)
    picture[red] = 1
    model = replace(find_model("detector-v0"), channels=channels)
    assert thumbnail(picture, model) == pytest.approx(0.299 * 255, abs=1e-3)


@pytest.mark.parametrize("size", [(360, 640), (640, 360), (1, 1), (1, 4000), (129, 129)])
def test_any_shape_of_picture_has_a_thumbnail(size: tuple[int, int]) -> None:
    small = thumbnail(np.zeros((3, *size), np.float32), find_model("detector-v0"))
    assert small.size
    assert max(small.shape) <= max(LONG_SIDE, max(size) if min(size) == 1 else 0)


def test_the_difference_is_the_mean_of_all_samples() -> None:
    before, after = np.zeros((2, 2), np.float32), np.array([[0, 4], [-8, 0]], np.float32)
    assert difference(before, after) == 3
