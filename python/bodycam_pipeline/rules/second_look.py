"""What the second look saw in the finished file that the plan does not explain."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.rules.joining import tracklets
from bodycam_pipeline.rules.judging import Life, life_of
from bodycam_pipeline.values.candidates import SegmentCandidates, box_of
from bodycam_pipeline.values.evidence import Evidence
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.model import Model
from bodycam_pipeline.values.observed import Finding
from bodycam_pipeline.values.plan import Plan
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.values.recording import VideoFacts
from bodycam_pipeline.values.timeline import ReleaseClock

EXPLAINED_SHARE = 0.5
"""How much of a box has to lie in what the plan hides, keeps or dismisses: a face that half shows is not hidden."""

APART = 1.2
"""Two scales that differ by a smaller ratio show a network nearly the same frame; chosen, not measured."""

ENLARGED, MOST_ENLARGED = 4 / 3, 2.0
"""How many times an auditor enlarges a frame to see it at a scale of its own, and at most; chosen, not measured."""

ALARM = 0.0
"""The log-odds from which on what the auditors see stops a release: as likely a thing as not. Every alarm takes a
person's time; `python -m research.second_look` prints what is missed and what is cried wolf about."""


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
    auditor: Model, wanted: Sequence[int], detectors: Sequence[tuple[Model, Sequence[int]]], longest: int
) -> tuple[int, ...]:
    """At which scales an auditor looks at a recording: never as a detector does.

    A detector's scales end at the size of the recording, so that scales which differ in a policy can be one in a small
    recording. An auditor may see the frame enlarged, which no detector does: that is where it goes if it has a
    detector's weights and one of its scales comes near one of theirs.

    Args:
        auditor: Known by its weights, whatever it is called and in whatever form they are.
        wanted: Its long sides, in pixels, as the policy has them.
        detectors: The networks that decided, each with its long sides.
        longest: The longer side of the recording's frames, in pixels.
    """
    same = (sides for model, sides in detectors if auditor.weights == model.weights)
    taken = [min(side, longest) for sides in same for side in sides]
    sides = (min(side, floor(MOST_ENLARGED * longest)) for side in wanted)
    return tuple(sorted({side if _apart(side, taken) else ceil(ENLARGED * longest) for side in sides}))


def _apart(side: int, taken: Sequence[int]) -> bool:
    return all(max(side, other) >= APART * min(side, other) for other in taken)


def find_unexplained(released: Released, seen: Sequence[SegmentCandidates], evidence: Evidence) -> tuple[Finding, ...]:
    """The findings that a person has to look at, by time.

    What counts is the evidence over everything that the auditors saw of a thing outside of what the plan hides, what a
    person keeps visible, or has dismissed; a thing that is tiny or was seen in too few looks does not count.

    Args:
        released: What was promised.
        seen: What the auditors saw in the finished file, in its own clock; every segment in order.
        evidence: What their word is worth.
    """
    known = _Known(released.plan)
    looks = sum(len(part.looked_pts) for segment in seen for part in segment.parts)
    enough = min(released.policy.gate.least_looks, looks)
    lives = (life_of(tracklet, float(released.video.time_base)) for tracklet in tracklets(seen))
    kinds = released.policy.found_by_detectors
    findings = (_finding(released, known, life, enough, evidence) for life in lives if life.kind in kinds)
    return tuple(
        sorted(
            (finding for finding in findings if finding),
            key=lambda finding: (finding.first_pts, finding.kind, finding.box),
        )
    )


def _finding(released: Released, known: "_Known", life: Life, enough: int, evidence: Evidence) -> Finding | None:
    """A life as a finding; None where it is explained, tiny, or not worth a person's time."""
    at = [released.clock.to_recording(int(pts)) for pts in life.points["pts"]]
    boxes = [box_of(row) for row in life.points]
    counted = life.detected & life.points["looked"]
    explained = np.array(
        [
            not counts or known.share(pts, _coded(box, released.video)) >= EXPLAINED_SHARE
            for counts, pts, box in zip(counted, at, boxes, strict=True)
        ]
    )
    left = np.flatnonzero(counted & ~explained)
    hidden = counted & explained
    sides = [min(boxes[n].width, boxes[n].height) for n in left]
    if len(left) < max(1, enough) or max(sides) < released.policy.gate.smallest_px:
        return None
    if life.evidence(evidence, hidden) < ALARM:
        return None
    scores = life.scores.max(axis=1)
    best = max(left.tolist(), key=lambda n: (float(scores[n]), -n))
    first, last = at[int(left[0])], at[int(left[-1])]
    return Finding(at[best], life.kind, boxes[best], float(scores[best]), first, last, len(left))


def _coded(box: Box, video: VideoFacts) -> Box:
    return video.orientation.to_coded(box, video.width, video.height)


class _Known:
    """What in a plan explains a detection: regions hidden, kept tracks, dismissed findings, withheld time."""

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
