"""At which frames networks look."""

from collections import deque
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.following.footage import ROUNDING_SECONDS, Observation
from bodycam_pipeline.following.sweep import SEED

PendingDetections = Callable[[], Sequence[Observation]]
"""Waits for a look at a frame to end, and returns what was seen."""

DELAY = 4
"""A look has its say about the fourth turn after it and later ones, so that so many frames can be looked at side by
side."""

QUIET = 2
"""Turns that have to show nothing."""

SOON_SECONDS = 0.2
"""Turns are left out only in footage in which every second turn still comes within this time."""


def comes_soon(turn: int, seconds: NDArray[np.floating]) -> bool:
    """Whether so many frames never last longer than `SOON_SECONDS`.

    Args:
        turn: Frames from one look to the next.
        seconds: When each frame of the footage is shown, ascending.
    """
    return bool((seconds[turn:] - seconds[:-turn] <= SOON_SECONDS + ROUNDING_SECONDS).all())


class KeyFrames:
    """The first frame of each scene, and one in ``interval`` after it; half of these while nothing is to be seen.

    Nothing is to be seen where no observation is sure enough to begin a candidate. What comes into sight meanwhile is
    looked at one turn later, and followed back to where it came from.
    """

    def __init__(self, interval: int, seconds: NDArray[np.floating], *, thin_out: bool) -> None:
        """Begin a segment.

        Args:
            interval: Frames from one turn to the next.
            seconds: When each of its frames is shown, ascending.
            thin_out: Whether every second turn is left out while nothing is to be seen, if the next one comes soon.
        """
        self._interval = interval
        self._thin_out = thin_out and comes_soon(2 * interval, seconds)
        self._turns: deque[PendingDetections | None] = deque(maxlen=DELAY + QUIET - 1)

    def __call__(self, _pts: int, since_scene_change: int) -> bool:
        """Whether networks look at the next frame; ``since_scene_change`` frames came since the scene changed."""
        if since_scene_change == 0:
            self._turns.clear()
        if since_scene_change % self._interval:
            return False
        if self._is_quiet():
            self._turns.append(None)
            return False
        return True

    def saw(self, look: PendingDetections) -> None:
        """Take the look at the frame that was due last."""
        self._turns.append(look)

    def _is_quiet(self) -> bool:
        turns = self._turns
        if not self._thin_out or len(turns) < DELAY + QUIET - 1 or turns[-1] is None:
            return False
        return not any(begins(look) for look in list(turns)[:QUIET] if look is not None)


class NamedFrames:
    """Frames by their pts, whatever is seen in them."""

    def __init__(self, pts: Sequence[int]) -> None:
        """Name them."""
        self._pts = frozenset(pts)

    def __call__(self, pts: int, _since_scene_change: int) -> bool:
        """Whether networks look at this frame."""
        return pts in self._pts

    def saw(self, look: PendingDetections) -> None:
        """Take a look, which decides nothing."""


def begins(look: PendingDetections) -> bool:
    """Whether a look shows something that a candidate begins with."""
    return any(observation.odds >= SEED for observation in look())
