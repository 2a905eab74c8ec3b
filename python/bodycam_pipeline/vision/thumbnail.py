"""A frame's luma at the size of a stamp: enough to tell whether the scene changed, and how the camera moved."""

from math import ceil

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.values.model import Model

Thumbnail = NDArray[np.float32]
"""(h, w), luma 0..255."""

LONG_SIDE = 128
"""Samples along the longer side, at most (more where the picture is a sliver)."""

_RGB_WEIGHTS = (0.299, 0.587, 0.114)
"""ITU-R BT.601 luma of red, green and blue; which matrix it is matters little at this size."""


def thumbnail(picture: NDArray[np.float32] | NDArray[np.uint8], model: Model) -> Thumbnail:
    """The luma of a picture (3, h, w) that was normalised as the model wants it, averaged over square blocks.

    Less than a block at the right and at the bottom is left out.
    """
    block = min(ceil(max(picture.shape[1:]) / LONG_SIDE), *picture.shape[1:])
    height, width = (side // block for side in picture.shape[1:])
    weights = np.array(_RGB_WEIGHTS if model.channels == "rgb" else _RGB_WEIGHTS[::-1])
    black = float(weights @ np.array(model.mean))
    first, second, third = (weights / model.factor).astype(np.float32)
    luma = first * picture[0] + second * picture[1] + third * picture[2]  # a matrix product would start threads
    rows = luma[: height * block, : width * block].reshape(height, block, -1).mean(axis=1)
    return np.asarray(rows.reshape(height, width, block).mean(axis=2) + black, np.float32)


def difference(before: Thumbnail, after: Thumbnail) -> float:
    """Mean absolute difference of two thumbnails of one size, 0..255."""
    return float(np.abs(before - after).mean())
