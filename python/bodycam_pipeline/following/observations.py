"""What all networks say about each place of one frame: boxes of one thing made into one observation."""

from collections.abc import Iterator, Sequence

import numpy as np

from bodycam_pipeline.following.footage import Observation
from bodycam_pipeline.following.steps import side
from bodycam_pipeline.values.detection import Detection
from bodycam_pipeline.values.evidence import Evidence
from bodycam_pipeline.values.geometry import iou

SAME = 0.35
"""Intersection over union from which on the boxes of two networks, or two scales, are of one thing."""


def observed(seen: Sequence[Detection], evidence: Evidence, networks: int, scale: float) -> list[Observation]:
    """One observation for each place at which something was seen, surest first.

    Args:
        seen: All boxes of one frame.
        evidence: What the networks' word is worth.
        networks: How many the job has.
        scale: Pixels of the finest tensor per pixel of the upright frame.
    """
    kinds = ([each for each in seen if each.kind == kind] for kind in sorted({each.kind for each in seen}))
    found = [o for of_kind in kinds for o in _of_kind(of_kind, evidence, networks, scale)]
    return sorted(found, key=lambda o: (-o.odds, o.kind, o.box))


def _of_kind(seen: Sequence[Detection], evidence: Evidence, networks: int, scale: float) -> Iterator[Observation]:
    if not seen:
        return
    odds = [_alone(each, evidence, networks, scale) for each in seen]
    order = sorted(range(len(seen)), key=lambda i: (-odds[i], seen[i].box, seen[i].network))
    boxes = np.array([each.box.sides for each in seen])
    overlap = iou(boxes[:, None], boxes)
    free = np.ones(len(seen), np.bool_)
    for i in order:
        if free[i]:
            near = free & (overlap[i] >= SAME)
            near[i] = True
            free &= ~near
            scores = [0.0] * networks
            for j in np.flatnonzero(near).tolist():
                scores[seen[j].network] = max(scores[seen[j].network], seen[j].score)
            value = evidence.of_look(seen[i].kind, scores, side(seen[i].box) * scale)
            yield Observation(seen[i].kind, seen[i].box, tuple(scores), value)


def _alone(seen: Detection, evidence: Evidence, networks: int, scale: float) -> float:
    """What one box would be worth if no other network said anything."""
    scores = [0.0] * networks
    scores[seen.network] = seen.score
    return evidence.of_look(seen.kind, scores, side(seen.box) * scale)
