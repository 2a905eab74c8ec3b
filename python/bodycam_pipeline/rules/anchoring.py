"""Tracks named by place and time: where an anchor lies in a plan, and the anchor that names a track."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.values.detection import Kind
from bodycam_pipeline.values.edits import Anchor, OfTracks, Point
from bodycam_pipeline.values.errors import EditsError
from bodycam_pipeline.values.geometry import Box, Sides, iou
from bodycam_pipeline.values.plan import Plan
from bodycam_pipeline.values.recording import VideoFacts

TOUCHES, SAME = 0.2, 0.5
"""Intersection over union of two regions of one frame from which on an anchor may mean a track, and from which on it
does. Regions reach past the thing on all sides, so that two detections of one thing share far more than half; chosen,
not measured: what lies between is refused."""

PATH_POINTS = 16
"""Regions of a path, at even distances over the track's life."""

_TRIED = 64
"""Frames of a track that are looked at to find the one that names it best."""


@dataclass(frozen=True, eq=False, slots=True)
class PlanRows:
    """The regions of a plan before any edit, as columns that edits change.

    Attributes:
        pts, tracks: int64 and int32 (n,).
        sides: float64 (n, 4), in the coded frame.
        kinds, reasons: object (n,).
    """

    pts: NDArray[np.int64]
    sides: Sides
    kinds: NDArray[np.object_]
    tracks: NDArray[np.int32]
    reasons: NDArray[np.object_]

    @classmethod
    def of(cls, plan: Plan) -> "PlanRows":
        """Take the regions of a plan."""
        table = plan.regions
        sides = [table[side].to_numpy().astype(np.float64) for side in ("left", "top", "right", "bottom")]
        return cls(
            table["pts"].to_numpy(),
            np.stack(sides, axis=1),
            table["kind"].to_numpy().astype(object),
            table["track"].to_numpy().copy(),
            table["reason"].to_numpy().astype(object),
        )

    def at(self, pts: int, kind: Kind) -> NDArray[np.intp]:
        """Positions of the regions of one kind in one frame."""
        first, end = np.searchsorted(self.pts, [pts, pts + 1])
        here = np.arange(first, end)
        found: NDArray[np.intp] = here[self.kinds[first:end] == kind]
        return found


@dataclass(frozen=True, eq=False, slots=True)
class Meant:
    """What an anchor means in a plan.

    Attributes:
        row: The position of its region.
        reach: First and last pts that the decision is about; None for all of the track.
    """

    row: int
    reach: tuple[int, int] | None


def find_meant(decision: OfTracks, rows: PlanRows, plan: Plan, video: VideoFacts) -> tuple[Meant, ...]:
    """Find the track of each anchor of a decision.

    Under the plan that the person saw, an anchor is one of its regions. Under another plan it has to lie in one track
    alone, and so has every point of its path at which that track is; the decision reaches no further than the path.

    Raises:
        EditsError: an anchor that lies in no track, in several, or in one that goes elsewhere.
    """
    return tuple(_find(anchor, decision, rows, plan, video) for anchor in decision.anchors)


def _find(anchor: Anchor, decision: OfTracks, rows: PlanRows, plan: Plan, video: VideoFacts) -> Meant:
    here = rows.at(anchor.pts, anchor.kind)
    overlap = iou(_coded(anchor.box, video), rows.sides[here])
    if decision.plan == plan.sha256:
        return Meant(_find_exact(anchor, decision, rows, here[overlap >= 1.0], video), None)
    touched = here[overlap >= TOUCHES]
    tracks = {int(rows.tracks[row]) for row in touched}
    if not tracks or overlap.max(initial=0.0) < SAME:
        raise _refusal(decision, anchor, "lies in no track any more")
    if len(tracks) > 1:
        raise _refusal(decision, anchor, f"lies in the tracks {_listed(tracks)}, and means one")
    row = int(touched[np.argmax(overlap[overlap >= TOUCHES])])
    _refuse_elsewhere(anchor, decision, rows, int(rows.tracks[row]), video)
    return Meant(row, (anchor.points[0][0], anchor.points[-1][0]))


def _find_exact(anchor: Anchor, decision: OfTracks, rows: PlanRows, same: NDArray[np.intp], video: VideoFacts) -> int:
    """The row that an anchor is; where regions of several tracks are the very same, the path tells which is meant."""
    if not len(same):
        raise _refusal(decision, anchor, "lies in no region of the plan that it was made against")
    tracks = {int(rows.tracks[row]): int(row) for row in same}
    if len(tracks) > 1:
        on_path = {track: row for track, row in tracks.items() if _is_path(anchor, rows, track, video)}
        tracks = on_path or tracks
    if len(tracks) > 1:
        raise _refusal(decision, anchor, f"lies in the tracks {_listed(set(tracks))}, and means one")
    return next(iter(tracks.values()))


