"""How much of what is really there a plan hides."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.values.detection import Kind
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.plan import Plan

ENOUGH = 0.9
"""Share of a true box that has to be hidden: people draw boxes that differ by that much."""


@dataclass(frozen=True, slots=True)
class TrueBox:
    """Where something really is.

    Attributes:
        pts: The frame.
        kind: What it is.
        thing: Which of the things of the recording, so that its frames can be told from another's.
        box: In pixels of the coded frame, not past its edges.
    """

    pts: int
    kind: Kind
    thing: int
    box: Box


@dataclass(frozen=True, slots=True)
class ThingCoverage:
    """One thing over the recording.

    Attributes:
        thing, kind: As in `TrueBox`.
        boxes: In how many frames it is there.
        visible_pts: Where less than `ENOUGH` of it is hidden, ascending.
        longest_visible_run: The most of those frames in a row.
        flickers: How many of them lie between two frames that hide it.
    """

    thing: int
    kind: Kind
    boxes: int
    visible_pts: tuple[int, ...]
    longest_visible_run: int
    flickers: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """Every thing of the recording."""

    things: tuple[ThingCoverage, ...]

    @property
    def boxes(self) -> int:
        """How many true boxes there are."""
        return sum(thing.boxes for thing in self.things)

    @property
    def share_hidden(self) -> float:
        """Share of true boxes that are hidden; 1 where there are none."""
        visible = sum(len(thing.visible_pts) for thing in self.things)
        return 1 - visible / self.boxes if self.boxes else 1.0


def measure(plan: Plan, truth: Iterable[TrueBox], *, enough: float = ENOUGH) -> Coverage:
    """Score a plan against what is really there.

    A region of any kind hides what is under it; a withheld frame hides everything.
    """
    pts = plan.regions["pts"].to_numpy()
    sides = np.stack([plan.regions[side].to_numpy() for side in ("left", "top", "right", "bottom")], axis=1)

    def is_hidden(true: TrueBox) -> bool:
        first, end = np.searchsorted(pts, [true.pts, true.pts + 1])
        return plan.is_withheld(true.pts) or hidden_share(true.box, sides[first:end]) >= enough

    ordered = sorted(truth, key=lambda t: (t.thing, t.kind, t.pts))
    return Coverage(
        tuple(
            _thing([(true, is_hidden(true)) for true in boxes])
            for _, boxes in groupby(ordered, key=lambda t: (t.thing, t.kind))
        )
    )


def hidden_share(box: Box, regions: NDArray[np.int32]) -> float:
    """Share of a box's area under the union of regions (n, 4); exact, however they overlap."""
    if box.area == 0:
        return 1.0
    low = np.maximum(regions[:, :2], [box.left, box.top])
    high = np.minimum(regions[:, 2:], [box.right, box.bottom])
    inside = (low < high).all(axis=1)
    low, high = low[inside], high[inside]
    xs, ys = (np.unique(np.concatenate([low[:, axis], high[:, axis]])) for axis in (0, 1))
    covered = np.zeros((max(len(ys) - 1, 0), max(len(xs) - 1, 0)), dtype=bool)
    for (left, top), (right, bottom) in zip(low, high, strict=True):
        rows = slice(*np.searchsorted(ys, [top, bottom]))
        covered[rows, slice(*np.searchsorted(xs, [left, right]))] = True
    return float(np.diff(ys) @ covered @ np.diff(xs)) / box.area


def _thing(frames: Sequence[tuple[TrueBox, bool]]) -> ThingCoverage:
    visible = [true.pts for true, hidden in frames if not hidden]
    hidden_at = [position for position, (_, hidden) in enumerate(frames) if hidden]
    inside = range(hidden_at[0], hidden_at[-1]) if hidden_at else range(0)
    runs = [sum(1 for _ in run) for hidden, run in groupby(frames, key=lambda f: f[1]) if not hidden]
    first = frames[0][0]
    return ThingCoverage(
        thing=first.thing,
        kind=first.kind,
        boxes=len(frames),
        visible_pts=tuple(visible),
        longest_visible_run=max(runs, default=0),
        flickers=sum(not frames[position][1] for position in inside),
    )
