"""What an attacker writes who knows the formats."""

from dataclasses import replace

import numpy as np

from bodycam_pipeline.values.candidates import CANDIDATE, FOUND, POINT, Candidates, SegmentCandidates

EVERYWHERE = (0, 0, 200, 160)


def with_a_wall(seen: SegmentCandidates) -> SegmentCandidates:
    """The same segment, with a face in every frame that no network saw."""
    return replace(seen, parts=tuple(_walled(part) for part in seen.parts))


def _walled(part: Candidates) -> Candidates:
    pts = part.frames["pts"]
    face = np.array([("face", True, pts[0], pts[-1], False, *EVERYWHERE)], CANDIDATE)
    points = np.array([(0, at, FOUND.index("detected"), True, *EVERYWHERE) for at in pts], POINT)
    scores = np.full((len(pts), part.scores.shape[1]), 0.99, np.float32)
    return replace(part, candidates=face, points=points, scores=scores)
