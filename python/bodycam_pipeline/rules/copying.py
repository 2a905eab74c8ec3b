"""Which GOPs a plan leaves alone, so that they may be stream-copied (decision 0009)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np

from bodycam_pipeline.rules.segments import starts
from bodycam_pipeline.values.plan import PlanPart
from bodycam_pipeline.values.recording import PacketIndex


@dataclass(frozen=True, slots=True)
class CopySpan:
    """Whole GOPs of one treatment: half-open positions in a segment's packets."""

    first: int
    end: int
    copied: bool


def copy_spans(packets: PacketIndex, plan: PlanPart, reorder_limit: int | None) -> tuple[CopySpan, ...]:
    """A segment in runs of GOPs, as long as they can be, that are either all stream-copied or all encoded.

    A GOP is copied if nothing in it is hidden and the recording presents every one of its frames. Its
    packets hold nothing but what a release may hold, and reorder no more frames than a decoder is told to expect. A
    segment of which anything is withheld is encoded whole: it may be damaged, and what a decoder makes of a damaged
    GOP depends on what it decoded before.

    Args:
        packets: Of one segment.
        plan: What is hidden in it.
        reorder_limit: Frames that a GOP may reorder; None where nothing may be stream-copied.
    """
    if reorder_limit is None or plan.withheld:
        return (CopySpan(0, len(packets), copied=False),)
    gops = pairwise([*(first for first, _ in starts(packets)), len(packets)])
    judged = ((first, end, _is_copied(packets.part(first, end), plan, reorder_limit)) for first, end in gops)
    return tuple(_joined(judged))


def _is_copied(gop: PacketIndex, plan: PlanPart, reorder_limit: int) -> bool:
    first, last = int(gop.pts.min()), int(gop.pts.max())
    hidden = np.searchsorted(plan.pts, [first, last + 1])
    return (
        bool(gop.copyable.all() and gop.shown.all()) and hidden[0] == hidden[1] and gop.reorder_depth() <= reorder_limit
    )


def _joined(gops: Iterable[tuple[int, int, bool]]) -> Iterator[CopySpan]:
    for copied, alike in groupby(gops, key=lambda gop: gop[2]):
        edges = [(first, end) for first, end, _ in alike]
        yield CopySpan(edges[0][0], edges[-1][1], copied)
