"""Candidates while they are followed: what may be a thing, over the frames of one segment."""

from dataclasses import dataclass, field

from bodycam_pipeline.values.candidates import Found
from bodycam_pipeline.values.detection import Kind
from bodycam_pipeline.values.geometry import Box


@dataclass(slots=True)
class Point:
    """Where a candidate is in one frame.

    Attributes:
        box: In pixels of the upright frame.
        found: ``detected``, ``followed`` surely from a neighbouring frame, or ``guessed`` to go with the camera.
        scores: What each network said; empty where all were silent, None in a frame at which none looked.
    """

    box: Box
    found: Found
    scores: tuple[float, ...] | None = None


@dataclass(eq=False, slots=True)
class Candidate:
    """One thing that may be there, in consecutive frames of one segment.

    Attributes:
        kind: What it may be.
        points: By frame.
        first, last: The frames of its first and last observation; points beyond are where it was followed to.
        sure: Whether an observation was sure enough to begin it.
    """

    kind: Kind
    points: dict[int, Point] = field(default_factory=dict)
    first: int = 0
    last: int = 0
    sure: bool = False

    @property
    def start(self) -> int:
        """Its first frame."""
        return min(self.points)

    @property
    def end(self) -> int:
        """Its last frame."""
        return max(self.points)

    def trim(self) -> None:
        """Drop the points before the first and after the last observation."""
        self.points = {frame: p for frame, p in self.points.items() if self.first <= frame <= self.last}

    def take(self, other: "Candidate") -> None:
        """Take in another candidate of the same thing; where both have a point, a detected one stays."""
        for frame, point in other.points.items():
            own = self.points.get(frame)
            if own is None or (own.found != "detected" and point.found == "detected"):
                self.points[frame] = point
        self.first, self.last = min(self.first, other.first), max(self.last, other.last)
        self.sure = self.sure or other.sure
