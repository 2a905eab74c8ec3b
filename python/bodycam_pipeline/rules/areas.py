"""How much of a recording's picture and time a plan hides."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bodycam_pipeline.rules.cells import union_area
from bodycam_pipeline.values.geometry import Rects
from bodycam_pipeline.values.plan import Plan
from bodycam_pipeline.values.recording import Recording


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is hidden, 0..1.

    Attributes:
        picture: Share of the frame, as a mean over all frames.
        time: Share of the time in which anything is hidden.
    """

    picture: float
    time: float


def extent(plan: Plan, recording: Recording) -> Extent:
    """How much a plan hides; a frame that is withheld, or cannot be decoded, is hidden whole."""
    shown = recording.packets.shown_pts()
    whole = np.isin(shown, plan.undecodable_pts)
    for withheld in plan.withheld:
        whole |= (shown >= withheld.span.start_pts) & (shown < withheld.span.end_pts)
    px = np.where(whole, _frame_px(recording), hidden_px(plan, shown))
    lasts = np.diff(shown, append=recording.span.end_pts)
    return Extent(_mean(px, recording), float(lasts[px > 0].sum() / lasts.sum()))


def share_of_frame(plan: Plan, kind: str, recording: Recording) -> float:
    """Share of the frame, 0..1, that regions of one kind hide, as a mean over all frames."""
    return _mean(hidden_px(plan, recording.packets.shown_pts(), kind), recording)


def hidden_px(plan: Plan, shown: NDArray[np.int64], kind: str | None = None) -> NDArray[np.int64]:
    """Pixels under regions in each of the frames (n,), counted once where regions overlap.

    Args:
        plan: What is hidden.
        shown: Every frame's pts, ascending.
        kind: Whose regions count; None for all.
    """
    rows = plan.regions if kind is None else plan.regions.filter(pc.equal(plan.regions["kind"], pa.scalar(kind)))
    sides = [rows[side].to_numpy().astype(np.int64) for side in ("left", "top", "right", "bottom")]
    frame_of = np.searchsorted(shown, rows["pts"].to_numpy())
    return _unions(np.stack(sides, axis=1), frame_of, len(shown))


def _unions(rects: Rects, frame_of: NDArray[np.int64], frames: int) -> NDArray[np.int64]:
    """Pixels under the rectangles of each frame; those of one frame stand together.

    Hours of recording have millions of them: where no two overlap, or only two do, areas are added and taken away for
    all frames at once, and only the rest is cut into cells.
    """
    areas = np.bincount(frame_of, _px(rects), frames)
    pairs = np.zeros(frames)
    for apart in range(1, int(np.bincount(frame_of, minlength=1).max())):
        low, high = rects[:-apart], rects[apart:]
        both = np.concatenate([np.maximum(low[:, :2], high[:, :2]), np.minimum(low[:, 2:], high[:, 2:])], axis=1)
        shared = np.where(frame_of[:-apart] == frame_of[apart:], _px(both), 0)
        areas -= np.bincount(frame_of[:-apart], shared, frames)
        pairs += np.bincount(frame_of[:-apart], shared > 0, frames)
    for frame in np.flatnonzero(pairs > 1):
        first, end = np.searchsorted(frame_of, [frame, frame + 1])
        areas[frame] = union_area(rects[first:end])
    return areas.astype(np.int64)


def _px(rects: Rects) -> NDArray[np.int64]:
    """The area of each rectangle; 0 where it is inside out."""
    width, height = np.maximum(rects[:, 2] - rects[:, 0], 0), np.maximum(rects[:, 3] - rects[:, 1], 0)
    areas: NDArray[np.int64] = width * height
    return areas


def _frame_px(recording: Recording) -> int:
    return recording.video.width * recording.video.height


def _mean(px: NDArray[np.int64], recording: Recording) -> float:
    return int(px.sum()) / (_frame_px(recording) * len(px))
