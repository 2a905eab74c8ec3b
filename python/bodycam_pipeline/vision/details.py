"""Where to look closer: square parts of a picture, so placed that each suspicion lies in one with room around it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.vision.scales import GRID, InputSize
from bodycam_pipeline.vision.session import Tensor

Boxes = NDArray[np.float32]
"""(n, 4) left, top, right, bottom."""

SIDE = 192
"""Pixels of a detail's sides: a multiple of every head's stride, three times the largest thing that is looked for."""

ROOM = 40
"""Pixels from a suspicion to its detail's edge, but for the picture's own: what a network has to see around a face.
With the largest and half of the grid it fits into a detail."""

LARGEST = 64
"""Pixels of a suspicion's longer side: a larger one was looked at at a smaller scale, unless it was tiny there."""

SEEN = 32
"""Pixels of the longer side from which on a smaller scale's look counts: half of `LARGEST`, as shipped scales are."""

MOST = 0.6
"""Share of a picture's pixels: where details would cover more, looking at the whole costs as little."""


class Detail(NamedTuple):
    """A part of a tensor, in its pixels; half-open."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def area(self) -> int:
        """In pixels."""
        return (self.right - self.left) * (self.bottom - self.top)

    def holds(self, boxes: Boxes) -> NDArray[np.bool_]:
        """Which of the boxes lie in it."""
        low = (boxes[:, 0] >= self.left) & (boxes[:, 1] >= self.top)
        held: NDArray[np.bool_] = low & (boxes[:, 2] <= self.right) & (boxes[:, 3] <= self.bottom)
        return held


def details(suspected: Boxes, size: InputSize) -> Sequence[Detail]:
    """The parts of a tensor that hold these boxes with room around each.

    Args:
        suspected: In pixels of the tensor.
        size: Of the tensor.

    Returns:
        A detail around the first box, one around the first that does not lie in it, and so on. The whole tensor as one
        detail where they would cover most of it, or where a box is too large for a detail: nothing is left out.
    """
    limits = np.array([size.width, size.height] * 2, np.float32)
    left = np.clip(suspected + np.array([-ROOM, -ROOM, ROOM, ROOM], np.float32), 0, limits)
    found: list[Detail] = []
    while len(left):
        found.append(_around(left[0], size))
        held = found[-1].holds(left)
        if not held[0] or sum(detail.area for detail in found) > MOST * size.width * size.height:
            return [Detail(0, 0, size.width, size.height)]
        left = left[~held]
    return found


def part(tensor: Tensor, detail: Detail | None) -> Tensor:
    """That part of a tensor, copied; or all of it."""
    if detail is None:
        return tensor
    rows, columns = slice(detail.top, detail.bottom), slice(detail.left, detail.right)
    if tensor.dtype == np.uint32:
        return np.ascontiguousarray(tensor[..., rows, columns], np.uint32)
    return np.ascontiguousarray(tensor[..., rows, columns], np.float32)


def _around(box: NDArray[np.float32], size: InputSize) -> Detail:
    """The detail with the box about in its middle, moved into the picture.

    It begins on the grid of the coarsest stride: a network makes of a face there what it makes of it in the whole.
    """
    left, right = _span(float(box[0] + box[2]) / 2, size.width)
    top, bottom = _span(float(box[1] + box[3]) / 2, size.height)
    return Detail(left, top, right, bottom)


def _span(middle: float, length: int) -> tuple[int, int]:
    side = min(SIDE, length)
    start = min(max(round((middle - side / 2) / GRID) * GRID, 0), length - side)
    return start, start + side
