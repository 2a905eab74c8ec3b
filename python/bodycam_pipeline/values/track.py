"""One thing over time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.values.detection import Kind
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.plan import Origin

ORIGINS: tuple[Origin, ...] = ("detected", "followed", "guessed", "manual")
"""What the codes in `Track.origins` mean; the first three are those of a candidate's points."""


@dataclass(frozen=True, eq=False, slots=True)
class Track:
    """What was seen of one thing, and where it was followed to between, before and after.

    Columns, not objects: a thing that stays in view for ten hours is a million rows.

    Attributes:
        number: 1, 2, 3 … in order of first appearance; 0 before it has one.
        kind: What it is.
        evidence: The log-odds that it is that.
        pts: int64 (n,), ascending.
        boxes: float64 (n, 4), left, top, right, bottom in the upright frame.
        scores: float32 (n,), the best of any network; NaN where nothing was detected.
        origins: uint8 (n,), positions in `ORIGINS`.
    """

    number: int
    kind: Kind
    evidence: float
    pts: NDArray[np.int64]
    boxes: NDArray[np.float64]
    scores: NDArray[np.float32]
    origins: NDArray[np.uint8]

    @property
    def seen(self) -> NDArray[np.bool_]:
        """Where it was detected, bool (n,)."""
        seen: NDArray[np.bool_] = self.origins == ORIGINS.index("detected")
        return seen


@dataclass(frozen=True, slots=True)
class Entering:
    """A track that enters a segment in which it was not seen.

    Attributes:
        track: Its position among those that are asked about.
        segment: The number of the segment.
        kind: What it is.
        pts: The frame at the segment's border: its own first one going forward, the next segment's going back.
        box: Where the track is in it.
        direction: 1 forward in time, -1 backward.
        seconds: How much farther it is followed.
        guessed: Whether it is only guessed to be there: what lies in the box is not what is followed.
    """

    track: int
    segment: int
    kind: Kind
    pts: int
    box: Box
    direction: int
    seconds: float
    guessed: bool = False


@dataclass(frozen=True, slots=True)
class Extension:
    """Where that track is in the frames of the segment, until it is lost.

    Attributes:
        track, direction: As asked.
        rows: (pts, box, origin) of each frame, the border frame included, ascending.
    """

    track: int
    direction: int
    rows: tuple[tuple[int, Box, Origin], ...]
