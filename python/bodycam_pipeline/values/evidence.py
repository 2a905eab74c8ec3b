"""How much what networks say about a place is worth: the odds that a thing is there, from measured weights.

Two logistic regressions a kind, one for a single look, one for a track over its life. A track's looks are not counted
one by one: a lamp that one network takes for a face is taken for one a hundred times. What counts is how sure each
network was at its best, how sure on average (silence counts as 0), and how far the networks agree. A look counts by the
time to the next one, so that looking less often while nothing is seen makes nobody surer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import log, log1p, sqrt

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.values.detection import Kind
from bodycam_pipeline.values.model import Thresholds

Floats = NDArray[np.float64]

Scores = NDArray[np.float64]
"""(looks, networks): the best score of each network in each look, 0 where it was silent."""

BEST_SHARE = 0.2
"""Share of the time of a track's looks that its best ones stand for; at least one look."""

MIDDLE_PX = 32.0
"""A box of this side, in pixels of the finest tensor, counts as neither small nor large."""

SMALLEST_PX = 4.0

ROUNDING = 1e-9
"""Sums of times are not exact: without this, a look more or less would be among the best."""

LOOKS_PER_SECOND = 4.0
"""Witnesses that a second of looking is worth, before the logarithm is taken."""

LOWEST, HIGHEST = -12.0, 12.0
"""Evidence beyond is not told apart: e to the twelfth is one in 160,000."""


def look_features(scores: Sequence[float], side_px: float) -> list[float]:
    """What the odds of one look are computed from.

    Args:
        scores: Of each network that knows the kind, 0..1; 0 where it is silent.
        side_px: The geometric mean of the box's sides, in pixels of the finest tensor.
    """
    size = _size(side_px)
    return [1.0, *scores, *_agreement(scores), size, *(score * size for score in scores)]


def track_features(scores: Scores, stands_for: Floats, side_px: float, seconds: float) -> list[float]:
    """What the odds of a track are computed from.

    Args:
        scores: Of the networks that know the kind, in every look from the first observation to the last.
        stands_for: How much time each look stands for, in any unit.
        side_px: The median side of what was seen, as in `look_features`.
        seconds: From the first observation to the last.
    """
    size, columns = _size(side_px), list(scores.T)
    tops = [_best(column, stands_for) for column in columns]
    means = [float(np.average(column, weights=stands_for)) for column in columns]
    agreed = np.array([_agreement(row) for row in scores.tolist()])
    both = [np.average(agreed[:, 0], weights=stands_for), _best(agreed[:, 0], stands_for)] if agreed.size else []
    return [1.0, *tops, *means, *both, size, *(mean * size for mean in means), log1p(LOOKS_PER_SECOND * seconds)]


def _best(scores: Floats, stands_for: Floats) -> float:
    """The mean of the best scores."""
    order = np.argsort(-scores, kind="stable")
    before = np.cumsum(stands_for[order]) - stands_for[order]
    best = order[before < BEST_SHARE * stands_for.sum() * (1 - ROUNDING)]
    return float(np.average(scores[best], weights=stands_for[best]))


def _size(side_px: float) -> float:
    return log(max(side_px, SMALLEST_PX) / MIDDLE_PX)


def _agreement(scores: Sequence[float]) -> list[float]:
    """The geometric mean of the two surest networks; nothing where there is one alone."""
    if len(scores) < 2:
        return []
    second, first = sorted(scores)[-2:]
    return [sqrt(first * second)]


@dataclass(frozen=True, slots=True)
class KindWeights:
    """The weights of one kind, one for each feature.

    Attributes:
        look: Of `look_features`.
        track: Of `track_features`.
    """

    look: tuple[float, ...]
    track: tuple[float, ...]


@dataclass(frozen=True)
class Evidence:
    """What the word of a job's networks is worth.

    Attributes:
        knows: For each kind, the positions of the networks that know it.
        weights: Of each kind that was calibrated for these networks together.
        thresholds: For each kind, what each of those networks is trusted with; they decide where there are no weights.
        sha256: Of the table's file; None where there is no table for these networks.
    """

    knows: Mapping[Kind, tuple[int, ...]]
    weights: Mapping[Kind, KindWeights] = field(default_factory=dict)
    thresholds: Mapping[Kind, tuple[Thresholds, ...]] = field(default_factory=dict)
    sha256: str | None = None

    def of_look(self, kind: Kind, scores: Sequence[float], side_px: float) -> float:
        """The log-odds that a thing is where one look found one.

        Args:
            kind: What it may be.
            scores: Of every network of the job, in their order.
            side_px: As for `look_features`.
        """
        known = [scores[position] for position in self.knows[kind]]
        if kind not in self.weights:
            return self._by_scores(kind, known)
        return _limited(self.weights[kind].look, look_features(known, side_px))

    def of_track(self, kind: Kind, scores: Scores, stands_for: Floats, side_px: float, seconds: float) -> float:
        """The log-odds that a track is a thing.

        Args:
            kind: What it may be.
            scores: Of every network of the job, in every look of its life.
            stands_for: As for `track_features`.
            side_px: The median side of what was seen, in pixels of the finest tensor.
            seconds: How long it lived.
        """
        known = scores[:, list(self.knows[kind])]
        if kind not in self.weights:
            return self._by_scores(kind, known.max(axis=0).tolist())
        return _limited(self.weights[kind].track, track_features(known, stands_for, side_px, seconds))

    def _by_scores(self, kind: Kind, scores: Sequence[float]) -> float:
        """Without a table a network's own thresholds decide, and nothing lies between."""
        limits = self.thresholds[kind]
        if any(score >= limit.high for score, limit in zip(scores, limits, strict=True)):
            return HIGHEST
        below = all(score < limit.low for score, limit in zip(scores, limits, strict=True))
        return LOWEST if below else 0.0


def _limited(weights: Sequence[float], features: Sequence[float]) -> float:
    total = sum(weight * feature for weight, feature in zip(weights, features, strict=True))
    return min(max(total, LOWEST), HIGHEST)
