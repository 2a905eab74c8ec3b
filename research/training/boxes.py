"""Box arithmetic on numpy arrays; boxes are ``left, top, right, bottom`` in pixels, half-open."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float64]


def overlaps(a: Boxes, b: Boxes) -> tuple[Boxes, Boxes]:
    """Pairwise IoU of ``a`` and ``b``, and the share of each ``b`` that ``a`` covers; both ``[len(a), len(b)]``."""
    left_top = np.maximum(a[:, None, :2], b[None, :, :2])
    right_bottom = np.minimum(a[:, None, 2:4], b[None, :, 2:4])
    inner = np.clip(right_bottom - left_top, 0, None).prod(2)
    area_a, area_b = (a[:, 2:4] - a[:, :2]).prod(1), (b[:, 2:4] - b[:, :2]).prod(1)
    return inner / (area_a[:, None] + area_b[None] - inner + 1e-9), inner / (area_b[None] + 1e-9)


def suppress(rows: Boxes, limit: float = 0.45, most: int = 1500) -> Boxes:
    """Greedy non-maximum suppression of ``[n, 5]`` rows (box, score), best first; further columns are kept."""
    rows = rows[np.argsort(-rows[:, 4], kind="stable")][:most]
    keep, columns = [], rows.shape[1]
    while len(rows):
        keep.append(rows[0])
        rows = rows[1:][overlaps(rows[:1], rows[1:])[0][0] <= limit]
    return np.array(keep).reshape(-1, columns)
