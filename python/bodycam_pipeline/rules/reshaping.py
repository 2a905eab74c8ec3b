"""Decisions about tracks: keep, confirm, change, split, join and trim, on the regions of a plan.

Every anchor is found in the plan before any edit, so that the order of the entries does not show. Then tracks are
split, trimmed, kept, changed and joined, in this order: what is joined to a kept track is not kept by that.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.rules.anchoring import Meant, PlanRows, find_meant
from bodycam_pipeline.rules.edit_clock import EditClock
from bodycam_pipeline.values.edits import Change, Decision, Edits, Keep, OfTracks, Split, Trim, format_time
from bodycam_pipeline.values.errors import EditsError
from bodycam_pipeline.values.plan import KeptTrack, Plan
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.values.recording import Recording

Rows = NDArray[np.intp]


@dataclass(eq=False, slots=True)
class Reshaped:
    """The regions of a plan while decisions are applied.

    Attributes:
        rows: Them, with the numbers, kinds and reasons of now.
        visible: Which of them a person leaves visible, bool (n,).
        kept: Those decisions, with their places.
    """

    rows: PlanRows
    visible: NDArray[np.bool_]
    kept: list[KeptTrack] = field(default_factory=list)

    def show(self, rows: Rows, decision: Decision) -> None:
        """Leave regions visible."""
        hidden = rows[~self.visible[rows]]
        if len(hidden):
            table = np.column_stack([self.rows.pts[hidden], self.rows.sides[hidden].astype(np.int64)])
            places = tuple(map(tuple, table.tolist()))
            track = int(self.rows.tracks[hidden[0]])
            self.kept.append(KeptTrack(track, decision.reason, decision.by, places))
            self.visible[rows] = True


def reshape(plan: Plan, edits: Edits, recording: Recording, policy: Policy) -> Reshaped:
    """Apply what was decided about the tracks of a plan that nobody edited.

    Raises:
        EditsError: an anchor that no longer names one track, decisions that contradict each other, or one that does
            nothing.
    """
    rows = PlanRows.of(plan)
    made = Reshaped(rows, np.zeros(len(rows.pts), np.bool_))
    clock = EditClock(recording)
    of_tracks = (*edits.keep, *edits.confirm, *edits.change, *edits.split, *edits.join, *edits.trim)
    meant = {id(decision): find_meant(decision, rows, plan, recording.video) for decision in of_tracks}
    for split in edits.split:
        _split(made, split, meant[id(split)][0], clock)
    for trim in edits.trim:
        _trim(made, trim, meant[id(trim)][0], clock)
    _refuse_both(made, edits, meant)
    for keep in edits.keep:
        for each in meant[id(keep)]:
            made.show(_reached(made, each), keep)
    for change in edits.change:
        _change(made, change, meant[id(change)], policy)
    for join in edits.join:
        _join(made, join, meant[id(join)])
    return made


def _of_track(made: Reshaped, meant: Meant) -> Rows:
    """Every region of the track that an anchor means, as it is numbered now."""
    return np.flatnonzero(made.rows.tracks == made.rows.tracks[meant.row])


def _reached(made: Reshaped, meant: Meant) -> Rows:
    """Select those that the decision is about."""
    own = _of_track(made, meant)
    if meant.reach is None:
        return own
    first, last = meant.reach
    pts = made.rows.pts[own]
    return own[(pts >= first) & (pts <= last)]


def _split(made: Reshaped, split: Split, meant: Meant, clock: EditClock) -> None:
    own, at = _of_track(made, meant), clock.on_screen(split.at, split.table)
    after = own[made.rows.pts[own] >= at]
    if not 0 < len(after) < len(own):
        raise EditsError(
            f"split at {format_time(split.at)}: the track is not there on both sides of it",
            remedy="Split inside the track's life, or delete this [[split]].",
        )
    made.rows.tracks[after] = made.rows.tracks.max() + 1


def _trim(made: Reshaped, trim: Trim, meant: Meant, clock: EditClock) -> None:
    own = _reached(made, meant)
    pts = made.rows.pts[own]
    outside = np.zeros(len(own), np.bool_)
    if trim.start is not None:
        outside |= pts < clock.on_screen(trim.start, trim.table)
    if trim.end is not None:
        outside |= pts >= clock.end_pts(trim.end, trim.table)
    if outside.all():
        raise EditsError(
            "trim leaves nothing of the track hidden",
            remedy="Keep the track visible with [[keep]], which asks to see it first, or trim less.",
        )
    made.show(own[outside], trim)


def _refuse_both(made: Reshaped, edits: Edits, meant: dict[int, tuple[Meant, ...]]) -> None:
    def tracks(decisions: Sequence[OfTracks]) -> dict[int, OfTracks]:
        return {int(made.rows.tracks[each.row]): decision for decision in decisions for each in meant[id(decision)]}

    kept, confirmed = tracks(edits.keep), tracks(edits.confirm)
    for track in sorted(kept.keys() & confirmed.keys()):
        raise EditsError(
            f"track {track} is kept by {kept[track].by} and confirmed as hidden by {confirmed[track].by}",
            remedy="Delete the [[keep]] or the [[confirm]].",
        )


def _change(made: Reshaped, change: Change, meant: Sequence[Meant], policy: Policy) -> None:
    for each in meant:
        own = _of_track(made, each)
        kind = change.kind or str(made.rows.kinds[each.row])
        made.rows.kinds[own] = kind
        made.rows.reasons[own] = change.reason or policy.hide[kind].reason


def _join(made: Reshaped, join: OfTracks, meant: Sequence[Meant]) -> None:
    kinds = sorted({str(made.rows.kinds[each.row]) for each in meant})
    if len(kinds) > 1:
        raise EditsError(
            f"join of a {' and a '.join(kinds)} by {join.by}: one thing has one kind",
            remedy="Write a [[change]] of kind beside the [[join]], or delete the [[join]].",
        )
    tracks = {int(made.rows.tracks[each.row]) for each in meant}
    made.rows.tracks[np.isin(made.rows.tracks, sorted(tracks))] = min(tracks)


def needs_showing(decision: Keep) -> bool:
    """True where the worst frame of each track is to be shown before: more than one track is kept at once."""
    return len(decision.anchors) > 1
