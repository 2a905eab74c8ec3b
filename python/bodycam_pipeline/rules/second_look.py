"""What the second look saw in the finished file that the plan does not explain."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.values.detection import Detection, Look
from bodycam_pipeline.values.errors import PolicyError
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.model import Model
from bodycam_pipeline.values.observed import Spot
from bodycam_pipeline.values.plan import Plan
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.values.recording import VideoFacts
from bodycam_pipeline.values.timeline import ReleaseClock

EXPLAINED_SHARE = 0.5
"""How much of a box has to lie in what the plan hides, keeps or dismisses: a face that half shows is not hidden."""

SAME_THING_SECONDS = Fraction(1, 2)
"""Looks that far apart may be of one thing: auditors miss frames too."""


@dataclass(frozen=True)
class Released:
    """A finished file's promise, as far as the second look needs it.

    Attributes:
        plan, policy: What was hidden, and how.
        video: Of the finished file.
        clock: How its time maps to the recording's.
    """

    plan: Plan
    policy: Policy
    video: VideoFacts
    clock: ReleaseClock


def refuse_same_eyes(painters: Sequence[Model], auditors: Sequence[Model], policy: Policy) -> None:
    """Refuse an auditor that sees what a painter saw: the same weights at no other scale, whatever it is called.

    Raises:
        PolicyError: which.
    """
    painted = {model.sha256 for model in painters}
    for model, rule in zip(auditors, policy.gate.auditors, strict=True):
        if model.sha256 in painted and set(rule.long_sides_px) <= set(policy.detection.long_sides_px):
            raise PolicyError(
                f"gate: the auditor '{model.name}' looks exactly as a painter does",
                remedy="Name another model in gate.auditors, or other scales in its long_sides_px.",
            )


def unexplained(released: Released, looks: Sequence[Look]) -> tuple[Spot, ...]:
    """The spots that a person has to look at, by time.

    A thing counts that was seen in enough looks, at least once as surely as its auditor begins a track with, is not
    tiny, and lies mostly outside of everything that the plan hides, that a person keeps visible, or has dismissed.

    Args:
        released: What was promised.
        looks: At the finished file, in its own clock, ascending.
    """
    rule, known = released.policy.gate, _Known(released.plan)
    found = [
        replace(d, pts=at)
        for look in looks
        for at in [released.clock.to_recording(look.pts)]
        for d in look.detections
        if d.kind in released.policy.hide
        and min(d.box.width, d.box.height) >= rule.smallest_px
        and known.share(at, _coded(d.box, released.video)) < EXPLAINED_SHARE
    ]
    enough = min(rule.least_looks, len(looks))
    chains = _chains(found, SAME_THING_SECONDS / released.plan.time_base * max(1, rule.stride))
    return tuple(_spot(chain) for chain in chains if len(chain) >= enough and any(d.confident for d in chain))


def _coded(box: Box, video: VideoFacts) -> Box:
    return video.orientation.to_coded(box, video.width, video.height)


class _Known:
    """Everything in a plan that explains a detection: regions hidden, kept tracks, dismissed spots, withheld time."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        sides = ("pts", "left", "top", "right", "bottom")
        hidden = np.stack([plan.regions[name].to_numpy().astype(np.int64) for name in sides], axis=1)
        kept = np.array([place for k in plan.kept for place in k.places], np.int64).reshape(-1, 5)
        rows = np.concatenate([hidden, kept])
        self._rows: NDArray[np.int64] = rows[np.argsort(rows[:, 0], kind="stable")]

    def share(self, pts: int, box: Box) -> float:
        """How much of a box of the coded frame is explained, 0..1."""
        if self._plan.is_withheld(pts):
            return 1.0
        left, top = floor(box.left), floor(box.top)
        inside = np.zeros((max(1, ceil(box.bottom) - top), max(1, ceil(box.right) - left)), np.bool_)
        for x0, y0, x1, y1 in self._at(pts):
            inside[max(0, y0 - top) : max(0, y1 - top), max(0, x0 - left) : max(0, x1 - left)] = True
        return float(inside.mean())

    def _at(self, pts: int) -> Iterator[tuple[int, int, int, int]]:
        first, end = np.searchsorted(self._rows[:, 0], [pts, pts + 1])
        yield from (tuple(row[1:].tolist()) for row in self._rows[first:end])
        for d in self._plan.dismissed:
            if pts in d.span:
                yield d.region.left, d.region.top, d.region.right, d.region.bottom


def _chains(found: Iterable[Detection], within: Fraction) -> list[list[Detection]]:
    """Detections of one kind that follow each other in one place."""
    chains: list[list[Detection]] = []
    for d in found:
        last = next((c for c in reversed(chains) if _follows(d, c[-1], within)), None)
        if last is None:
            chains.append([d])
        else:
            last.append(d)
    return chains


def _follows(d: Detection, before: Detection, within: Fraction) -> bool:
    near = 0 < d.pts - before.pts <= within
    return near and d.kind == before.kind and d.box.intersection(before.box) > 0


def _spot(chain: Sequence[Detection]) -> Spot:
    best = max(chain, key=lambda d: d.score)
    return Spot(best.pts, best.kind, best.box, best.score, chain[0].pts, chain[-1].pts, len(chain))
