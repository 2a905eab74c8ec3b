"""What a chain of candidates is: its track, and the evidence over its life."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.rules.joining import Piece
from bodycam_pipeline.values.candidates import FOUND
from bodycam_pipeline.values.detection import Kind
from bodycam_pipeline.values.evidence import LOWEST, Evidence
from bodycam_pipeline.values.track import Track

_DETECTED = FOUND.index("detected")
_SIDES = ("left", "top", "right", "bottom")


@dataclass(frozen=True, eq=False, slots=True)
class Life:
    """Everything that is known of one thing.

    Attributes:
        kind: What it may be.
        points: Rows of `POINT`, ascending in pts, one a frame.
        scores: float32 (points, networks).
        finest: As in `Candidates`.
        time_base: Seconds per pts.
    """

    kind: Kind
    points: NDArray[np.void]
    scores: NDArray[np.float32]
    finest: float
    time_base: float

    @property
    def detected(self) -> NDArray[np.bool_]:
        """Mark the points that were detected."""
        detected: NDArray[np.bool_] = self.points["found"] == _DETECTED
        return detected

    @property
    def boxes(self) -> NDArray[np.float64]:
        """(points, 4), in pixels of the upright frame."""
        return np.stack([self.points[side] for side in _SIDES], axis=1)

    def evidence(self, evidence: Evidence, but: NDArray[np.bool_] | None = None) -> float:
        """The log-odds that it is a thing, from all looks between its first and last observation.

        Args:
            evidence: What the networks' word is worth.
            but: Points that are left out, bool (points,); None for none.
        """
        counted = self.points["looked"] if but is None else self.points["looked"] & ~but
        seen = np.flatnonzero(self.detected & counted)
        if not len(seen):
            return LOWEST
        first, last = int(seen[0]), int(seen[-1])
        looks = np.flatnonzero(counted[first : last + 1]) + first
        boxes = self.boxes[seen]
        sides = np.sqrt(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1))
        seconds = float(self.points["pts"][last] - self.points["pts"][first]) * self.time_base
        side_px = float(np.median(sides)) * self.finest
        scores = self.scores[looks].astype(np.float64)
        return evidence.of_track(self.kind, scores, self._time_to_next[looks], side_px, seconds)

    @property
    def _time_to_next(self) -> NDArray[np.float64]:
        """How long it is from each point at which networks looked to the next one, in pts; 0 of other points."""
        looks = np.flatnonzero(self.points["looked"])
        gaps = np.diff(self.points["pts"][looks]).astype(np.float64)
        times = np.zeros(len(self.points))
        times[looks] = np.append(gaps, gaps[-1:]) if len(gaps) else 1.0  # the last look counts as the one before it
        return times

    def track(self, evidence: float) -> Track:
        """The same as a track."""
        best = np.where(self.detected, self.scores.max(axis=1, initial=0.0), np.nan).astype(np.float32)
        return Track(0, self.kind, evidence, self.points["pts"].copy(), self.boxes, best, self.points["found"].copy())


def life_of(tracklet: Sequence[Piece], time_base: float) -> Life:
    """The pieces of one thing put together; where two have the same frame, a detected point stays."""
    points = np.concatenate([piece.part.points[piece.points] for piece in tracklet])
    scores = np.concatenate([piece.part.scores[piece.points] for piece in tracklet])
    order = np.lexsort((points["found"] != _DETECTED, points["pts"]))
    order = order[np.append(True, np.diff(points["pts"][order]) > 0)]
    return Life(tracklet[0].kind, points[order], scores[order], tracklet[0].part.finest, time_base)
