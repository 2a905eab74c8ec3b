"""Which groups of pictures a plan leaves alone, so that they may be carried over as they are (decision 0009)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np

from bodycam_pipeline.rules.segments import starts
from bodycam_pipeline.values.plan import PlanPart
from bodycam_pipeline.values.recording import PacketIndex


@dataclass(frozen=True, slots=True)
class CopySpan:
    """Whole groups of one treatment: half-open positions in a segment's packets."""

    first: int
    end: int
    copied: bool


def copy_spans(packets: PacketIndex, plan: PlanPart, reorder_limit: int | None) -> tuple[CopySpan, ...]:
    """A segment in runs of groups, as long as they can be, that are either all carried over or all encoded.

    A group of pictures is copied if nothing in it is hidden and the recording presents every one of its frames. Its
    packets hold nothing but what a release may hold, and reorder no more frames than a decoder is told to expect. A
    segment of which anything is withheld is encoded whole: it may be damaged, and what a decoder makes of a damaged
    group depends on what it decoded before.

    Args:
        packets: Of one segment.
        plan: What is hidden in it.
        reorder_limit: Frames that a group may reorder; None where nothing may be carried over.
    """
    if reorder_limit is None or plan.withheld:
        return (CopySpan(0, len(packets), copied=False),)
    groups = pairwise([*(first for first, _ in starts(packets)), len(packets)])
    judged = ((first, end, _is_copied(packets.part(first, end), plan, reorder_limit)) for first, end in groups)
    return tuple(_joined(judged))


def _is_copied(group: PacketIndex, plan: PlanPart, reorder_limit: int) -> bool:
    first, last = int(group.pts.min()), int(group.pts.max())
    hidden = np.searchsorted(plan.pts, [first, last + 1])
    return (
        bool(group.copyable.all() and group.shown.all())
        and hidden[0] == hidden[1]
        and group.reorder_depth() <= reorder_limit
    )


def _joined(groups: Iterable[tuple[int, int, bool]]) -> Iterator[CopySpan]:
    for copied, alike in groupby(groups, key=lambda group: group[2]):
        edges = [(first, end) for first, end, _ in alike]
        yield CopySpan(edges[0][0], edges[-1][1], copied)
