"""One thing over time."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isnan

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.values.detection import Kind
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.plan import Origin

ORIGINS: tuple[Origin, ...] = ("detected", "interpolated", "extended", "manual")
"""What the codes in `Track.origins` mean."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where a thing is, or may be, in one frame.

    Attributes:
        pts: The frame.
        box: In pixels of the upright picture; it may reach past the picture's edge.
        score: Of the detection, None where nothing was detected.
        origin: ``detected``, ``interpolated`` between two detections, or ``extended`` past the first or last.
    """

    pts: int
    box: Box
    score: float | None
    origin: Origin


@dataclass(frozen=True, eq=False, slots=True)
class Track:
    """The detections of one thing over time, gaps filled, both ends extended.

    Columns, not objects: a thing that stays in view for ten hours is a million sightings.

    Attributes:
        number: 1, 2, 3 … in order of first appearance.
        kind: What it is.
        pts: int64 (n,), every look from the first sighting to the last, ascending, without a gap.
        boxes: float64 (n, 4), left, top, right, bottom in the upright picture.
        scores: float32 (n,), NaN where nothing was detected.
        origins: uint8 (n,), positions in `ORIGINS`.
    """

    number: int
    kind: Kind
    pts: NDArray[np.int64]
    boxes: NDArray[np.float64]
    scores: NDArray[np.float32]
    origins: NDArray[np.uint8]

    def sightings(self) -> Iterator[Sighting]:
        """The columns, row by row."""
        rows = zip(self.pts.tolist(), self.boxes.tolist(), self.scores.tolist(), self.origins.tolist(), strict=True)
        for pts, box, score, origin in rows:
            yield Sighting(pts, Box(*box), None if isnan(score) else score, ORIGINS[origin])
