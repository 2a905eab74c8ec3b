"""The tracks of a plan as the page lists them: when each is there, how surely it was seen, where it is seen best."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bodycam_pipeline.values.geometry import Box, Region
from bodycam_pipeline.values.plan import Plan
from bodycam_pipeline.values.recording import VideoFacts

SIDES = ("left", "top", "right", "bottom")

_GAP_FRAMES = 3
"""A track that is gone for longer is drawn as two stretches."""

WEAK_SCORE, SHORT_SECONDS, MOSTLY_GUESSED = 0.5, 0.5, 0.5
"""A track below, shorter, or guessed in a larger share of its frames is one that a person looks at first."""


@dataclass(frozen=True)
class TrackSummary:
    """One track.

    Attributes:
        number, kind, reason: As in the plan.
        first_pts, last_pts: Of its first and last frame.
        frames: In how many frames it is.
        score: The best of any network; None where no network saw it.
        guessed: Share of its frames in which it is only guessed.
        stretches: First and last pts of each run of frames.
        drawn: Whether a person drew it.
    """

    number: int
    kind: str
    reason: str
    first_pts: int
    last_pts: int
    frames: int
    score: float | None
    guessed: float
    stretches: tuple[tuple[int, int], ...]
    drawn: bool

    def doubts(self, seconds_per_pts: float) -> tuple[str, ...]:
        """Why a person should look at it before others."""
        if self.drawn:
            return ()
        weak = "weak" if self.score is None or self.score < WEAK_SCORE else ""
        short = "short" if (self.last_pts - self.first_pts) * seconds_per_pts < SHORT_SECONDS else ""
        guessed = "guessed" if self.guessed > MOSTLY_GUESSED else ""
        return tuple(word for word in (weak, short, guessed) if word)


def summarize_tracks(regions: pa.Table, frame_pts: int) -> list[TrackSummary]:
    """List the tracks of a table of regions by their number.

    Args:
        regions: Rows of `REGION_SCHEMA`.
        frame_pts: How long a frame usually lasts.
    """
    ordered = regions.sort_by([("track", "ascending"), ("pts", "ascending")])
    numbers = ordered["track"].to_numpy()
    if not len(numbers):
        return []
    edges = np.flatnonzero(np.append(True, np.diff(numbers) != 0))
    ends = np.append(edges[1:], len(numbers))
    columns = {name: ordered[name] for name in ("kind", "reason", "origin")}
    pts, scores = ordered["pts"].to_numpy(), ordered["score"].to_numpy(zero_copy_only=False)
    return [
        _summary(columns, int(numbers[first]), pts[first:end], scores[first:end], (int(first), int(end)), frame_pts)
        for first, end in zip(edges, ends, strict=True)
    ]


def _summary(
    columns: "dict[str, pa.ChunkedArray[Any]]",
    number: int,
    pts: NDArray[np.int64],
    scores: NDArray[np.float32],
    rows: tuple[int, int],
    frame_pts: int,
) -> TrackSummary:
    first, end = rows
    origins = columns["origin"].slice(first, end - first)
    guessed = origins.to_pylist().count("guessed")
    seen = scores[~np.isnan(scores)]
    return TrackSummary(
        number,
        columns["kind"][first].as_py(),
        columns["reason"][first].as_py(),
        int(pts[0]),
        int(pts[-1]),
        len(np.unique(pts)),
        float(seen.max()) if len(seen) else None,
        guessed / len(pts),
        tuple(_stretches(pts, frame_pts * _GAP_FRAMES)),
        origins[0].as_py() == "manual",
    )


def _stretches(pts: NDArray[np.int64], gap: int) -> Iterator[tuple[int, int]]:
    breaks = [0, *(np.flatnonzero(np.diff(pts) > gap) + 1).tolist(), len(pts)]
    for first, end in pairwise(breaks):
        yield int(pts[first]), int(pts[end - 1])


def boxes_between(regions: pa.Table, first_pts: int, end_pts: int, video: VideoFacts) -> dict[str, list[object]]:
    """Columns of every region of some time, as boxes of the upright frame: what the page draws.

    Returns:
        ``pts``, ``track``, ``kind``, ``origin`` and ``box`` (left, top, right, bottom).
    """
    first, end = np.searchsorted(regions["pts"].to_numpy(), [first_pts, end_pts])
    rows = regions.slice(first, end - first)
    sides = np.stack([rows[side].to_numpy() for side in SIDES], axis=1) if len(rows) else np.empty((0, 4), np.int32)
    boxes = [_upright(side, video) for side in sides.tolist()]
    columns: dict[str, list[object]] = {name: rows[name].to_pylist() for name in ("pts", "track", "kind", "origin")}
    return columns | {"box": list(boxes)}


def _upright(sides: Sequence[int], video: VideoFacts) -> list[int]:
    box = video.orientation.to_upright(Box(*sides), video.width, video.height)
    return [round(box.left), round(box.top), round(box.right), round(box.bottom)]


def upright_box(region: Region, video: VideoFacts) -> Box:
    """Turn a region of the coded frame into a box of the upright frame."""
    sides = (region.left, region.top, region.right, region.bottom)
    return video.orientation.to_upright(Box(*sides), video.width, video.height)


def places_of(plan: Plan, track: int, video: VideoFacts, most: int = 5) -> list[tuple[int, Box]]:
    """Frames of a track, spread over its life, with its box in each: where it was detected, if it ever was."""
    kept = [k for k in plan.kept if k.track == track]
    rows = [(place[0], Region(*place[1:])) for each in kept for place in each.places]
    if not rows:
        mine = plan.regions.filter(pc.equal(plan.regions["track"], pa.scalar(track, pa.int32())))
        seen = mine.filter(pc.equal(mine["origin"], pa.scalar("detected")))
        table = seen if len(seen) else mine
        columns = [table[name].to_pylist() for name in ("pts", *SIDES)]
        rows = [(pts, Region(*sides)) for pts, *sides in zip(*columns, strict=True)]
    if not rows:
        return []
    spread = np.unique(np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int)).tolist()
    return [(rows[n][0], upright_box(rows[n][1], video)) for n in spread]
