"""Whether a thing keeps one track, and a track one thing: switches, and IDF1."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from bodycam_pipeline.measuring.assignment import Weights, best_pairs
from bodycam_pipeline.measuring.hidden_boxes import Hidden, HiddenRegion
from bodycam_pipeline.measuring.meeting import meets
from bodycam_pipeline.measuring.true_boxes import Label, sides_of
from bodycam_pipeline.values.geometry import Rects, iou, snap_regions
from bodycam_pipeline.values.score import Score

SAME_IOU = 0.5
"""A region is on a thing where it and the thing's box share so much of their union."""

GRID_PX = 16
"""The coding grid on which the shipped policy's regions lie."""

_AS_BEFORE = 1000.0
"""Added to the overlap of a pair that was one in the frame before: TrackEval's CLEAR keeps pairs where it can."""


def identities(
    frames: Iterable[int], labels: Mapping[int, Sequence[Label]], hidden: Hidden, size: tuple[int, int]
) -> Score:
    """Score the numbers of tracks, as TrackEval's ``Identity`` (IDF1) and ``CLEAR`` (IDSW) do.

    A region is held against the box of a thing as it is, as it is padded, and as it is padded on the coding grid, and
    the best of them counts: a peer does not pad as we do, and the grid doubles a small region. As in TrackEval, what
    nobody asks for is left out before: a box that may be left and that no region is on, and a region that meets ignored
    things alone. Frames that are hidden whole say nothing of tracks.

    Args:
        frames: The labelled ones, in order.
        labels: What is labelled in each.
        hidden: What is hidden in each.
        size: Width and height of the coded frame, in pixels.
    """
    matches = _Matches()
    for frame in frames:
        regions, here = hidden.get(frame, []), labels.get(frame, [])
        tracked = [region for region in regions if region.track is not None]
        if len(tracked) == len(regions):
            matches.add(*_asked_for(here, tracked, size))
    return matches.score()


@dataclass
class _Matches:
    """Which track holds which thing, in how many frames."""

    things: Counter[int] = field(default_factory=Counter)
    tracks: Counter[int] = field(default_factory=Counter)
    together: Counter[tuple[int, int]] = field(default_factory=Counter)
    last: dict[int, int] = field(default_factory=dict)
    before: dict[int, int] = field(default_factory=dict)
    switches: int = 0

    def add(self, things: Sequence[int], tracks: Sequence[int], overlaps: Weights) -> None:
        """Count one frame, given the overlap of each thing with each track."""
        self.things.update(things)
        self.tracks.update(tracks)
        on = overlaps >= SAME_IOU
        self.together.update((things[row], tracks[column]) for row, column in np.argwhere(on))
        kept = [[self.before.get(thing) == track for track in tracks] for thing in things]
        weights = np.where(on, overlaps + _AS_BEFORE * np.array(kept).reshape(on.shape), 0.0)
        self.before = {things[row]: tracks[column] for row, column in best_pairs(weights)}
        self.switches += sum(self.last.get(thing, track) != track for thing, track in self.before.items())
        self.last |= self.before

    def score(self) -> Score:
        """Each thing with the one track that fits it best over all frames, so that the sum of the fits is greatest."""
        things, tracks = list(self.things), list(self.tracks)
        weights = np.array([[self.together[thing, track] for track in tracks] for thing in things], np.float64)
        weights = weights.reshape(len(things), len(tracks))
        identified = round(sum(weights[pair] for pair in best_pairs(weights)))
        return Score(
            switches=self.switches,
            identified=identified,
            unidentified=self.things.total() - identified,
            misidentified=self.tracks.total() - identified,
        )


def _asked_for(
    here: Sequence[Label], regions: Sequence[HiddenRegion], size: tuple[int, int]
) -> tuple[list[int], list[int], Weights]:
    """The things and tracks of one frame that count, and their overlaps (things, tracks)."""
    labels = [label for label in here if label.flag != "ignore"]
    counted = [region for region in regions if not _only_ignored(region, here)]
    tracks = list(dict.fromkeys(region.track for region in counted if region.track is not None))
    overlaps = _overlaps(_shapes(labels, size), counted, tracks)
    kept = [row for row, label in enumerate(labels) if label.flag == "must" or (overlaps[row] >= SAME_IOU).any()]
    return [labels[row].thing for row in kept], tracks, overlaps[kept]


def _shapes(labels: Sequence[Label], size: tuple[int, int]) -> list[Rects]:
    """The three rectangles (3, 4) that may be hidden for each label."""
    real, padded = ([sides_of(box) for box in boxes] for boxes in ([x.box for x in labels], [x.padded for x in labels]))
    three = (snap_regions(real, *size), snap_regions(padded, *size), snap_regions(padded, *size, GRID_PX))
    return list(np.stack(three, axis=1))


def _overlaps(shapes: Sequence[Rects], regions: Sequence[HiddenRegion], tracks: Sequence[int]) -> Weights:
    """The overlap of each thing with each track, by that of its regions, and by that of its shapes, which fit best."""
    found = np.zeros((len(shapes), len(tracks)))
    sides = np.array([region.sides for region in regions], np.float64).reshape(-1, 4)
    for row, shape in enumerate(shapes):
        best = iou(shape[:, None], sides).max(axis=0)
        for column, track in enumerate(tracks):
            found[row, column] = best[[region.track == track for region in regions]].max()
    return found


def _only_ignored(region: HiddenRegion, here: Sequence[Label]) -> bool:
    return {label.flag == "ignore" for label in here if meets(region, label)} == {True}
