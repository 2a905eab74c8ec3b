"""A person's decisions, applied to a plan."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from types import MappingProxyType
from typing import TypeVar

import numpy as np
import pyarrow as pa

from bodycam_pipeline.rules.edit_clock import EditClock
from bodycam_pipeline.rules.fit import check_fits
from bodycam_pipeline.rules.reshaping import Reshaped, reshape
from bodycam_pipeline.values.edits import Dismiss, Edits, Hide, Keyframe, Withhold
from bodycam_pipeline.values.errors import EditsError
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.plan import (
    REGION_SCHEMA,
    Dismissed,
    DrawnTrack,
    MutedSpan,
    Plan,
    PlannedRegion,
    WithheldSpan,
    region_table,
    sorted_regions,
)
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.values.recording import Recording

Value = TypeVar("Value")

Followed = Mapping[int, tuple[tuple[int, Box], ...]]
"""Where drawn boxes that are followed are: pts and box, ascending, by the position of the ``[[hide]]``."""


def apply_edits(
    plan: Plan, edits: Edits, recording: Recording, policy: Policy, followed: Followed = MappingProxyType({})
) -> Plan:
    """The plan as a person decided it.

    Keeping a track drops its own regions and no other: what another track hides stays hidden, even where the two
    overlap. A hidden box goes in as it is drawn, snapped outward to the coding grid, under a new track number above
    all others. Every decision stays in the plan with its reason and name.

    Args:
        plan: As it was detected, before any edit.
        edits: The decisions.
        recording: The plan's.
        policy: The plan's.
        followed: Where the boxes that are followed are; one that is missing stays at its keyframes' frames.

    Raises:
        PlanError: the plan does not fit the recording or the policy.
        EditsError: an anchor that names no track or several, a kind that the policy does not declare, a time outside
            the recording, or decisions that contradict each other.
    """
    check_fits(plan, recording, policy)
    _refuse_edited(plan)
    _refuse_undeclared(edits, policy)
    clock, grid_px = EditClock(recording), policy.redaction.grid_px
    reshaped = reshape(plan, edits, recording, policy)
    first = int(reshaped.rows.tracks.max(initial=0)) + 1
    drawn = dict(enumerate(edits.hide, start=first))
    boxes = {number: boxes_of(hide, clock, followed.get(number - first)) for number, hide in drawn.items()}
    manual = [row for n, hide in drawn.items() for row in _hidden(hide, n, boxes[n], (clock, grid_px), policy)]
    return replace(
        plan,
        regions=_edited(plan.regions, reshaped, manual),
        withheld=_each(_withheld(each, clock, policy) for each in edits.withhold),
        muted=_each(MutedSpan(clock.span(each), each.reason, each.by) for each in edits.mute),
        kept=_each(reshaped.kept),
        drawn=tuple(DrawnTrack(number, hide.by) for number, hide in drawn.items()),
        dismissed=_each(_dismissed(each, clock, grid_px) for each in edits.dismiss),
    )


def _refuse_edited(plan: Plan) -> None:
    """Refuse a plan that has decisions in it: anchors and digests are of the plan as it was detected."""
    if plan.kept or plan.drawn or plan.withheld or plan.muted or plan.dismissed:
        raise EditsError(
            "edits are applied to the plan as it was detected, and this one has decisions in it already",
            remedy="Give draft.parquet in place of plan.parquet, or run `bodycam detect` again.",
        )


def _refuse_undeclared(edits: Edits, policy: Policy) -> None:
    """Refuse a kind that the policy does not declare: it would be hidden for a reason that nobody gave."""
    named = [(each.table, each.kind) for tables in (edits.hide, edits.withhold, edits.change) for each in tables]
    for table, kind in named:
        if kind is not None and kind not in policy.hide:
            raise EditsError(
                f"{table} names the kind '{kind}', which the policy '{policy.name}' does not declare",
                remedy=f"It declares {', '.join(sorted(policy.hide))}. For another, add to the policy: "
                f'[hide.{kind}] with reason = "..." and found_by = "hand".',
            )


def _withheld(withhold: Withhold, clock: EditClock, policy: Policy) -> WithheldSpan:
    reason = withhold.reason or (policy.hide[withhold.kind].reason if withhold.kind else "")
    return WithheldSpan(clock.frames(withhold), reason, withhold.by, withhold.kind or "")


def _dismissed(dismiss: Dismiss, clock: EditClock, grid_px: int) -> Dismissed:
    region = clock.coded(Box(*dismiss.box), grid_px)
    if region is None:
        raise EditsError(
            f"dismiss ({dismiss.reason}) lies outside the frame",
            remedy="Write left, top, right, bottom in pixels of the upright frame, as the report gives them.",
        )
    return Dismissed(clock.frames(dismiss), region, dismiss.reason, dismiss.by)


def boxes_of(hide: Hide, clock: EditClock, followed: Sequence[tuple[int, Box]] | None) -> Sequence[tuple[int, Box]]:
    """Where a drawn box is in each frame, pts and box in the upright frame, ascending.

    Args:
        hide: The box.
        clock: Of the recording.
        followed: Where it was followed to; None where it was not.

    Raises:
        EditsError: a keyframe outside the recording.
    """
    for keyframe in hide.keyframes:
        clock.check(keyframe.at, hide.table)
    if hide.whole:
        return [(int(pts), Box(*hide.keyframes[0].box)) for pts in clock.shown]
    if hide.follow:
        return followed or [(clock.on_screen(k.at, hide.table), Box(*k.box)) for k in hide.keyframes]
    between = clock.between(hide.keyframes[0].at, hide.keyframes[-1].at, hide.table)
    return [(pts, _box_at(hide.keyframes, clock, clock.seconds(pts))) for pts in between]


def _hidden(
    hide: Hide, number: int, boxes: Sequence[tuple[int, Box]], where: tuple[EditClock, int], policy: Policy
) -> list[PlannedRegion]:
    rows, (clock, grid_px) = [], where
    reason = hide.reason or policy.hide[hide.kind].reason
    for pts, box in boxes:
        region = clock.coded(box, grid_px)
        if region is not None:
            rows.append(PlannedRegion(pts, region, hide.kind, number, "manual", None, reason))
    if not rows:
        raise EditsError(
            f"hide ({reason}) lies outside the frame in every frame",
            remedy="Write left, top, right, bottom in pixels of the upright frame.",
        )
    return rows


def _box_at(keyframes: Sequence[Keyframe], clock: EditClock, time: Fraction) -> Box:
    """On the straight line between the keyframes around a time; before the first and after the last, those."""
    if time <= clock.seconds(keyframes[0].at):
        return Box(*keyframes[0].box)
    for earlier, later in pairwise(keyframes):
        start, end = clock.seconds(earlier.at), clock.seconds(later.at)
        if time <= end:
            return between(Box(*earlier.box), Box(*later.box), float((time - start) / (end - start)))
    return Box(*keyframes[-1].box)


def between(one: Box, other: Box, share: float) -> Box:
    """The box that lies so far on the straight way from one to another."""
    sides = ("left", "top", "right", "bottom")
    return Box(*(getattr(one, s) + (getattr(other, s) - getattr(one, s)) * share for s in sides))


def _edited(regions: pa.Table, reshaped: Reshaped, manual: Sequence[PlannedRegion]) -> pa.Table:
    """Without what is left visible and with what was drawn; the very table where nothing changed."""
    rows = reshaped.rows
    columns = {"kind": rows.kinds, "track": rows.tracks, "reason": rows.reasons}
    for name, column in columns.items():
        field = REGION_SCHEMA.field(name)
        regions = regions.set_column(regions.schema.get_field_index(name), field, pa.array(column, field.type))
    hidden = regions.filter(pa.array(np.logical_not(reshaped.visible)))
    return sorted_regions([hidden, region_table(manual)])


def _each(values: Iterable[Value]) -> tuple[Value, ...]:
    """List values in their order, each once."""
    return tuple(dict.fromkeys(values))
