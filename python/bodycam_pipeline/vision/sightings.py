"""What one network makes of one picture, and what it is trusted with."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.values.detection import KINDS, Kind
from bodycam_pipeline.values.model import Model, Provider, Thresholds
from bodycam_pipeline.vision.details import Boxes, Detail, part
from bodycam_pipeline.vision.session import Tensor, open_network

HARDLY_EVER = 1.0
"""The highest threshold there is, for what the model is not trusted with: what still passes is dropped."""

EXPLAINED = 0.4
"""Intersection over union from which on a suspicion is what somebody already sees surely."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One row of a head's output.

    Attributes:
        row: Left, top, right, bottom in pixels of the upright picture, rank, position among the kinds.
        kind, score: As the model has them.
        confident: Whether a track may begin with it.
        counts: Whether it is as sure as the model has to be; else it is a suspicion and nothing more.
        model: Whose.
    """

    row: NDArray[np.float32]
    kind: Kind
    score: float
    confident: bool
    counts: bool
    model: str


class Trusted:
    """A network and what it is trusted with."""

    def __init__(self, model: Model, provider: Provider, intervals: Sequence[int], suspect: float) -> None:
        """Open it.

        Args:
            model: Which.
            provider: What computes it.
            intervals: In how many frames it looks once, for each of the tensors.
            suspect: The score from which on it suspects something, if it looks at every frame.

        Raises:
            ModelError: it cannot be loaded.
        """
        self.name, self.intervals = model.name, tuple(intervals)
        self._network = open_network(model, provider)
        self._classes = model.classes
        self._thresholds = model.kinds
        self.kinds = frozenset(model.kinds)
        lowest = suspect if 1 in intervals else HARDLY_EVER
        floors = (model.kinds[kind].floor if kind in model.kinds else None for kind in self._classes)
        self._floors = [HARDLY_EVER if floor is None else min(floor, lowest) for floor in floors]

    def sightings(self, tensor: Tensor, scale: float, detail: Detail | None = None) -> Iterator[Sighting]:
        """Everything that counts or is suspected in one picture, or in a detail of it."""
        left, top = (detail.left, detail.top) if detail else (0, 0)
        for row in self._network.boxes(part(tensor, detail), self._floors)[0]:
            kind, score = self._classes[int(row[5])], float(row[4])
            limits = self._thresholds.get(kind) if kind else None
            if kind and limits:
                box = (row[:4] + np.array([left, top, left, top], np.float32)) / scale
                shared = np.array((*box, rank(score, limits), KINDS.index(kind)), dtype=np.float32)
                yield Sighting(shared, kind, score, score >= limits.start, score >= limits.floor, self.name)


def unexplained(suspected: Sequence[Sighting], seen: Sequence[Sighting]) -> list[Sighting]:
    """Those suspicions that are not what somebody sees surely."""
    sure = [sighting for sighting in seen if sighting.confident]
    if not sure or not suspected:
        return list(suspected)
    overlap = _iou(_rows(suspected), _rows(sure))
    same = np.array([[one.kind == other.kind for other in sure] for one in suspected])
    explained = ((overlap >= EXPLAINED) & same).any(axis=1)
    return [sighting for sighting, known in zip(suspected, explained, strict=True) if not known]


def _rows(sightings: Sequence[Sighting]) -> Boxes:
    return np.stack([sighting.row[:4] for sighting in sightings])


def _iou(some: Boxes, others: Boxes) -> Boxes:
    """Intersection over union of each of some boxes (n, 4) with each of others (m, 4): (n, m)."""
    low = np.maximum(some[:, None, :2], others[None, :, :2])
    high = np.minimum(some[:, None, 2:], others[None, :, 2:])
    both = np.prod(np.maximum(high - low, 0), axis=2)
    areas = [np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) for boxes in (some, others)]
    overlap: Boxes = both / np.maximum(areas[0][:, None] + areas[1][None] - both, np.float32(1e-6))
    return overlap


def rank(score: float, thresholds: Thresholds) -> float:
    """The score on a scale that all models share, on which 0.5 is the start threshold.

    Scores of two models say nothing about each other: without this, a box that only continues a track for one model
    could take the place of one that begins a track for another.
    """
    if score < thresholds.start:
        return 0.5 * score / thresholds.start
    return 0.5 + 0.5 * (score - thresholds.start) / max(1.0 - thresholds.start, 1e-6)
