"""Areas of rectangles that overlap, exact: a frame is cut along their sides, and only the cells are counted."""

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.values.geometry import Rects

Mask = NDArray[np.bool_]
"""Which cells are covered: (rows, columns)."""


class Cells:
    """A frame, cut along every side of some rectangles.

    Masks of cells are added, cut and taken away as masks of pixels are, at the cost of the rectangles' number rather
    than of the frame's size.
    """

    def __init__(self, *rects: Rects) -> None:
        """Cut along the sides of these; only they, and what is made of their masks, can be measured."""
        every = np.concatenate([np.empty((0, 4), np.int64), *rects])
        self._xs, self._ys = np.unique(every[:, ::2]), np.unique(every[:, 1::2])

    def paint(self, rects: Rects) -> Mask:
        """The cells under any of the rectangles."""
        mask = np.zeros((max(self._ys.size - 1, 0), max(self._xs.size - 1, 0)), np.bool_)
        columns, rows = (np.searchsorted(edges, rects[:, side::2]) for edges, side in ((self._xs, 0), (self._ys, 1)))
        for (left, right), (top, bottom) in zip(columns.tolist(), rows.tolist(), strict=True):
            mask[top:bottom, left:right] = True
        return mask

    def area(self, mask: Mask) -> int:
        """Pixels under a mask."""
        return int(np.diff(self._ys) @ mask @ np.diff(self._xs))


def union_area(rects: Rects) -> int:
    """Pixels under any of the rectangles, counted once."""
    cells = Cells(rects)
    return cells.area(cells.paint(rects))
