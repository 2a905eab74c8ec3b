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

from bodycam_pipeline.rules.linking import Chain, chains
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
    timeline = _Timeline(pts, np.cumsum([look.cut for look in looks]), time_base, rule)
    found = [_filled(chain, timeline) for chain in chains(looks, time_base, max(size), rule)]
    found.sort(key=lambda t: (t.pts[0], t.kind, *t.boxes[0]))
    return tuple(replace(track, number=number) for number, track in enumerate(found, start=1))


@dataclass(frozen=True, slots=True)
class _Timeline:
    """When every look was, in which scene, and how far to fill."""

    pts: NDArray[np.int64]
    scenes: NDArray[np.int_]
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
    """The chain with a box for every look from its extended start to its extended end."""
    seen = np.array(chain.looks)
    boxes = np.array([(d.box.left, d.box.top, d.box.right, d.box.bottom) for d in chain.detections])
    first, last = chain.looks[0], chain.looks[-1]
    back = np.arange(timeline.extended_from(first), first)
    on = np.arange(last + 1, timeline.extended_to(last))
    looks = np.arange(first, last + 1)
    origins = np.full(looks.size, ORIGINS.index("interpolated"), dtype=np.uint8)
    origins[seen - first] = ORIGINS.index("detected")
    scores = np.full(looks.size, np.nan, dtype=np.float32)
    scores[seen - first] = [d.score for d in chain.detections]
    extended = ORIGINS.index("extended")
    return Track(
        number=0,
        kind=chain.detections[0].kind,
        pts=timeline.pts[np.concatenate([back, looks, on])],
        boxes=np.concatenate(
            [
                _extended(boxes[0], chain.velocity(timeline.time_base, at_start=True), first, back, timeline),
                _between(boxes, seen, looks, timeline),
                _extended(boxes[-1], chain.velocity(timeline.time_base), last, on, timeline),
            ]
        ),
        scores=np.pad(scores, (back.size, on.size), constant_values=np.nan),
        origins=np.pad(origins, (back.size, on.size), constant_values=extended),
    )


def _between(boxes: Boxes, seen: NDArray[np.int_], looks: NDArray[np.int_], timeline: _Timeline) -> Boxes:
    """Where something was seen, that box. Elsewhere the hull of the straight line between the sightings around it and
    of each of the two while it may still be (or already be) there, grown by the time since the nearer one.
    """
    pts = timeline.pts.astype(np.float64)
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


def _extended(box: Boxes, velocity: tuple[float, float], look: int, to: NDArray[np.int_], timeline: _Timeline) -> Boxes:
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
