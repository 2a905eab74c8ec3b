"""Which tracks are hidden: those with enough evidence; boxes of one thing are one track."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.values.track import ORIGINS, Track

SAME_SHARE = 0.5
"""Share of the frames that two tracks share in which their boxes have to be of one thing."""

SAME_OVERLAP = 0.35
LARGEST_RATIO = 2.5
"""Two boxes are of one thing if they overlap this much, or hold each other's centre and are about as large."""

_DETECTED = ORIGINS.index("detected")


def admitted(track: Track, policy: Policy) -> bool:
    """Whether the policy hides a track: it names the kind, and the evidence is enough for it."""
    rule = policy.hide.get(track.kind)
    return rule is not None and track.evidence >= rule.least_evidence


def merged(tracks: Iterable[Track]) -> list[Track]:
    """Tracks of one thing made into one, in order of their first frame."""
    done: list[Track] = []
    recent: list[Track] = []
    for track in sorted(tracks, key=_order):
        over = [other for other in recent if other.pts[-1] < track.pts[0]]
        done += over
        recent = [other for other in recent if other.pts[-1] >= track.pts[0]]
        same = next((n for n, other in enumerate(recent) if _is_same(other, track)), None)
        if same is None:
            recent.append(track)
        else:
            recent[same] = _together(recent[same], track)
    return sorted(done + recent, key=_order)


def numbered(tracks: Sequence[Track]) -> tuple[Track, ...]:
    """The tracks with their numbers, from 1."""
    return tuple(replace(track, number=number) for number, track in enumerate(tracks, start=1))


def _order(track: Track) -> tuple[object, ...]:
    return int(track.pts[0]), track.kind, *track.boxes[0].tolist(), int(track.pts[-1])


def _is_same(one: Track, other: Track) -> bool:
    if one.kind != other.kind:
        return False
    _, a, b = np.intersect1d(one.pts, other.pts, assume_unique=True, return_indices=True)
    return len(a) >= 2 and bool(_same_boxes(one.boxes[a], other.boxes[b]).mean() >= SAME_SHARE)


def _same_boxes(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.bool_]:
    low, high = np.maximum(a[:, :2], b[:, :2]), np.minimum(a[:, 2:], b[:, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=1)
    areas = [np.prod(each[:, 2:] - each[:, :2], axis=1) for each in (a, b)]
    overlap = shared / np.maximum(areas[0] + areas[1] - shared, 1e-6)
    ratio = np.sqrt(np.maximum(areas[0], 1e-6) / np.maximum(areas[1], 1e-6))
    alike = (ratio < LARGEST_RATIO) & (ratio > 1 / LARGEST_RATIO)
    return np.asarray((overlap >= SAME_OVERLAP) | (_holds(a, b) & _holds(b, a) & alike), np.bool_)


def _holds(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where a box holds the centre of another."""
    centre = (b[:, :2] + b[:, 2:]) / 2
    return np.asarray(((a[:, :2] <= centre) & (centre <= a[:, 2:])).all(axis=1), np.bool_)


def _together(one: Track, other: Track) -> Track:
    """All frames of both; where they share one, a detected box stays, and of two of them the larger."""
    pts = np.concatenate([one.pts, other.pts])
    boxes = np.concatenate([one.boxes, other.boxes])
    origins, scores = np.concatenate([one.origins, other.origins]), np.concatenate([one.scores, other.scores])
    area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    order = np.lexsort((-area, origins != _DETECTED, pts))
    order = order[np.append(True, np.diff(pts[order]) > 0)]
    evidence = max(one.evidence, other.evidence)
    return Track(0, one.kind, evidence, pts[order], boxes[order], scores[order], origins[order])
