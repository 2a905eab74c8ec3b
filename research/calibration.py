"""Evidence tables from clips with complete truth: two logistic regressions a kind, fitted to what networks said."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.following.segment import part_candidates
from bodycam_pipeline.following.steps import side
from bodycam_pipeline.rules.joining import tracklets
from bodycam_pipeline.rules.judging import Life, life_of
from bodycam_pipeline.values.candidates import Candidates, SegmentCandidates, box_of
from bodycam_pipeline.values.detection import Kind
from bodycam_pipeline.values.evidence import Evidence, KindWeights, look_features, track_features
from bodycam_pipeline.values.geometry import Box
from research.footage import Labelled, Looked

Floats = NDArray[np.float64]

SHRINK = 0.005
"""Weight of the squared weights: features are brought to one scale first, and none may decide alone on few clips."""

MOST_LOOKS = 8
"""A thing counts as so many looks at most, or long takes would decide."""

SAME = 0.35
"""Intersection over union from which on an observation is of a labelled thing."""

TOUCHES = 0.02
"""Intersection over union from which on one touches it."""


@dataclass(frozen=True)
class Sample:
    """One look, or one track, of which it is known what it is.

    Attributes:
        clip: Where it was seen.
        kind: What it may be.
        features: What its odds are computed from.
        true: Whether it is a thing that must be hidden; else nobody is there.
        weight: How much it counts.
    """

    clip: str
    kind: Kind
    features: tuple[float, ...]
    true: bool
    weight: float


def fitted(samples: Sequence[Sample]) -> tuple[float, ...]:
    """The weights of a logistic regression; both classes weigh the same, so that odds are likelihood ratios.

    Newton's method on the penalised likelihood (Hastie, Tibshirani, Friedman: The Elements of Statistical Learning,
    4.4.1), features brought to mean 0 and deviation 1 first.
    """
    x = np.array([s.features for s in samples])
    y, w = np.array([s.true for s in samples], float), np.array([s.weight for s in samples])
    w = np.where(y > 0, w / max(w[y > 0].sum(), 1e-9), w / max(w[y == 0].sum(), 1e-9)) / 2
    mean, deviation = x.mean(axis=0), x.std(axis=0) + 1e-9
    mean[0], deviation[0] = 0.0, 1.0
    z, b = (x - mean) / deviation, np.zeros(x.shape[1])
    penalty = np.diag([0.0, *[2 * SHRINK] * (x.shape[1] - 1)])
    for _ in range(100):
        p = 1 / (1 + np.exp(-np.clip(z @ b, -30, 30)))
        slope = z.T @ (w * (p - y)) + penalty @ b
        step = np.linalg.solve((z.T * (w * p * (1 - p))) @ z + penalty + 1e-9 * np.eye(len(b)), slope)
        b -= step * min(1.0, 2.0 / max(np.abs(step).max(), 1e-9))
        if np.abs(step).max() < 1e-9:
            break
    weights = b / deviation
    weights[0] = b[0] - float((b * mean / deviation)[1:].sum())
    return tuple(float(value) for value in weights)


def look_samples(looked: Looked, plain: Evidence, networks: int) -> list[Sample]:
    """Every observation that is of a thing, or that touches nothing."""
    found: list[tuple[Kind, tuple[float, ...], int | None]] = []
    for frame, seen in enumerate(looked.observations(plain, networks)):
        here = looked.truth.get(frame, [])
        for o in seen or []:
            thing = _thing(o.box, o.kind, here)
            if thing is not None and looked.teaches(o.kind, thing >= 0):
                known = [o.scores[n] for n in plain.knows[o.kind]]
                features = tuple(look_features(known, side(o.box) * looked.finest))
                found.append((o.kind, features, thing if thing >= 0 else None))
    counts: dict[tuple[Kind, int | None], int] = {}
    for kind, _, thing in found:
        counts[kind, thing] = counts.get((kind, thing), 0) + 1
    return [
        Sample(
            looked.name, kind, f, thing is not None, 1.0 if thing is None else min(1, MOST_LOOKS / counts[kind, thing])
        )
        for kind, f, thing in found
    ]


def _thing(box: Box, kind: Kind, here: Sequence[Labelled]) -> int | None:
    """The thing that must be hidden and is seen here; -1 where nothing is; None where that cannot be said."""
    overlaps = [(box.iou(each.box), each) for each in here]
    if not overlaps or max(o for o, _ in overlaps) < TOUCHES:
        return -1
    best, each = max(overlaps, key=lambda pair: pair[0])
    return each.thing if best >= SAME and each.flag == "must" and each.kind == kind else None


def candidates_of(looked: Looked, evidence: Evidence, networks: int) -> Candidates:
    """What the product would follow through this clip; the clip as one stretch."""
    footage = looked.footage(evidence, networks)
    shown = looked.recording.packets.shown_pts().tolist()
    return part_candidates(footage, shown, (networks, looked.finest), None, ())


def lives(looked: Looked, found: Candidates) -> Iterator[Life]:
    """Its candidates, each over its life."""
    for tracklet in tracklets([SegmentCandidates(0, (found,))]):
        yield life_of(tracklet, float(looked.recording.video.time_base))


def track_samples(looked: Looked, found: Candidates, plain: Evidence) -> list[Sample]:
    """Every candidate that is a thing, or that touches nobody."""
    samples = []
    for life in lives(looked, found):
        true = _is_thing(looked, life)
        if true is not None and looked.teaches(life.kind, true):
            samples.append(Sample(looked.name, life.kind, features_of(life, plain), true, 1.0))
    return samples


def features_of(life: Life, plain: Evidence) -> tuple[float, ...]:
    """The features of a candidate, as `Life.evidence` would hand them on."""
    catcher = _Catcher(plain.knows)
    life.evidence(catcher)
    return catcher.caught


class _Catcher(Evidence):
    """Evidence that keeps what it is asked about."""

    caught: tuple[float, ...] = ()

    def of_track(self, kind: Kind, scores: Floats, stands_for: Floats, side_px: float, seconds: float) -> float:
        """Keep the features."""
        known = scores[:, list(self.knows[kind])]
        object.__setattr__(self, "caught", tuple(track_features(known, stands_for, side_px, seconds)))
        return 0.0


def _is_thing(looked: Looked, life: Life) -> bool | None:
    """True if most of its detections are of a thing that must be hidden, False if they touch nobody, else None."""
    number = {int(pts): frame for frame, pts in enumerate(looked.recording.packets.shown_pts())}
    detections = life.points[life.detected]
    things = [_thing(box_of(p), life.kind, looked.truth.get(number[int(p["pts"])], [])) for p in detections]
    right = sum(thing is not None and thing >= 0 for thing in things)
    if right >= 0.5 * len(things):
        return True
    return False if all(thing == -1 for thing in things) or _mostly(things) else None


def _mostly(things: Sequence[int | None]) -> bool:
    """Whether hardly any detection touches somebody."""
    return sum(thing != -1 for thing in things) <= 0.2 * len(things)


def table(samples: Mapping[str, Sequence[Sample]], but: str | None = None) -> dict[Kind, tuple[float, ...]]:
    """The weights of each kind, from the samples of all clips but one."""
    kept = [s for clip, of_clip in samples.items() if clip != but for s in of_clip]
    of_kinds = {kind: [s for s in kept if s.kind == kind] for kind in sorted({s.kind for s in kept})}
    return {kind: fitted(of) for kind, of in of_kinds.items() if len({s.true for s in of}) == 2}


def evidence_from(
    knows: Mapping[Kind, tuple[int, ...]],
    looks: Mapping[Kind, tuple[float, ...]],
    tracks: Mapping[Kind, tuple[float, ...]] | None = None,
) -> Evidence:
    """Weights as evidence; without those of tracks, for following alone."""
    return Evidence(knows, {kind: KindWeights(w, (tracks or looks)[kind]) for kind, w in looks.items()})
