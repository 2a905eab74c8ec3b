"""Where nothing is background: the cells of ignore regions, marked while a batch is made."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from research.training.v2.kinds import KINDS, STRIDES

MARGIN = 2.0  # pixels around an ignore region that are ignored as well


def counted(ignored: Iterable[Iterable[float]], batch: int, height: int, width: int) -> NDArray[np.uint8]:
    """1 where a cell is background of a kind unless an object claims it, 0 in ignore regions: ``[batch, N, kinds]``.

    Cells are in the order of `network.points`: level by level, row by row. ``ignored`` are rows of picture, kind, left,
    top, right, bottom.
    """
    maps = [np.ones((batch, height // s, width // s, len(KINDS)), np.uint8) for s in STRIDES]
    for image, kind, left, top, right, bottom in ignored:
        for stride, marks in zip(STRIDES, maps, strict=True):
            # the cells whose centre lies inside
            x0, y0 = (max(0, round((v - MARGIN) / stride)) for v in (left, top))
            x1, y1 = (max(0, round((v + MARGIN) / stride)) for v in (right, bottom))
            marks[int(image), y0:y1, x0:x1, int(kind)] = 0
    return np.concatenate([marks.reshape(batch, -1, len(KINDS)) for marks in maps], 1)
