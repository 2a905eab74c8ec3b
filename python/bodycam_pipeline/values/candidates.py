"""What looking at a segment gave: its frames, and the candidates that were followed through them, as columns."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.values.detection import LONGEST_KIND
from bodycam_pipeline.values.geometry import Box

Found = Literal["detected", "followed", "guessed"]
FOUND: tuple[Found, ...] = ("detected", "followed", "guessed")
"""What the codes in `POINT` mean."""

_SIDES = [(side, np.float64) for side in ("left", "top", "right", "bottom")]

FRAME = np.dtype([("pts", np.int64), ("scene_change", np.bool_), ("looked", np.bool_)])
"""A frame that decoded; ``scene_change`` where the scene changed before it."""

CANDIDATE = np.dtype(
    [
        ("kind", f"U{LONGEST_KIND}"),
        ("sure", np.bool_),
        ("first_pts", np.int64),
        ("last_pts", np.int64),
        ("alive", np.bool_),
        *_SIDES,
    ]
)
"""What may be a thing: its kind, whether an observation was sure enough to begin it, its first and last observation.
Then whether it was followed into the next segment's first frame, and its box there in pixels of the upright frame."""

POINT = np.dtype([("candidate", np.int32), ("pts", np.int64), ("found", np.uint8), ("looked", np.bool_), *_SIDES])
"""Where a candidate is in one frame, in pixels of the upright frame."""


@dataclass(frozen=True, eq=False, slots=True)
class Candidates:
    """Everything that was found in a segment, or in a part of a long one.

    Attributes:
        frames: Rows of `FRAME`, ascending in pts.
        candidates: Rows of `CANDIDATE`.
        points: Rows of `POINT`, by candidate and pts, without a gap between a candidate's first and last frame.
        scores: float32 (points, networks), the best score of each network; 0 where it was silent or did not look.
        finest: Pixels of the finest tensor per pixel of the upright frame.
        border_pts: The first frame behind these, where the scene goes on into it; None elsewhere.
        undecodable_pts: Frames that the index promises and the decoder did not give.
    """

    frames: NDArray[np.void]
    candidates: NDArray[np.void]
    points: NDArray[np.void]
    scores: NDArray[np.float32]
    finest: float
    border_pts: int | None = None
    undecodable_pts: tuple[int, ...] = ()

    @property
    def looked_pts(self) -> NDArray[np.int64]:
        """The frames at which networks looked."""
        looked: NDArray[np.int64] = self.frames["pts"][self.frames["looked"]]
        return looked


@dataclass(frozen=True, eq=False, slots=True)
class SegmentCandidates:
    """Everything that was found in one segment.

    Attributes:
        segment: Its number.
        parts: In order of time; one unless the segment is long.
    """

    segment: int
    parts: tuple[Candidates, ...]


def box_of(row: np.void) -> Box:
    """The box of a point, or of a candidate at a border."""
    return Box(*(float(row[side]) for side, _ in _SIDES))
