"""Tracks: chains of detections with their gaps filled and their ends extended, tuned so that nothing shows.

A box that is where a thing was not costs a few pixels; a frame in which it shows costs the release. So wherever
nothing was detected, the box is the hull of every place the thing may reasonably be.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.rules.camera import Path, camera_path
from bodycam_pipeline.rules.linking import Chain, Linker, Velocity, velocity_at_end, velocity_at_start
from bodycam_pipeline.values.detection import Look
from bodycam_pipeline.values.policy import TrackingRule
from bodycam_pipeline.values.track import ORIGINS, Track

Boxes = NDArray[np.float64]

MOVED_ON_SECONDS = 0.25
"""How long a thing is expected to keep its velocity: heads and cameras turn back after a quarter of a second."""


def link(looks: Sequence[Look], *, time_base: Fraction, size: tuple[int, int], rule: TrackingRule) -> tuple[Track, ...]:
    """The tracks of one recording.

    Every confident detection is in a track, even alone. A detection that is not confident continues a track, forward
    or backward in time, and never makes one. Nothing is linked, filled or extended across a scene cut. Frames that
    are missing from the looks still count as time. The order of the detections inside a look does not matter.

    Args:
        looks: Ascending in pts.
        time_base: Seconds per pts.
        size: Width and height of the upright picture.
        rule: How far to bridge and extend.

    Returns:
        Tracks numbered from 1 in order of their first frame. Memory: about 60 bytes per look and track.

    Raises:
        ValueError: looks out of order.
    """
    pts = np.array([look.pts for look in looks], dtype=np.int64)
    if (np.diff(pts) <= 0).any():
        raise ValueError("looks must ascend in pts, one per frame")
    path = camera_path(looks)
    chains = Linker(looks, path, time_base, max(size), Fraction(rule.bridge_ms, 1000) / time_base).chains()
    timeline = _Timeline(pts, np.cumsum([look.cut for look in looks]), path, time_base, rule)
    found = [_filled(chain, timeline) for chain in chains]
    found.sort(key=lambda t: (t.pts[0], t.kind, *t.boxes[0]))
    return tuple(replace(track, number=number) for number, track in enumerate(found, start=1))


@dataclass(frozen=True, slots=True)
class _Timeline:
    """When every look was, in which scene, and how far to fill."""

    pts: NDArray[np.int64]
    scenes: NDArray[np.int_]
    path: Path
    time_base: Fraction
    rule: TrackingRule

    def extended_from(self, look: int) -> int:
        """The first look that an extension back from this one reaches."""
        return max(
            int(np.searchsorted(self.pts, int(self.pts[look]) - self._extend_pts)),
            int(np.searchsorted(self.scenes, self.scenes[look])),
        )

    def extended_to(self, look: int) -> int:
        """One past the last look that an extension on from this one reaches."""
        return min(
            int(np.searchsorted(self.pts, int(self.pts[look]) + self._extend_pts, side="right")),
            int(np.searchsorted(self.scenes, self.scenes[look], side="right")),
        )

    @property
    def _extend_pts(self) -> int:
        return floor(Fraction(self.rule.extend_ms, 1000) / self.time_base)


def _filled(chain: Chain, timeline: _Timeline) -> Track:
    """The chain with a box for every look from its extended start to its extended end.

    Everything happens in the steady picture, in which the camera does not move.
    """
    seen = np.array([sighting.look for sighting in chain])
    boxes = np.array([(s.box.left, s.box.top, s.box.right, s.box.bottom) for s in chain])
    first, last = int(seen[0]), int(seen[-1])
    back, on = np.arange(timeline.extended_from(first), first), np.arange(last + 1, timeline.extended_to(last))
    looks = np.concatenate([back, np.arange(first, last + 1), on])
    start, end = velocity_at_start(chain, timeline.time_base), velocity_at_end(chain, timeline.time_base)
    steady = np.concatenate(
        [
            _extended(boxes[0], start, timeline, first, back),
            _between(boxes, seen, timeline),
            _extended(boxes[-1], end, timeline, last, on),
        ]
    )
    origins = np.full(looks.size, ORIGINS.index("extended"), dtype=np.uint8)
    origins[first - looks[0] : last + 1 - looks[0]] = ORIGINS.index("interpolated")
    origins[seen - looks[0]] = ORIGINS.index("detected")
    scores = np.full(looks.size, np.nan, dtype=np.float32)
    scores[seen - looks[0]] = [sighting.detection.score for sighting in chain]
    placed = steady + np.tile(timeline.path[looks], 2)
    return Track(0, chain[0].detection.kind, timeline.pts[looks], placed, scores, origins)


def _between(boxes: Boxes, seen: NDArray[np.int_], timeline: _Timeline) -> Boxes:
    """Where something was seen, that box. Elsewhere the hull of the straight line between the sightings around it and
    of each of the two while it may still be (or already be) there, grown by the time since the nearer one.
    """
    pts, looks = timeline.pts.astype(np.float64), np.arange(seen[0], seen[-1] + 1)
    times, seen_times = pts[looks], pts[seen]
    result = np.stack([np.interp(times, seen_times, side) for side in boxes.T], axis=1)
    earlier = np.searchsorted(seen, looks, side="right") - 1
    later = np.minimum(np.searchsorted(seen, looks), seen.size - 1)
    since = (times - seen_times[earlier]) * float(timeline.time_base)
    until = (seen_times[later] - times) * float(timeline.time_base)
    stay = timeline.rule.extend_ms / 1000
    result = np.where((since <= stay)[:, None], _hull(result, boxes[earlier]), result)
    result = np.where((until <= stay)[:, None], _hull(result, boxes[later]), result)
    return _grown(result, timeline.rule.growth_per_second * np.minimum(since, until))


def _extended(box: Boxes, velocity: Velocity, timeline: _Timeline, look: int, to: NDArray[np.int_]) -> Boxes:
    """The hull of "stayed" and "moved on", grown by the time since the sighting."""
    pts = (timeline.pts[to] - timeline.pts[look]).astype(np.float64)
    seconds = pts * float(timeline.time_base)
    onward = np.clip(seconds, -MOVED_ON_SECONDS, MOVED_ON_SECONDS) / float(timeline.time_base)
    moved = box + np.stack([onward * velocity[0], onward * velocity[1]] * 2, axis=1)
    return _grown(_hull(np.broadcast_to(box, moved.shape), moved), timeline.rule.growth_per_second * np.abs(seconds))


def _hull(a: Boxes, b: Boxes) -> Boxes:
    return np.concatenate([np.minimum(a[:, :2], b[:, :2]), np.maximum(a[:, 2:], b[:, 2:])], axis=1)


def _grown(boxes: Boxes, share: NDArray[np.float64]) -> Boxes:
    """Each side moved out by its share of the box's width or height."""
    out = (boxes[:, 2:] - boxes[:, :2]) * share[:, None]
    result: Boxes = boxes + np.concatenate([-out, out], axis=1)
    return result
