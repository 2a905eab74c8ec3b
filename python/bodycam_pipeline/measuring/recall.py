"""How well a detector finds what is labelled in pictures: recall and precision at equal false positives per picture.

A score of one detector says nothing about another's: detectors are compared where each gives the same number of false
positives per picture, which is what a person who reviews a release has to wade through.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.values.geometry import iou

Rows = NDArray[np.float32]

HIT_IOU = 0.5
"""Least overlap of a hit, as PASCAL VOC has it (Everingham et al. 2010)."""

SMALLEST_PX = 8.0
"""Lower objects do not count, neither as missed nor as wrong: people label them as they please."""

HEIGHT_BINS: tuple[tuple[float, float], ...] = ((8, 16), (16, 32), (32, 64), (64, float("inf")))
"""Heights of the labelled boxes, half-open, in pixels of the picture as the detector sees it."""


@dataclass(frozen=True, slots=True)
class Recall:
    """Objects of one range of heights.

    Attributes:
        objects: How many are labelled.
        found: How many of them were found.
    """

    objects: int
    found: int

    @property
    def share(self) -> float:
        """Found of labelled, 0..1; NaN where nothing is labelled."""
        return self.found / self.objects if self.objects else float("nan")


@dataclass(frozen=True, slots=True)
class AtRate:
    """A detector held to a number of false positives per picture.

    Attributes:
        false_per_picture: The number allowed.
        threshold: Scores above it count.
        recall: Over all heights from `SMALLEST_PX` on.
        by_height: One per entry of `HEIGHT_BINS`.
        precision: Found of all boxes that count, 0..1; NaN where there are none.
    """

    false_per_picture: float
    threshold: float
    recall: Recall
    by_height: tuple[Recall, ...]
    precision: float


@dataclass(slots=True)
class Tally:
    """What one detector did on the pictures of a set, one kind."""

    pictures: int = 0
    false_scores: list[float] = field(default_factory=list)
    found_scores: list[float] = field(default_factory=list)
    heights: list[float] = field(default_factory=list)

    def add(self, boxes: Rows, truth: Rows) -> None:
        """Count one picture.

        A second box on a found object is no false positive, and neither is one on an object too low to count.

        Args:
            boxes: (n, >= 5): left, top, right, bottom, score.
            truth: (m, 4): the labelled boxes, in the same pixels.
        """
        found, false = match(boxes, truth)
        self.pictures += 1
        self.false_scores += false
        self.found_scores += found.tolist()
        self.heights += (truth[:, 3] - truth[:, 1]).tolist()

    def at(self, false_per_picture: float) -> AtRate:
        """The detector held to this many false positives per picture."""
        threshold = self.threshold(false_per_picture)
        counted = sum(score > threshold for score in self.false_scores)
        recall = self.recall(threshold)
        kept = recall.found + counted
        bins = tuple(self.recall(threshold, *limits) for limits in HEIGHT_BINS)
        return AtRate(false_per_picture, threshold, recall, bins, recall.found / kept if kept else float("nan"))

    def threshold(self, false_per_picture: float) -> float:
        """The score that exactly so many false positives exceed; 0 where there are no more than that."""
        scores, allowed = sorted(self.false_scores, reverse=True), int(false_per_picture * self.pictures)
        return scores[allowed] if len(scores) > allowed else 0.0

    def recall(self, threshold: float, low: float = SMALLEST_PX, high: float = float("inf")) -> Recall:
        """Recall of the objects whose height is in ``low..high``, half-open."""
        heights, scores = np.array(self.heights), np.array(self.found_scores)
        counted = (heights >= low) & (heights < high)
        return Recall(int(counted.sum()), int((scores[counted] > threshold).sum()))

    def curve(self) -> list[tuple[float, float]]:
        """(False positives per picture, recall), from the surest box on, one point per false positive and the end."""
        heights, scores = np.array(self.heights), np.array(self.found_scores)
        counted = np.sort(scores[heights >= SMALLEST_PX])
        steps = [*sorted(self.false_scores, reverse=True), 0.0]
        above = counted.size - np.searchsorted(counted, steps, side="right")
        return [(n / max(self.pictures, 1), float(a) / max(counted.size, 1)) for n, a in enumerate(above)]


def match(boxes: Rows, truth: Rows) -> tuple[NDArray[np.float64], list[float]]:
    """Pair boxes with objects, the surest box first, each object once.

    Returns:
        Per object the score it was found with, 0 where it was not; the scores of boxes that hit no object.
    """
    best, false = np.zeros(len(truth)), []
    for row in boxes[np.argsort(-boxes[:, 4], kind="stable")]:
        overlap = iou(row[:4], truth)
        hits = np.flatnonzero(overlap >= HIT_IOU)
        free = hits[best[hits] == 0]
        if free.size:
            best[free[overlap[free].argmax()]] = row[4]
        elif not hits.size:
            false.append(float(row[4]))
    return best, false
