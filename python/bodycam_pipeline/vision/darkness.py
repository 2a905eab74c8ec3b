"""Light for the networks in dark frames: they learnt from pictures in daylight, and see little at night.

Only what networks see is brightened. What is released keeps its light.
"""

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.vision.session import Tensor

DARK = 100
"""A frame is dark if 99 in 100 pixels are below this value, 0..255. Then it is brightened, more the darker it is."""

BRIGHT_SHARE = 0.99
"""Lamps fill less of a dark frame than the rest."""

STEEPEST = 8.0
"""Most times that the darkest values are multiplied by: beyond, noise is all that grows."""

STEP = 2
"""Every so many columns and rows are counted."""

Colours = tuple[float, float, float]


def brighten(tensors: list[Tensor], sizes: list[tuple[int, int]], mean: Colours, factor: Colours) -> None:
    """Brighten one frame at all its scales, if it is dark.

    A value v of 0..255 becomes s v / (1 + (s - 1) v / 255) (the curve of Reinhard and others, Photographic tone
    reproduction, 2002, with 255 as its white): s times as much in the dark, and hardly more near white, so that a
    face in the light of a lamp stays one.

    Args:
        tensors: The frame, as networks take it; written over.
        sizes: Of each, rows and columns that the frame takes; the rest is padding, and stays.
        mean: What was taken from values of 0..255.
        factor: What they were multiplied by then.
    """
    middle, scale = (np.array(each, np.float32)[:, None, None] for each in (mean, factor))
    pictures = [_picture(tensor, size) for tensor, size in zip(tensors, sizes, strict=True)]
    smallest = min(pictures, key=lambda picture: picture.size)
    bytes_ = smallest.dtype == np.uint8
    green = smallest[1, ::STEP, ::STEP]
    steepness = steepness_of(
        np.asarray(green if bytes_ else np.clip(green / scale[1] + middle[1], 0, 255)).astype(np.uint8)
    )
    if steepness == 1.0:
        return
    for picture in pictures:
        if bytes_:
            picture[...] = _curve(np.arange(256, dtype=np.float32), steepness).round().astype(np.uint8)[picture]
        else:
            values = np.asarray(np.clip(picture / scale + middle, 0, 255), np.float32)
            picture[...] = (_curve(values, steepness) - middle) * scale


def steepness_of(green: NDArray[np.uint8]) -> float:
    """Return how many times brighter the darkest values of a frame are made, 1 to `STEEPEST`.

    Args:
        green: The frame's green values, any shape.
    """
    counts = np.cumsum(np.bincount(green.ravel(), minlength=256))
    bright = int(np.searchsorted(counts, BRIGHT_SHARE * counts[-1]))
    return min(max(DARK / max(bright, 1), 1.0), STEEPEST)


def _curve(values: NDArray[np.float32], steepness: float) -> NDArray[np.float32]:
    return np.asarray(steepness * values / (1 + (steepness - 1) * values / 255), np.float32)


def _picture(tensor: Tensor, size: tuple[int, int]) -> NDArray[np.float32] | NDArray[np.uint8]:
    """The colours (3, rows, columns) of the part of a tensor that the frame takes, without a copy."""
    rows, columns = size
    if tensor.dtype == np.uint32:
        pixels = tensor.view(np.uint8).reshape(*tensor.shape, -1)
        return np.moveaxis(pixels[0, :rows, :columns, :3], 2, 0)
    return tensor.view(np.float32)[0, :, :rows, :columns]
