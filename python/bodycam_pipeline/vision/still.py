"""One model and one picture at a time: everything it sees, down to the lowest score, for measuring it."""

from math import ceil

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline._native import Letterbox, Planes, suppress
from bodycam_pipeline.values.detection import Kind
from bodycam_pipeline.values.model import Model
from bodycam_pipeline.vision.detector import HARDLY_EVER
from bodycam_pipeline.vision.scales import GRID
from bodycam_pipeline.vision.session import Tensor, open_network

LOWEST_SCORE = 0.01
"""Lower scores are not looked at: no detector is run at a false alarm on every cell."""


class StillDetector:
    """A model that looks at single pictures, full range and BT.601 as JPEGs are, at one size.

    Unlike a recording's frames, pictures smaller than that size are enlarged: each detector sees objects of one size.
    """

    def __init__(self, model: Model, long_side_px: int, suppress_iou: float) -> None:
        """Open the model.

        Args:
            model: Who looks.
            long_side_px: The longer side of every picture as the model sees it.
            suppress_iou: Boxes of one kind that overlap more are one.

        Raises:
            ModelError: it cannot be loaded.
        """
        self._model = model
        self._network = open_network(model)
        self._letterbox = Letterbox(
            full_range=True, matrix="bt601", channels=model.channels, mean=model.mean, factor=model.factor
        )
        self._floors = [LOWEST_SCORE if kind else HARDLY_EVER for kind in model.classes]
        self._side = long_side_px
        self._iou = suppress_iou

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What the model is trusted with."""
        return tuple(sorted(self._model.kinds))

    def look(self, picture: Planes) -> tuple[dict[Kind, NDArray[np.float32]], float]:
        """What the model sees: per kind (n, 5) left, top, right, bottom, score, in pixels as it sees them; best first.

        Returns:
            The boxes, and how many of those pixels make one of the picture's.
        """
        size = picture.width, picture.height
        height, width = (ceil(round(side * self._side / max(size)) / GRID) * GRID for side in reversed(size))
        tensor = self._network.tensor(max(height, GRID), max(width, GRID))
        (scale,) = self._letterbox.fill([picture], [tensor])
        (rows,) = self._network.boxes(tensor, self._floors)
        return {kind: self._of_kind(rows, kind) for kind in self.kinds}, scale

    def _of_kind(self, rows: NDArray[np.float32], kind: Kind) -> NDArray[np.float32]:
        """Two classes that are one kind to us are suppressed as one."""
        numbers = [number for number, each in enumerate(self._model.classes) if each == kind]
        found = rows[np.isin(rows[:, 5], numbers)]
        found[:, 5] = numbers[0]
        return suppress(found, iou_limit=self._iou)[:, :5]

    def tensor(self, width: int, height: int) -> Tensor:
        """An empty picture of this size as the network takes it."""
        return self._network.tensor(height, width)

    def run(self, tensor: Tensor) -> None:
        """Only the network and its head, on a tensor: what a pass costs."""
        self._network.boxes(tensor, self._floors)
