"""What the follower has of a stretch of frames: the small luma of each, and what was seen in the key frames."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline._native import Pyramid
from bodycam_pipeline.following.motion import SMALL, picture_shift, scene_changed
from bodycam_pipeline.values.detection import Kind
from bodycam_pipeline.values.geometry import Box

ROUNDING_SECONDS = 1e-6
"""Differences of times are not exact: without this, a frame more or less would depend on when a recording begins."""


@dataclass(eq=False, slots=True)
class Observation:
    """What all networks say about one place of one frame.

    Attributes:
        kind: What it may be.
        box: Of the network that is surest, in pixels of the upright frame.
        scores: The best score of each network over its scales, in the order of the job's models; 0 where one is silent.
        odds: The natural logarithm of the odds that a thing is there.
        taken: Whether it belongs to a candidate already.
    """

    kind: Kind
    box: Box
    scores: tuple[float, ...]
    odds: float
    taken: bool = False


@dataclass(eq=False, slots=True)
class Footage:
    """Frames in order of time; every list has one entry a frame.

    Attributes:
        size: Width and height of the upright frame, in pixels.
        scene_change_difference: Mean luma difference (0..255) of two neighbouring frames above which the scene has
            changed.
        seconds: When each frame is shown.
        pyramids: The luma of each frame.
        shifts: How far the contents moved from the frame before, right and down, in pixels of the upright frame.
        scenes: The number of each frame's scene; nothing is followed from one into the next.
        looked: Whether networks looked at the frame.
        observations: What they saw.
    """

    size: tuple[int, int]
    scene_change_difference: float
    seconds: list[float] = field(default_factory=list)
    pyramids: list[Pyramid] = field(default_factory=list)
    shifts: list[tuple[float, float]] = field(default_factory=list)
    scenes: list[int] = field(default_factory=list)
    looked: list[bool] = field(default_factory=list)
    observations: list[list[Observation]] = field(default_factory=list)
    _small: NDArray[np.uint8] | None = None

    def __len__(self) -> int:
        return len(self.seconds)

    def add(self, seconds: float, pyramid: Pyramid) -> bool:
        """Add the next frame; whether the scene changed before it."""
        small, before = pyramid.small(SMALL), self._small
        cut = before is not None and scene_changed(before, small) > self.scene_change_difference
        right, down = (0.0, 0.0) if before is None or cut else picture_shift(before, small)
        self.shifts.append((right * self.size[0], down * self.size[1]))
        self.scenes.append((self.scenes[-1] if self.scenes else 0) + cut)
        self.seconds.append(seconds)
        self.pyramids.append(pyramid)
        self._small = small
        return cut

    def saw(self, observations: list[Observation] | None) -> None:
        """Say what was seen in the frame added last; None where no network looked."""
        self.looked.append(observations is not None)
        self.observations.append(observations or [])

    def shift(self, frame: int, to: int) -> tuple[float, float]:
        """How far the contents moved between two neighbouring frames, in either direction of time."""
        right, down = self.shifts[max(frame, to)]
        return (right, down) if to > frame else (-right, -down)

    def neighbour(self, frame: int, direction: int) -> int | None:
        """The next frame in a direction of time; None at the end and at a scene change."""
        to = frame + direction
        return to if 0 <= to < len(self) and self.scenes[to] == self.scenes[frame] else None
