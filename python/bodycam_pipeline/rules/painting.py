"""How large a track is painted: as large as the thing, not as everywhere it was."""

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.values.track import Track

NEAR_SECONDS = 0.2
SIZE_SHARE = 0.8
"""A box is painted as large as four in five of those within a fifth of a second: sizes of detected boxes jump by a
third from frame to frame, and the largest of all is an outlier."""

DRIFT_PER_SECOND = 0.3
MOST_DRIFT = 0.15
"""A box that was not detected is painted larger on each side, as a share of its length, by the time since it was."""


def paint_boxes(track: Track, time_base: float) -> NDArray[np.float64]:
    """The boxes of a track as they are hidden, before padding, float64 (n, 4), in pixels of the upright frame.

    Args:
        track: Ascending in pts.
        time_base: Seconds per pts.
    """
    seconds = track.pts.astype(np.float64) * time_base
    sizes = _largest_nearby(track.boxes[:, 2:] - track.boxes[:, :2], seconds)
    drift = np.minimum(DRIFT_PER_SECOND * _since_seen(track, seconds), MOST_DRIFT)
    sizes = sizes * (1 + 2 * drift[:, None])
    centres = (track.boxes[:, :2] + track.boxes[:, 2:]) / 2
    return np.concatenate([centres - sizes / 2, centres + sizes / 2], axis=1)


def _largest_nearby(sizes: NDArray[np.float64], seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    first = np.searchsorted(seconds, seconds - NEAR_SECONDS - 1e-6)
    end = np.searchsorted(seconds, seconds + NEAR_SECONDS + 1e-6)
    near = np.stack([np.quantile(sizes[a:b], SIZE_SHARE, axis=0) for a, b in zip(first, end, strict=True)])
    result: NDArray[np.float64] = np.maximum(sizes, near)
    return result


def _since_seen(track: Track, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """How long ago, or how soon, each point's nearest observation is."""
    seen = seconds[track.seen]
    if not len(seen):
        return np.full(len(seconds), MOST_DRIFT / DRIFT_PER_SECOND)
    after = np.clip(np.searchsorted(seen, seconds), 0, len(seen) - 1)
    before = np.clip(after - 1, 0, len(seen) - 1)
    nearest: NDArray[np.float64] = np.minimum(np.abs(seen[after] - seconds), np.abs(seen[before] - seconds))
    return nearest
