"""The signature against a slow one: means of tiles by numpy."""

import numpy as np
import pytest

from bodycam_pipeline import _native
from tests.native.pictures import flat, noise


@pytest.mark.parametrize(("width", "height"), [(64, 64), (1, 1), (33, 95), (65, 31), (130, 66)])
def test_equals_its_definition(width: int, height: int) -> None:
    picture = noise(width, height)
    means = [
        np.floor(plane[y : y + 32, x : x + 32].mean() + 0.5)
        for plane in picture.samples
        for y in range(0, plane.shape[0], 32)
        for x in range(0, plane.shape[1], 32)
    ]
    assert _native.frame_block_means(picture.planes).tolist() == means


def test_padding_does_not_count() -> None:
    padded, packed = noise(70, 50), noise(70, 50, padding=(0, 0, 0))
    assert _native.frame_block_means(padded.planes).tolist() == _native.frame_block_means(packed.planes).tolist()


def test_every_plane_counts() -> None:
    assert _native.frame_block_means(flat(40, 20, (7, 8, 255)).planes).tolist() == [7, 7, 8, 255]
