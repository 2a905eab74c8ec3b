"""The second network as exported, behind the same call as the other detectors."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from research.training.boxes import Boxes
from research.training.detectors import Picture, _rows, _tensor, session
from research.training.v2.kinds import KINDS, SIZE_UNIT, STRIDES

QUALITY = 0.5  # score = presence to the power of one less this, times quality to the power of this


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(x, -30, 30)))


class Second:
    """Scores say how sure it is and how well the box lies; ``power`` weighs the latter."""

    def __init__(self, path: str | Path, limit: float = 0.45, power: float = QUALITY) -> None:
        self.session, self.limit, self.power = session(str(path)), limit, power

    def run(self, picture: Picture) -> None:
        self.session.run(None, {"image": _tensor(picture, rgb=True, scale=1 / 255)})

    def __call__(self, picture: Picture, floor: float = 0.02) -> dict[str, Boxes]:
        return {kind: rows[:, :5] for kind, rows in self.by_level(picture, floor).items()}

    def by_level(self, picture: Picture, floor: float) -> dict[str, Boxes]:
        """Rows ``[n, 6]`` of each kind: box, score, and the number of the stride that it comes from."""
        maps = self.session.run(None, {"image": _tensor(picture, rgb=True, scale=1 / 255)})
        kinds = len(KINDS)
        least = floor ** (1 / (1 - self.power))
        found: dict[str, list[Boxes]] = {kind: [] for kind in KINDS}
        for level, (cells, stride) in enumerate(zip(maps, STRIDES, strict=True)):
            for number, kind in enumerate(KINDS):
                y, x = np.where(cells[0, number] > np.log(least / (1 - least)))
                presence, quality = (sigmoid(cells[0, at, y, x]) for at in (number, kinds + number))
                score = presence ** (1 - self.power) * quality**self.power
                first = 2 * kinds + 4 * number
                dx, dy, w, h = cells[0, first : first + 4, y, x].T
                cx, cy = (x + 0.5 + dx) * stride, (y + 0.5 + dy) * stride
                w, h = (np.exp(np.clip(v, -4, 5)) * SIZE_UNIT / 2 * stride for v in (w, h))
                rows = np.stack([cx - w, cy - h, cx + w, cy + h, score, np.full(len(x), level)], 1)
                found[kind].append(rows[score > floor])
        return {kind: _rows(parts, self.limit) for kind, parts in found.items()}