def _is_path(anchor: Anchor, rows: PlanRows, track: int, video: VideoFacts) -> bool:
    """True where every point of the path is a region of a track."""
    for pts, *box in anchor.points:
        own = [row for row in rows.at(pts, anchor.kind) if rows.tracks[row] == track]
        if not own or iou(_coded(box, video), rows.sides[own]).max() < 1.0:
            return False
    return True


def _refuse_elsewhere(anchor: Anchor, decision: OfTracks, rows: PlanRows, track: int, video: VideoFacts) -> None:
    """Refuse a track that is somewhere else at a point of the path: it is another thing's for a while."""
    for pts, *box in anchor.points:
        own = [row for row in rows.at(pts, anchor.kind) if rows.tracks[row] == track]
        if own and iou(_coded(box, video), rows.sides[own]).max() < TOUCHES:
            raise _refusal(decision, anchor, f"lies in track {track}, which is somewhere else at pts {pts}")


def _refusal(decision: OfTracks, anchor: Anchor, why: str) -> EditsError:
    place = f"{anchor.kind} at pts {anchor.pts}, box {[round(side) for side in anchor.box]}"
    return EditsError(
        f"{decision.table} by {decision.by} ({decision.reason or 'no reason'}): {place} {why}",
        remedy="The recording was detected anew, or the entry was changed by hand: until it is decided again, nothing "
        f"goes on. Look at the plan of now, delete this [[{decision.table}]] and decide again.",
    )


def _coded(box: Sequence[float], video: VideoFacts) -> Sides:
    turned = video.orientation.to_coded(Box(*box), video.width, video.height)
    return np.array([turned.left, turned.top, turned.right, turned.bottom])


def _listed(tracks: set[int]) -> str:
    return " and ".join(map(str, sorted(tracks)))


def is_shown(anchor: Anchor, points: Sequence[Point], rows: PlanRows, video: VideoFacts) -> bool:
    """True where one of some points is a region of the anchor's track."""
    here = rows.at(anchor.pts, anchor.kind)
    tracks = {int(rows.tracks[r]) for r in here[iou(_coded(anchor.box, video), rows.sides[here]) >= SAME]}
    for pts, *box in points:
        there = rows.at(pts, anchor.kind)
        there = there[np.isin(rows.tracks[there], sorted(tracks))]
        if len(there) and iou(_coded(box, video), rows.sides[there]).max() >= SAME:
            return True
    return False


def anchor_tracks(draft: Plan, tracks: Sequence[int], video: VideoFacts) -> tuple[Anchor, ...]:
    """Name tracks by place and time, in the order of their numbers as given.

    Args:
        draft: The plan before any edit.
        tracks: Numbers of its tracks.
        video: Of its recording.

    Raises:
        EditsError: a number that is not in the plan.
    """
    rows = PlanRows.of(draft)
    return tuple(_anchor(rows, track, video) for track in tracks)


def _anchor(rows: PlanRows, track: int, video: VideoFacts) -> Anchor:
    own = np.flatnonzero(rows.tracks == track)
    if not len(own):
        known = sorted(set(rows.tracks.tolist()))
        raise EditsError(
            f"track {track} is not in the plan",
            remedy=f"The plan has {shorten(known)}." if known else "The plan has no track.",
        )
    tried = own[np.unique(np.linspace(0, len(own) - 1, _TRIED).astype(int))]
    best = max(tried.tolist(), key=lambda row: (_stands_out(rows, row, track), -row))
    path = own[np.unique(np.linspace(0, len(own) - 1, PATH_POINTS).astype(int))]
    points = {int(rows.pts[row]): _point(rows, row, video) for row in path.tolist()}
    pts, *box = _point(rows, best, video)
    left, top, right, bottom = box
    kind, ordered = str(rows.kinds[best]), tuple(points[at] for at in sorted(points))
    return Anchor(pts=pts, box=(left, top, right, bottom), kind=kind, path=ordered)


def _stands_out(rows: PlanRows, row: int, track: int) -> float:
    """How well a region names its track: large, and apart from the regions of other tracks in its frame."""
    here = rows.at(int(rows.pts[row]), str(rows.kinds[row]))
    others = here[rows.tracks[here] != track]
    left, top, right, bottom = rows.sides[row]
    nearest = iou(rows.sides[row], rows.sides[others]).max(initial=0.0)
    return float((1 - nearest) ** 4 * (right - left) * (bottom - top))


def _point(rows: PlanRows, row: int, video: VideoFacts) -> Point:
    upright = video.orientation.to_upright(Box(*rows.sides[row].tolist()), video.width, video.height)
    return int(rows.pts[row]), upright.left, upright.top, upright.right, upright.bottom


def shorten(tracks: Sequence[int]) -> str:
    """Ascending numbers, runs shortened: ``1-4, 7``."""
    runs: list[list[int]] = []
    for track in tracks:
        if runs and track == runs[-1][-1] + 1:
            runs[-1] = [runs[-1][0], track]
        else:
            runs.append([track])
    return ", ".join("-".join(str(end) for end in run) for run in runs)
