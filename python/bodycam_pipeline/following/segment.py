"""From the footage of a segment to its candidates."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.following.candidates import Candidate
from bodycam_pipeline.following.footage import Footage
from bodycam_pipeline.following.onward import BEYOND_SECONDS, go_on, join_candidates
from bodycam_pipeline.following.sweep import sweep
from bodycam_pipeline.values.candidates import CANDIDATE, FOUND, FRAME, POINT, Candidates


def follow_segment(footage: Footage) -> list[Candidate]:
    """Follow everything that was seen: forward, back, and past both ends; the longest seen first."""
    candidates = join_candidates(footage, sweep(footage))
    for candidate in sorted(candidates, key=lambda c: (c.first - c.last, c.first, c.kind)):
        for direction in (-1, 1):
            go_on(footage, candidate, direction, BEYOND_SECONDS)
    return candidates


def part_candidates(
    footage: Footage,
    pts: Sequence[int],
    networks: tuple[int, float],
    border_pts: int | None,
    undecodable: Sequence[int],
) -> Candidates:
    """Follow, and put what was found into columns.

    Args:
        footage: Its frames, and behind them the first frame of what follows if ``border_pts`` is given.
        pts: Of its own frames.
        networks: How many looked, and pixels of the finest tensor per pixel of the upright frame.
        border_pts: Of that first frame.
        undecodable: Frames that did not decode.
    """
    own, (count, finest) = len(pts), networks
    frames = np.zeros(own, FRAME)
    frames["pts"], frames["looked"] = pts, footage.looked[:own]
    frames["scene_change"][1:] = np.diff(footage.scenes[:own]) > 0
    goes_on = border_pts is not None and own > 0 and footage.neighbour(own - 1, 1) is not None
    candidates, points, scores = _columns([c for c in follow_segment(footage) if c.first < own], pts, count)
    return Candidates(frames, candidates, points, scores, finest, border_pts if goes_on else None, tuple(undecodable))


def _columns(
    found: Sequence[Candidate], pts: Sequence[int], networks: int
) -> tuple[NDArray[np.void], NDArray[np.void], NDArray[np.float32]]:
    rows, points, scores = [], [], []
    for number, candidate in enumerate(found):
        last = min(candidate.last, len(pts) - 1)
        onward = candidate.points.get(len(pts))
        box = onward.box if onward else None
        sides = box.sides if box else (np.nan,) * 4
        rows.append((candidate.kind, candidate.sure, pts[candidate.first], pts[last], onward is not None, *sides))
        for frame in sorted(candidate.points):
            if frame < len(pts):
                point = candidate.points[frame]
                b, looked = point.box, point.scores is not None
                points.append((number, pts[frame], FOUND.index(point.found), looked, b.left, b.top, b.right, b.bottom))
                scores.append(point.scores or (0.0,) * networks)
    table = np.array(scores, np.float32).reshape(len(points), networks)
    return np.array(rows, CANDIDATE), np.array(points, POINT), table
