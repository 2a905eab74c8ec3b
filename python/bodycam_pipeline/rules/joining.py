"""Which candidates of neighbouring segments are one thing: those that meet in the frame at the border."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bodycam_pipeline.values.candidates import Candidates, SegmentCandidates, box_of
from bodycam_pipeline.values.detection import Kind

MEETS = 0.3
"""Intersection over union from which on two boxes of one frame are of one thing."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One candidate of one part.

    Attributes:
        segment: The number of its segment.
        part: Where it was found.
        row: Its position among the part's candidates.
    """

    segment: int
    part: Candidates
    row: int

    @property
    def kind(self) -> Kind:
        """What it may be."""
        return str(self.part.candidates["kind"][self.row])

    @property
    def sure(self) -> bool:
        """Whether an observation was sure enough to begin it."""
        return bool(self.part.candidates["sure"][self.row])

    @property
    def points(self) -> slice:
        """Its rows among the part's points, which are sorted by candidate."""
        first, end = np.searchsorted(self.part.points["candidate"], [self.row, self.row + 1])
        return slice(int(first), int(end))


def tracklets(segments: Sequence[SegmentCandidates]) -> list[list[Piece]]:
    """Chains of candidates, each the pieces of one thing in order of time; no candidate is in two.

    What no observation of a chain was sure enough to begin is in none.

    Args:
        segments: In order; all of the recording's.
    """
    parts = [(segment.segment, part) for segment in segments for part in segment.parts]
    found: list[list[Piece]] = []
    open_tracklets: dict[int, list[Piece]] = {}
    for position, (number, part) in enumerate(parts):
        after = dict(_links(parts[position - 1][1], part)) if position else {}
        before, open_tracklets = open_tracklets, {}
        for row in range(len(part.candidates)):
            tracklet = before[after[row]] if row in after else []
            if not tracklet:
                found.append(tracklet)
            tracklet.append(Piece(number, part, row))
            open_tracklets[row] = tracklet
    return [tracklet for tracklet in found if any(piece.sure for piece in tracklet)]


def _links(before: Candidates, after: Candidates) -> Iterator[tuple[int, int]]:
    """A candidate of the later part and the one of the earlier part that it goes on from: sure ones first, then
    the best overlap.
    """
    if before.border_pts is None or not len(after.frames) or after.frames["pts"][0] != before.border_pts:
        return
    at_border = np.flatnonzero(after.points["pts"] == before.border_pts)
    pairs = []
    for a in np.flatnonzero(before.candidates["alive"]).tolist():
        box, kind = box_of(before.candidates[a]), before.candidates["kind"][a]
        for point in at_border.tolist():
            b = int(after.points["candidate"][point])
            overlap = box.iou(box_of(after.points[point]))
            if after.candidates["kind"][b] == kind and overlap >= MEETS:
                pairs.append((not after.candidates["sure"][b], -overlap, a, b))
    taken: tuple[set[int], set[int]] = set(), set()
    for _, _, a, b in sorted(pairs):
        if a not in taken[0] and b not in taken[1]:
            taken[0].add(a)
            taken[1].add(b)
            yield b, a
