"""Both sides of what is hidden, against complete truth: what shows that must not, and what is hidden for nothing."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import groupby, pairwise

import numpy as np

from bodycam_pipeline.measuring.hidden_boxes import Hidden
from bodycam_pipeline.measuring.identities import identities
from bodycam_pipeline.measuring.meeting import meetings
from bodycam_pipeline.measuring.true_boxes import Label, flagged_sides, labels_by_frame
from bodycam_pipeline.rules.cells import Cells, union_area
from bodycam_pipeline.values.geometry import Box, Rects, snap_regions
from bodycam_pipeline.values.score import Score
from bodycam_pipeline.values.truth import Truth

ENOUGH = 0.9
"""Share of a true box that has to be hidden: people draw boxes that differ by that much."""

States = list[tuple[int, bool]]
"""The frames in which a thing must be hidden, in order, and whether it is."""


def score(truth: Truth, hidden: Hidden) -> Score:
    """Score what is hidden in the labelled frames of a recording.

    A region of any kind hides what is under it. Areas are counted in whole pixels of the coded frame, each once.

    Args:
        truth: Everything that is to be seen.
        hidden: What is hidden.
    """
    labels, states = labels_by_frame(truth), defaultdict[int, States](list)
    areas, size = Score(), (truth.width, truth.height)
    frames = range(truth.first_frame, truth.last_frame + 1)
    for frame in frames:
        here = labels.get(frame, [])
        painted = snap_regions([region.sides for region in hidden.get(frame, [])], *size)
        areas += _areas(here, painted, size)
        for label in here:
            if label.flag == "must":
                states[label.thing].append((frame, share_under(label.box, painted, size) >= ENOUGH))
    seconds = _seconds(truth)
    time = Score(frames=len(frames), seconds=sum(seconds[frame] for frame in frames))
    tracks = meetings(frames, labels, hidden) + identities(frames, labels, hidden, size)
    return areas + time + _showing(list(states.values()), seconds) + tracks


def share_under(box: Box, painted: Rects, size: tuple[int, int]) -> float:
    """Share of a box, rounded to whole pixels, that lies under rectangles (n, 4); 1 where it is not in the frame."""
    left, top, right, bottom = (max(0, round(side)) for side in box.sides)
    right, bottom = (
        min(max(end, low + 1), most) for end, low, most in zip((right, bottom), (left, top), size, strict=True)
    )
    if left >= right or top >= bottom:
        return 1.0
    inside = np.clip(painted, [left, top, left, top], [right, bottom, right, bottom])
    return union_area(inside) / ((right - left) * (bottom - top))


def _areas(here: Sequence[Label], painted: Rects, size: tuple[int, int]) -> Score:
    """One frame's areas. What lies in an ignored box, and is not needed, is left out of all of them."""
    wanted, must, ignored = (
        snap_regions(flagged_sides(here, *f), *size) for f in (("must", "may"), ("must",), ("ignore",))
    )
    cells, whole = Cells(painted, wanted, must, ignored), size[0] * size[1]
    mask, needed = cells.paint(painted), cells.paint(wanted)
    counted = mask & ~(cells.paint(ignored) & ~needed)
    return Score(
        needed=cells.area(needed) / whole,
        must_area=cells.area(cells.paint(must)) / whole,
        hidden=cells.area(counted) / whole,
        excess=cells.area(counted & ~needed) / whole,
        empty_frames=int(not here),
        empty_hidden=0.0 if here else cells.area(mask) / whole,
    )


def _showing(things: Sequence[States], seconds: Sequence[float]) -> Score:
    """What shows of the things that must be hidden, and for how long."""
    frames = [good for states in things for _, good in states]
    return Score(
        must=len(frames),
        must_hidden=sum(frames),
        things=len(things),
        things_seen=sum(not all(good for _, good in states) for states in things),
        longest_seconds=max((_longest(states, seconds) for states in things), default=0.0),
        flickers=sum(before and not now for states in things for (_, before), (_, now) in pairwise(states)),
    )


def _longest(states: States, seconds: Sequence[float]) -> float:
    """The longest time in which a thing shows in one frame after another."""
    showing = [frame for frame, good in states if not good]
    runs = groupby(enumerate(showing), key=lambda pair: pair[1] - pair[0])
    return max((sum(seconds[frame] for _, frame in run) for _, run in runs), default=0.0)


def _seconds(truth: Truth) -> list[float]:
    """How long each frame is shown."""
    ticks = np.diff(np.array([*truth.pts, truth.end_pts], np.int64))
    base = truth.time_base
    lasts: list[float] = (ticks * base.numerator / base.denominator).tolist()
    return lasts
