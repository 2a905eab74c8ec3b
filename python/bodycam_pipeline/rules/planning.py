"""From what was seen to what will be hidden."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bodycam_pipeline.rules.painting import paint_boxes
from bodycam_pipeline.values.candidates import SegmentCandidates
from bodycam_pipeline.values.errors import Place, PlanError
from bodycam_pipeline.values.geometry import Box, Sides, snap_regions
from bodycam_pipeline.values.plan import REGION_SCHEMA, Plan
from bodycam_pipeline.values.policy import Padding, Policy
from bodycam_pipeline.values.recording import Recording, VideoFacts
from bodycam_pipeline.values.track import ORIGINS, Track

_ROW = np.dtype(
    [
        ("pts", np.int64),
        *((side, np.int32) for side in ("left", "top", "right", "bottom")),
        ("kind", np.uint8),
        ("track", np.int32),
        ("origin", np.uint8),
        ("score", np.float32),
    ]
)
"""One region, without its words: a kind is a position among the kinds, an origin one in `ORIGINS`."""


def make_plan(
    recording: Recording,
    seen: Sequence[SegmentCandidates],
    tracks: Sequence[Track],
    policy: Policy,
    models: dict[str, str],
) -> Plan:
    """Every region of the recording: the admitted tracks, padded, snapped and clipped.

    Args:
        recording: As probed.
        seen: Every segment, in order.
        tracks: What is hidden, numbered.
        policy: What to hide, and how far around.
        models: SHA-256 of each model that looked, by registered name.

    Raises:
        PlanError: the frames that decoded and those that did not are not together the recording's, each once.
    """
    parts = [part for segment in seen for part in segment.parts]
    undecodable = sorted(pts for part in parts for pts in part.undecodable_pts)
    decoded = np.concatenate([np.empty(0, np.int64), *(part.frames["pts"] for part in parts)])
    _refuse_holes(recording, decoded, undecodable)
    return Plan(
        recording_sha256=recording.sha256,
        policy_sha256=policy.sha256,
        models=dict(sorted(models.items())),
        time_base=recording.video.time_base,
        frames=len(decoded) + len(undecodable),
        regions=_table(_sorted_rows(tracks, policy, recording.video), policy),
        undecodable_pts=tuple(undecodable),
    )


def _refuse_holes(recording: Recording, decoded: NDArray[np.int64], undecodable_pts: Sequence[int]) -> None:
    accounted = np.sort(np.append(decoded, np.array(undecodable_pts, dtype=np.int64)))
    shown = recording.packets.shown_pts()
    if np.array_equal(accounted, shown):
        return
    wrong = np.setxor1d(accounted, shown)
    raise PlanError(
        f"{accounted.size} frames were accounted for, the recording presents {shown.size}",
        remedy="A frame that nobody looked at cannot be released: run `bodycam detect` again.",
        where=Place(recording=recording.name, pts=int(wrong[0]) if wrong.size else None),
    )


def _sorted_rows(tracks: Sequence[Track], policy: Policy, video: VideoFacts) -> NDArray[np.void]:
    """The tracks' regions as `REGION_SCHEMA` sorts them: still numbers, so that words are laid out once."""
    kinds = sorted(policy.hide)
    parts = (_rows(track, kinds.index(track.kind), policy, video) for track in tracks)
    rows = np.concatenate([np.empty(0, _ROW), *parts])
    rows.sort(order=_ROW.names, kind="stable")
    return rows


def _table(rows: NDArray[np.void], policy: Policy) -> pa.Table:
    kinds = sorted(policy.hide)
    columns: list[pa.Array[Any]] = [
        *(pa.array(np.ascontiguousarray(rows[name])) for name in ("pts", "left", "top", "right", "bottom")),
        _words(kinds, rows["kind"]),
        pa.array(np.ascontiguousarray(rows["track"])),
        _words(ORIGINS, rows["origin"]),
        pa.array(np.ascontiguousarray(rows["score"]), from_pandas=True),
        _words([policy.hide[kind].reason for kind in kinds], rows["kind"]),
    ]
    return pa.table(columns, schema=REGION_SCHEMA)


def _words(words: Sequence[str], positions: NDArray[np.uint8]) -> "pa.Array[Any]":
    return pa.array(words, pa.string()).take(np.ascontiguousarray(positions))


def _rows(track: Track, kind: int, policy: Policy, video: VideoFacts) -> NDArray[np.void]:
    boxes = paint_boxes(track, float(video.time_base))
    upright = _padded(boxes, policy.hide[track.kind].padding, min(video.upright_size) / 1080)
    regions = snap_regions(_coded(upright, video), video.width, video.height, policy.redaction.grid_px)
    there = (regions[:, 0] < regions[:, 2]) & (regions[:, 1] < regions[:, 3])
    rows = np.empty(int(there.sum()), _ROW)
    rows["pts"], rows["kind"], rows["track"] = track.pts[there], kind, track.number
    rows["left"], rows["top"], rows["right"], rows["bottom"] = regions[there].T
    rows["origin"], rows["score"] = track.origins[there], track.scores[there]
    return rows


def _padded(boxes: Sides, padding: Padding, scale: float) -> Sides:
    """Boxes grown by their shares, and by no less than the minimum, which is meant for a frame 1080 px high."""
    least = padding.minimum_px_at_1080p * scale
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    out = [-padding.left * width, -padding.top * height, padding.right * width, padding.bottom * height]
    low, high = np.minimum(np.stack(out[:2], axis=1), -least), np.maximum(np.stack(out[2:], axis=1), least)
    result: Sides = boxes + np.concatenate([low, high], axis=1)
    return result


def _coded(upright: Sides, video: VideoFacts) -> Sides:
    """`Orientation.to_coded` for all boxes at once: its arithmetic is the same on columns as on numbers."""
    turned = video.orientation.to_coded(Box(*cast("Any", upright.T)), video.width, video.height)
    return np.stack([turned.left, turned.top, turned.right, turned.bottom], axis=1)
