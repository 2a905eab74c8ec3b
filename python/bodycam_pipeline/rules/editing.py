"""A person's decisions, applied to a plan."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor
from types import MappingProxyType
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bodycam_pipeline.rules.fit import check_fits
from bodycam_pipeline.values.edits import Dismiss, Edits, Hide, Keep, Keyframe, Stretch
from bodycam_pipeline.values.errors import EditsError
from bodycam_pipeline.values.geometry import Box, Region, snapped_region
from bodycam_pipeline.values.plan import (
    Dismissed,
    DrawnTrack,
    KeptTrack,
    MutedSpan,
    Plan,
    PlannedRegion,
    WithheldSpan,
    region_table,
    sorted_regions,
)
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.values.recording import Recording
from bodycam_pipeline.values.timeline import Span, format_clock

_Decision = TypeVar("_Decision")

Followed = Mapping[int, tuple[tuple[int, Box], ...]]
"""Where drawn boxes that are followed are: pts and box, ascending, by the position of the ``[[hide]]``."""


def apply_edits(
    plan: Plan, edits: Edits, recording: Recording, policy: Policy, followed: Followed = MappingProxyType({})
) -> Plan:
    """The plan as a person decided it.

    Keeping a track drops its own regions and no other: what another track hides stays hidden, even where the two
    overlap. A hidden box goes in as it is drawn, snapped outward to the coding grid, under a new track number above
    all others. Every decision stays in the plan with its reason and name.

    Raises:
        PlanError: the plan does not fit the recording or the policy.
        EditsError: an unknown track, a kind that the policy does not declare, or a time outside the recording.
    """
    check_fits(plan, recording, policy)
    _refuse_undeclared(edits.hide, policy)
    tracks = _known_tracks(plan)
    _refuse_unknown(edits.keep, tracks)
    clock = _Clock(recording)
    first, grid_px = max(tracks, default=0) + 1, policy.redaction.grid_px
    drawn = dict(enumerate(edits.hide, start=first))
    boxes = {number: _boxes(hide, clock, followed.get(number - first)) for number, hide in drawn.items()}
    manual = [row for number, hide in drawn.items() for row in _hidden(hide, number, boxes[number], clock, grid_px)]
    return replace(
        plan,
        regions=_edited(plan.regions, edits.keep, manual),
        withheld=_and(
            plan.withheld, [WithheldSpan(clock.frames(s, "withhold"), s.reason, s.by) for s in edits.withhold]
        ),
        muted=_and(plan.muted, [MutedSpan(clock.span(s, "mute"), s.reason, s.by) for s in edits.mute]),
        kept=_and(plan.kept, _kept(plan, edits.keep)),
        drawn=_and(plan.drawn, [DrawnTrack(number, hide.by) for number, hide in drawn.items()]),
        dismissed=_and(plan.dismissed, [_dismissed(d, clock, policy.redaction.grid_px) for d in edits.dismiss]),
    )


def _refuse_undeclared(hide: Sequence[Hide], policy: Policy) -> None:
    """Refuse a kind that the policy does not declare: it would be hidden for a reason that nobody gave."""
    for drawn in hide:
        if drawn.kind not in policy.hide:
            raise EditsError(
                f"hide names the kind '{drawn.kind}', which the policy '{policy.name}' does not declare",
                remedy=f"It declares {', '.join(sorted(policy.hide))}. For another, add to the policy: "
                f'[hide.{drawn.kind}] with reason = "..." and found_by = "hand".',
            )


def _kept(plan: Plan, keep: Sequence[Keep]) -> list[KeptTrack]:
    """The tracks that are kept now; what an earlier round kept for the same reason has its places already."""
    before = {(k.track, k.reason, k.by) for k in plan.kept}
    new = [k for k in keep if (k.track, k.reason, k.by) not in before]
    return [KeptTrack(k.track, k.reason, k.by, _places(plan, k.track)) for k in new]


def _places(plan: Plan, track: int) -> tuple[tuple[int, int, int, int, int], ...]:
    rows = plan.regions.filter(pc.equal(plan.regions["track"], pa.scalar(track, pa.int32())))
    columns = [rows[name].to_pylist() for name in ("pts", "left", "top", "right", "bottom")]
    return tuple(zip(*columns, strict=True))


def _dismissed(dismiss: Dismiss, clock: "_Clock", grid_px: int) -> Dismissed:
    region = clock.coded(Box(*dismiss.box), grid_px)
    if region is None:
        raise EditsError(
            f"dismiss ({dismiss.reason}) lies outside the picture",
            remedy="Write left, top, right, bottom in pixels of the upright picture, as the report gives them.",
        )
    return Dismissed(clock.frames(dismiss, "dismiss"), region, dismiss.reason, dismiss.by)


class _Clock:
    """A person's times as the recording's own."""

    def __init__(self, recording: Recording) -> None:
        self._shown = recording.packets.shown_pts()
        self._recording = recording
        self._time_base = recording.video.time_base
        self._whole = recording.whole

    def frames(self, stretch: Stretch, verb: str) -> Span:
        """The span of a stretch, reaching back to the start of the frame that is on the screen when it begins."""
        span = self.span(stretch, verb)
        first = self.on_screen(stretch.start)
        end = max(span.end_pts, first + 1)
        return Span(first, end)

    def span(self, stretch: Stretch, verb: str) -> Span:
        """The span of a stretch, rounded outward and cut to the recording."""
        for time in (stretch.start, stretch.end):
            self.refuse_outside(time, verb)
        start = max(floor(stretch.start / self._time_base), self._whole.start_pts)
        end = min(ceil(stretch.end / self._time_base), self._whole.end_pts)
        if end <= start:
            raise EditsError(
                f"{verb} from {format_clock(stretch.start)} to {format_clock(stretch.end)} holds nothing",
                remedy="Make the stretch longer.",
            )
        return Span(start, end)

    def between(self, first: Fraction, last: Fraction) -> list[int]:
        """Every frame that is on the screen at any time of first..last, both included."""
        low, high = np.searchsorted(self._shown, [self.on_screen(first), floor(last / self._time_base) + 1])
        return [int(pts) for pts in self._shown[low : max(high, low + 1)]]

    def on_screen(self, time: Fraction) -> int:
        """The frame that shows at a time: the last one that has begun; in a gap after the last frame, the time."""
        if time / self._time_base >= self._recording.span.end_pts:
            return min(floor(time / self._time_base), self._whole.end_pts)
        position = int(np.searchsorted(self._shown, floor(time / self._time_base), side="right")) - 1
        return int(self._shown[max(position, 0)])

    def seconds(self, pts: int) -> Fraction:
        """When a frame begins."""
        return pts * self._time_base

    def refuse_outside(self, time: Fraction, verb: str) -> None:
        """Refuse a time outside the recording, by more than one frame: clocks on screens are cut to milliseconds."""
        slack = self._recording.frame_duration_pts
        low, high = self._whole.start_pts - slack, self._whole.end_pts + slack
        if not low <= time / self._time_base <= high:
            begins, ends = (format_clock(self.seconds(pts)) for pts in (self._whole.start_pts, self._whole.end_pts))
            raise EditsError(
                f"{verb} at {format_clock(time)} is outside the recording",
                remedy=f"It runs from {begins} to {ends}: write a time between.",
            )

    def coded(self, box: Box, grid_px: int) -> Region | None:
        """A box in the upright picture as a region of the coded frame."""
        video = self._recording.video
        return snapped_region(
            video.orientation.to_coded(box, video.width, video.height), video.width, video.height, grid_px
        )


def _boxes(hide: Hide, clock: _Clock, followed: Sequence[tuple[int, Box]] | None) -> Sequence[tuple[int, Box]]:
    """Where a drawn box is in each frame: where it was followed to, or on the way between its keyframes."""
    for keyframe in hide.keyframes:
        clock.refuse_outside(keyframe.at, "hide")
    if hide.follow:
        return followed or [(clock.on_screen(hide.keyframes[0].at), Box(*hide.keyframes[0].box))]
    between = clock.between(hide.keyframes[0].at, hide.keyframes[-1].at)
    return [(pts, _box_at(hide.keyframes, clock.seconds(pts))) for pts in between]


def _hidden(
    hide: Hide, number: int, boxes: Sequence[tuple[int, Box]], clock: _Clock, grid_px: int
) -> list[PlannedRegion]:
    rows = []
    for pts, box in boxes:
        region = clock.coded(box, grid_px)
        if region is not None:
            rows.append(PlannedRegion(pts, region, hide.kind, number, "manual", None, hide.reason))
    if not rows:
        raise EditsError(
            f"hide ({hide.reason}) lies outside the picture in every frame",
            remedy="Write left, top, right, bottom in pixels of the upright picture.",
        )
    return rows


def _box_at(keyframes: Sequence[Keyframe], time: Fraction) -> Box:
    """On the straight line between the keyframes around a time; before the first and after the last, those."""
    if time <= keyframes[0].at:
        return Box(*keyframes[0].box)
    for earlier, later in pairwise(keyframes):
        if time <= later.at:
            share = float((time - earlier.at) / (later.at - earlier.at))
            return Box(*(a + (b - a) * share for a, b in zip(earlier.box, later.box, strict=True)))
    return Box(*keyframes[-1].box)


def _known_tracks(plan: Plan) -> list[int]:
    return sorted({*np.unique(plan.regions["track"].to_numpy()).tolist(), *(k.track for k in plan.kept)})


def _refuse_unknown(keep: Sequence[Keep], tracks: Sequence[int]) -> None:
    for k in keep:
        if k.track not in tracks:
            known = f"known are {_listed(tracks)}" if tracks else "the plan has none"
            raise EditsError(f"keep names track {k.track}, which is not in the plan", remedy=f"Tracks: {known}.")


def _listed(tracks: Sequence[int]) -> str:
    """Ascending numbers, runs shortened: ``1-4, 7``."""
    runs: list[list[int]] = []
    for track in tracks:
        if runs and track == runs[-1][-1] + 1:
            runs[-1] = [runs[-1][0], track]
        else:
            runs.append([track])
    return ", ".join("-".join(str(end) for end in run) for run in runs)


def _edited(regions: pa.Table, keep: Sequence[Keep], manual: Sequence[PlannedRegion]) -> pa.Table:
    """Without the tracks that are kept and with what was drawn; the very table where that is nothing."""
    if not keep and not manual:
        return regions
    kept = pa.array([k.track for k in keep], pa.int32())
    hidden = regions.filter(pc.invert(pc.is_in(regions["track"], value_set=kept)))
    return sorted_regions([hidden, region_table(manual)])


def _and(before: tuple[_Decision, ...], more: Sequence[_Decision]) -> tuple[_Decision, ...]:
    return tuple(dict.fromkeys([*before, *more]))
