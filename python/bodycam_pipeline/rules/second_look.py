"""What the second look saw in the finished file that the plan does not explain."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.values.detection import Detection, Look
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.model import Model
from bodycam_pipeline.values.observed import Spot
from bodycam_pipeline.values.plan import Plan
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.values.recording import VideoFacts
from bodycam_pipeline.values.timeline import ReleaseClock

EXPLAINED_SHARE = 0.5
"""How much of a box has to lie in what the plan hides, keeps or dismisses: a face that half shows is not hidden."""

APART = 1.2
"""Two scales that differ by a smaller ratio show a network nearly the same picture; chosen, not measured."""

ENLARGED, MOST_ENLARGED = 4 / 3, 2.0
"""How many times an auditor enlarges a picture to see it at a scale of its own, and at most; chosen, not measured."""

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


def auditor_scales(
    auditor: Model, wanted: Sequence[int], painters: Sequence[Model], painted: Sequence[int], longest: int
) -> tuple[int, ...]:
    """At which scales an auditor looks at a recording: never as a painter does.

    A painter's scales end at the size of the recording, so that scales which differ in a policy can be one in a small
    recording. An auditor may see the picture enlarged, which no painter does: that is where it goes if it has a
    painter's weights and one of its scales comes near one of theirs.

    Args:
        auditor: Known by its weights, whatever it is called and in whatever form they are.
        wanted: Its long sides, in pixels, as the policy has them.
        painters: The networks that decided.
        painted: Their long sides.
        longest: The longer side of the recording's picture, in pixels.
    """
    same = any(auditor.weights == model.weights for model in painters)
    taken = [min(side, longest) for side in painted] if same else []
    sides = (min(side, floor(MOST_ENLARGED * longest)) for side in wanted)
    return tuple(sorted({side if _apart(side, taken) else ceil(ENLARGED * longest) for side in sides}))


def _apart(side: int, taken: Sequence[int]) -> bool:
    return all(max(side, other) >= APART * min(side, other) for other in taken)


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
    """Detections of one kind that follow each other in one place; ``found`` ascends in pts."""
    chains: list[list[Detection]] = []
    recent: list[list[Detection]] = []
    for d in found:
        recent = [chain for chain in recent if d.pts - chain[-1].pts <= within]
        last = next((chain for chain in reversed(recent) if _follows(d, chain[-1])), None)
        if last is None:
            chains.append([d])
            recent.append(chains[-1])
        else:
            last.append(d)
    return chains


def _follows(d: Detection, before: Detection) -> bool:
    return d.pts > before.pts and d.kind == before.kind and d.box.intersection(before.box) > 0


def _spot(chain: Sequence[Detection]) -> Spot:
    best = max(chain, key=lambda d: d.score)
    return Spot(best.pts, best.kind, best.box, best.score, chain[0].pts, chain[-1].pts, len(chain))
