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
from bodycam_pipeline.rules.chains import Chain, Velocity, velocity_at_end, velocity_at_start
from bodycam_pipeline.rules.linking import Linker
from bodycam_pipeline.values.detection import Look
from bodycam_pipeline.values.looks import Looks
from bodycam_pipeline.values.policy import TrackingRule
from bodycam_pipeline.values.track import ORIGINS, Track

Boxes = NDArray[np.float64]

MOVED_ON_SECONDS = 0.25
"""How long a thing is expected to keep its velocity: heads turn back, and cameras too, after a quarter of a second."""

WITH_THE_CAMERA_SECONDS = 0.4
"""How long a thing may also have kept its place in the picture, as somebody at arm's length does whom the wearer turns
to. With random bursts of ten looks taken away from real clips, 96.1 % of the lost boxes stay hidden, 94.4 % without
this; for longer times it costs more area than it saves."""

JITTER_SECONDS = 0.1
"""A box is the hull of those seen within a tenth of a second: a detector that sees half a face in one frame sees all of
it in one of its neighbours, and nothing grows or shrinks by much in that time."""


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
    columns = Looks.of(looks)
    pts, scenes = columns.pts, np.cumsum(columns.cuts, dtype=np.int_)
    if (np.diff(pts) <= 0).any():
        raise ValueError("looks must ascend in pts, one per frame")
    path = camera_path(columns)
    chains = Linker(columns, scenes, path, time_base, max(size), Fraction(rule.bridge_ms, 1000) / time_base).chains()
    timeline = _Timeline(pts, scenes, path, time_base, rule)
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

    def seconds(self, a: NDArray[np.int_], b: NDArray[np.int_]) -> NDArray[np.float64]:
        """From looks to looks."""
        result: NDArray[np.float64] = (self.pts[b] - self.pts[a]).astype(np.float64) * float(self.time_base)
        return result

    @property
    def _extend_pts(self) -> int:
        return floor(Fraction(self.rule.extend_ms, 1000) / self.time_base)


def _filled(chain: Chain, timeline: _Timeline) -> Track:
    """The chain with a box for every look from its extended start to its extended end.

    Everything happens in the steady picture, in which the camera does not move.
    """
    seen, boxes = np.array(chain.looks), np.array(chain.sides).reshape(-1, 4)
    boxes = _unjittered(boxes, timeline.seconds(np.full(seen.size, seen[0]), seen))
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
    scores[seen - looks[0]] = chain.scores
    placed = steady + np.tile(timeline.path[looks], 2)
    return Track(0, chain.kind, timeline.pts[looks], placed, scores, origins)


def _between(boxes: Boxes, seen: NDArray[np.int_], timeline: _Timeline) -> Boxes:
    """From the first sighting to the last: the straight line between two sightings, and where each of them may stay.

    Grown by the time since the nearer one; where something was seen, that is none.
    """
    looks = np.arange(seen[0], seen[-1] + 1)
    line = np.stack([np.interp(timeline.pts[looks], timeline.pts[seen], side) for side in boxes.T], axis=1)
    earlier = np.searchsorted(seen, looks, side="right") - 1
    later = np.minimum(np.searchsorted(seen, looks), seen.size - 1)
    for nearest in (earlier, later):
        line = _hull(line, _stayed(line, boxes[nearest], timeline, seen[nearest], looks))
    apart = [np.abs(timeline.seconds(seen[nearest], looks)) for nearest in (earlier, later)]
    return _grown(line, timeline.rule.growth_per_second * np.minimum(*apart))


def _extended(box: Boxes, velocity: Velocity, timeline: _Timeline, look: int, to: NDArray[np.int_]) -> Boxes:
    """Past an end: where the thing may stay and where it may have moved on to, grown by the time since."""
    start, seconds = np.full(to.size, look), timeline.seconds(np.full(to.size, look), to)
    onward = np.clip(seconds, -MOVED_ON_SECONDS, MOVED_ON_SECONDS) / float(timeline.time_base)
    moved = box + np.outer(onward, velocity * 2)
    stayed = _stayed(moved, np.tile(box, (to.size, 1)), timeline, start, to)
    return _grown(_hull(moved, stayed), timeline.rule.growth_per_second * np.abs(seconds))


def _stayed(
    otherwise: Boxes, boxes: Boxes, timeline: _Timeline, seen: NDArray[np.int_], looks: NDArray[np.int_]
) -> Boxes:
    """Where a thing is if it kept its place in the world, and for a short while also if it kept it in the picture."""
    apart = np.abs(timeline.seconds(seen, looks))[:, None]
    in_picture = boxes + np.tile(timeline.path[seen] - timeline.path[looks], 2)
    in_world = np.where(apart <= timeline.rule.extend_ms / 1000, boxes, otherwise)
    return _hull(in_world, np.where(apart <= WITH_THE_CAMERA_SECONDS, in_picture, in_world))


def _unjittered(boxes: Boxes, seconds: NDArray[np.float64]) -> Boxes:
    """Every box as the hull of those within `JITTER_SECONDS` before and after."""
    result = boxes.copy()
    for distance in range(1, len(boxes)):
        near = (seconds[distance:] - seconds[:-distance] <= JITTER_SECONDS)[:, None]
        if not near.any():
            break
        result[distance:] = np.where(near, _hull(result[distance:], boxes[:-distance]), result[distance:])
        result[:-distance] = np.where(near, _hull(result[:-distance], boxes[distance:]), result[:-distance])
    return result


def _hull(a: Boxes, b: Boxes) -> Boxes:
    return np.concatenate([np.minimum(a[:, :2], b[:, :2]), np.maximum(a[:, 2:], b[:, 2:])], axis=1)


def _grown(boxes: Boxes, share: NDArray[np.float64]) -> Boxes:
    """Each side moved out by its share of the box's width or height."""
    out = (boxes[:, 2:] - boxes[:, :2]) * share[:, None]
    result: Boxes = boxes + np.concatenate([-out, out], axis=1)
    return result
