"""Which tracks are hidden: those with enough evidence; boxes of one thing are one track."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.values.geometry import iou
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.values.track import Track

SAME_SHARE = 0.5
"""Share of the frames that two tracks share in which their boxes have to be of one thing."""

SAME_OVERLAP = 0.35
LARGEST_RATIO = 2.5
"""Two boxes are of one thing if they overlap this much, or hold each other's centre and are about as large."""


def is_admitted(track: Track, policy: Policy) -> bool:
    """Whether the policy hides a track: detectors are to find its kind, and the evidence is enough for it."""
    rule = policy.hide.get(track.kind)
    return rule is not None and rule.found_by == "detector" and track.evidence >= rule.least_evidence


def number_tracks(tracks: Iterable[Track]) -> tuple[Track, ...]:
    """The tracks in order of their first frame, numbered from 1; tracks of one thing have one number.

    Each keeps its own boxes: two scales may see a head and a face, and what each was followed through is hidden.
    """
    things: list[list[Track]] = []
    recent: list[list[Track]] = []
    for track in sorted(tracks, key=_order):
        recent = [thing for thing in recent if any(other.pts[-1] >= track.pts[0] for other in thing)]
        same = next((thing for thing in recent if any(_is_same(other, track) for other in thing)), None)
        if same is None:
            same = []
            things.append(same)
            recent.append(same)
        same.append(track)
    return tuple(replace(track, number=number) for number, thing in enumerate(things, start=1) for track in thing)


def _order(track: Track) -> tuple[object, ...]:
    return int(track.pts[0]), track.kind, *track.boxes[0].tolist(), int(track.pts[-1])


def _is_same(one: Track, other: Track) -> bool:
    if one.kind != other.kind:
        return False
    _, a, b = np.intersect1d(one.pts, other.pts, assume_unique=True, return_indices=True)
    return len(a) >= 2 and bool(_same_boxes(one.boxes[a], other.boxes[b]).mean() >= SAME_SHARE)


def _same_boxes(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.bool_]:
    areas = [np.prod(each[:, 2:] - each[:, :2], axis=1) for each in (a, b)]
    ratio = np.sqrt(np.maximum(areas[0], 1e-6) / np.maximum(areas[1], 1e-6))
    alike = (ratio < LARGEST_RATIO) & (ratio > 1 / LARGEST_RATIO)
    return np.asarray((iou(a, b) >= SAME_OVERLAP) | (_holds(a, b) & _holds(b, a) & alike), np.bool_)


def _holds(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where a box holds the centre of another."""
    centre = (b[:, :2] + b[:, 2:]) / 2
    return np.asarray(((a[:, :2] <= centre) & (centre <= a[:, 2:])).all(axis=1), np.bool_)
