"""Boxes, regions and which way is up. One edge convention: half-open."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

Sides = NDArray[np.float64]
"""Boxes as columns (..., 4): left, top, right, bottom."""

Rects = NDArray[np.int64]
"""Rectangles (n, 4): left, top, right, bottom, whole pixels, half-open; one that is inside out covers nothing."""


@dataclass(frozen=True, slots=True, order=True)
class Box:
    """A rectangle in real-valued pixels of the upright frame (after the display matrix)."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def sides(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom: the box as a row of columns."""
        return self.left, self.top, self.right, self.bottom

    @property
    def width(self) -> float:
        """Pixels from left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Pixels from top to bottom."""
        return self.bottom - self.top

    @property
    def area(self) -> float:
        """Square pixels; 0 where the box is inside out."""
        return max(self.width, 0.0) * max(self.height, 0.0)

    @property
    def centre(self) -> tuple[float, float]:
        """The middle, x then y."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def intersection(self, other: Self) -> float:
        """Square pixels shared with another box."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(width, 0.0) * max(height, 0.0)

    def iou(self, other: Self) -> float:
        """Intersection over union, 0..1."""
        shared = self.intersection(other)
        union = self.area + other.area - shared
        return shared / union if union > 0 else 0.0

    def hull(self, other: Self) -> "Box":
        """The smallest box around both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def grown(self, left: float, top: float, right: float, bottom: float) -> "Box":
        """The box with that many pixels more on each side."""
        return Box(self.left - left, self.top - top, self.right + right, self.bottom + bottom)


@dataclass(frozen=True, slots=True, order=True)
class Region:
    """Pixels to hide in one coded frame: half-open integers."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def area(self) -> int:
        """Pixels hidden."""
        return (self.right - self.left) * (self.bottom - self.top)


class Orientation(IntEnum):
    """How the coded frame is turned for display, numbered as EXIF 2.3 tag 0x0112 does."""

    UPRIGHT = 1
    MIRRORED = 2
    HALF_TURN = 3
    FLIPPED = 4
    TRANSPOSED = 5
    QUARTER_TURN = 6  # display = coded frame turned 90 degrees clockwise
    TRANSVERSED = 7
    THREE_QUARTER_TURN = 8  # display = coded frame turned 270 degrees clockwise

    @property
    def swaps_sides(self) -> bool:
        """Whether the upright frame is as wide as the coded one is high."""
        return self >= Orientation.TRANSPOSED

    def upright_size(self, coded_width: int, coded_height: int) -> tuple[int, int]:
        """Width and height of the upright frame."""
        return (coded_height, coded_width) if self.swaps_sides else (coded_width, coded_height)

    def to_coded(self, box: Box, coded_width: int, coded_height: int) -> Box:
        """The same rectangle in pixels of the coded frame."""
        w, h = coded_width, coded_height
        x0, y0, x1, y1 = box.left, box.top, box.right, box.bottom
        return {
            Orientation.UPRIGHT: Box(x0, y0, x1, y1),
            Orientation.MIRRORED: Box(w - x1, y0, w - x0, y1),
            Orientation.HALF_TURN: Box(w - x1, h - y1, w - x0, h - y0),
            Orientation.FLIPPED: Box(x0, h - y1, x1, h - y0),
            Orientation.TRANSPOSED: Box(y0, x0, y1, x1),
            Orientation.QUARTER_TURN: Box(y0, h - x1, y1, h - x0),
            Orientation.TRANSVERSED: Box(w - y1, h - x1, w - y0, h - x0),
            Orientation.THREE_QUARTER_TURN: Box(w - y1, x0, w - y0, x1),
        }[self]

    def to_upright(self, box: Box, coded_width: int, coded_height: int) -> Box:
        """The inverse of `to_coded`."""
        inverse = {
            Orientation.QUARTER_TURN: Orientation.THREE_QUARTER_TURN,
            Orientation.THREE_QUARTER_TURN: Orientation.QUARTER_TURN,
        }.get(self, self)
        return inverse.to_coded(box, *self.upright_size(coded_width, coded_height))


def iou(boxes: ArrayLike, others: ArrayLike) -> NDArray[np.float64]:
    """Intersection over union of boxes (..., 4) with others (..., 4), broadcast by numpy: `Box.iou` on columns."""
    one, other = np.asarray(boxes, np.float64), np.asarray(others, np.float64)
    shared = _areas(np.maximum(one[..., :2], other[..., :2]), np.minimum(one[..., 2:], other[..., 2:]))
    union = _areas(one[..., :2], one[..., 2:]) + _areas(other[..., :2], other[..., 2:]) - shared
    result: NDArray[np.float64] = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return result


def _areas(low: Sides, high: Sides) -> NDArray[np.float64]:
    sides = np.maximum(high - low, 0.0)
    return np.asarray(sides[..., 0] * sides[..., 1], np.float64)


def snap_regions(boxes: ArrayLike, width: int, height: int, grid_px: int = 1) -> Rects:
    """Find every cell of a grid that boxes (n, 4) touch, within the frame.

    The grid is that of whole pixels by default. A box outside of the frame gives a rectangle without an area.
    """
    sides = np.asarray(boxes, np.float64).reshape(-1, 4) / grid_px
    rects = grid_px * np.concatenate([np.floor(sides[:, :2]), np.ceil(sides[:, 2:])], axis=1)
    result: Rects = np.clip(rects, 0, [width, height, width, height]).astype(np.int64)
    return result


def snap_region(box: Box, width: int, height: int, grid_px: int) -> Region | None:
    """Find the region on the coding grid that covers a box, clipped to the frame; None where nothing is left.

    The last column and row of the grid end with the frame, whatever its size: no edge pixel stays readable.
    """
    ((left, top, right, bottom),) = snap_regions([box.sides], width, height, grid_px).tolist()
    return Region(left, top, right, bottom) if left < right and top < bottom else None
