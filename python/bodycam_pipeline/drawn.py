"""Boxes that a person drew, followed through the recording: both ways until that is unsure, and between keyframes.

What was followed is kept by stretch, under the job's secret: a corrected keyframe costs the stretches beside it.
"""

import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.digests import value_sha256
from bodycam_pipeline.kept import read_kept, write_kept
from bodycam_pipeline.passes import extend_tracks
from bodycam_pipeline.release.job import TOOL_VERSION, Job
from bodycam_pipeline.rules.edit_clock import EditClock
from bodycam_pipeline.rules.editing import Followed, between
from bodycam_pipeline.rules.segments import split
from bodycam_pipeline.running.runner import Runner
from bodycam_pipeline.values.edits import Edits, Hide
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.recording import Recording
from bodycam_pipeline.values.timeline import Span
from bodycam_pipeline.values.track import Entering, Extension

HOP_SECONDS = 8.0
"""A box is followed so far at once: the luma of that much is kept."""

Places = dict[int, Box]
"""Where a box is, by pts."""


@dataclass(frozen=True, slots=True)
class FollowedStretch:
    """What is followed from one keyframe in one direction.

    Attributes:
        kind: What it is.
        pts, box: The keyframe, in the upright frame.
        direction: 1 forward in time, -1 backward.
        stop_pts: The next keyframe's, where the stretch ends; None where it goes on until the follower is unsure.
    """

    kind: str
    pts: int
    box: Box
    direction: int
    stop_pts: int | None = None

    def holds(self, pts: int) -> bool:
        """True for a frame on this side of the next keyframe."""
        return self.stop_pts is None or (self.stop_pts - pts) * self.direction > 0


@dataclass(frozen=True, slots=True)
class _End:
    """How far a stretch was followed."""

    stretch: FollowedStretch
    pts: int
    box: Box


def follow_drawn(job: Job, edits: Edits, runner: Runner) -> Followed:
    """Where each box of ``[[hide]]`` with ``follow = true`` is, by its position among the hides.

    A box goes back from its first keyframe and on from its last, from segment to segment, until the follower is unsure,
    the scene changes, it leaves the frame, or the recording ends. What was only guessed is not part of it. From each
    keyframe it is followed to the next; where that is unsure, it goes on the straight line to the next keyframe.

    Raises:
        EditsError: a keyframe outside the recording.
        BodycamError: a segment that does not decode.
    """
    clock = EditClock(job.recording)
    drawn = {number: _keyframes(hide, clock) for number, hide in enumerate(edits.hide) if hide.follow}
    wanted = {number: _stretches(edits.hide[number].kind, keyframes) for number, keyframes in drawn.items()}
    found = _follow(job, [stretch for stretches in wanted.values() for stretch in stretches], runner)
    return {
        number: _together(keyframes, [(stretch, found[stretch]) for stretch in wanted[number]], clock.shown)
        for number, keyframes in drawn.items()
    }


def _keyframes(hide: Hide, clock: EditClock) -> Places:
    return {clock.on_screen(each.at, hide.table): Box(*each.box) for each in hide.keyframes}


def _stretches(kind: str, keyframes: Places) -> list[FollowedStretch]:
    ordered = sorted(keyframes.items())
    onward = [FollowedStretch(kind, *one, 1, other[0]) for one, other in pairwise(ordered)]
    return [FollowedStretch(kind, *ordered[0], -1), *onward, FollowedStretch(kind, *ordered[-1], 1)]


def _together(
    keyframes: Places, stretches: Iterable[tuple[FollowedStretch, Places]], shown: NDArray[np.int64]
) -> tuple[tuple[int, Box], ...]:
    """All stretches of a box, with the straight way where one was lost before the next keyframe."""
    places = dict(keyframes)
    for stretch, found in stretches:
        places |= found
        if stretch.stop_pts is not None:
            last = max(found, default=stretch.pts)
            start, end, stop = found.get(last, stretch.box), keyframes[stretch.stop_pts], stretch.stop_pts
            for pts in shown[(shown > last) & (shown < stop)].tolist():
                places[pts] = between(start, end, (pts - last) / (stop - last))
    return tuple(sorted((places | keyframes).items()))


def _follow(job: Job, wanted: Sequence[FollowedStretch], runner: Runner) -> dict[FollowedStretch, Places]:
    """Where each stretch leads: as it was followed before, else followed now."""
    known = {stretch: _read(job, stretch) for stretch in wanted}
    found = {stretch: places for stretch, places in known.items() if places is not None}
    new = {stretch: {stretch.pts: stretch.box} for stretch in wanted if stretch not in found}
    ends = [_End(stretch, stretch.pts, stretch.box) for stretch in new]
    segments = [segment.span for segment in split(job.recording)]
    while ends:
        asked = [_entering(number, end, segments) for number, end in enumerate(ends)]
        extensions = {extension.track: extension for extension in extend_tracks(job, asked, runner)}
        ends = list(_gone_on(ends, extensions, new, job.recording))
    for stretch, places in new.items():
        _write(job, stretch, places)
    return found | new


def _entering(number: int, end: _End, segments: Sequence[Span]) -> Entering:
    """The frame at the end lies in the segment that is followed, or is the first one behind it."""
    stretch = end.stretch
    at = end.pts if stretch.direction > 0 else end.pts - 1
    segment = max(bisect_right([span.start_pts for span in segments], at) - 1, 0)
    return Entering(number, segment, stretch.kind, end.pts, end.box, stretch.direction, HOP_SECONDS)


def _gone_on(
    ends: Sequence[_End],
    extensions: Mapping[int, Extension],
    places: Mapping[FollowedStretch, Places],
    recording: Recording,
) -> Iterator[_End]:
    """Put down where each stretch went; the ends that can be followed farther."""
    first, last = recording.packets.shown_pts()[[0, -1]].tolist()
    for number, end in enumerate(ends):
        stretch, extension = end.stretch, extensions.get(number)
        rows = sorted(extension.rows, key=lambda row: row[0] * stretch.direction) if extension else []
        rows = [row for row in rows if stretch.holds(row[0])]
        sure = [(pts, box) for pts, box, origin in rows if origin != "guessed"]
        lost = len(sure) < len(rows)
        if lost:
            unsure = next(pts for pts, _, origin in rows if origin == "guessed")
            sure = [(pts, box) for pts, box in sure if (pts - unsure) * stretch.direction < 0]
        places[stretch].update(sure)
        if sure and not lost and sure[-1][0] != end.pts and sure[-1][0] not in {first, last}:
            yield _End(stretch, *sure[-1])


def _read(job: Job, stretch: FollowedStretch) -> Places | None:
    content = read_kept(_path(job, stretch), Path(job.secret_path))
    return None if content is None else {pts: Box(*box) for pts, *box in json.loads(content)}


def _write(job: Job, stretch: FollowedStretch, places: Places) -> None:
    rows = [(pts, *astuple(box)) for pts, box in sorted(places.items())]
    write_kept(_path(job, stretch), json.dumps(rows).encode(), Path(job.secret_path))


def _path(job: Job, stretch: FollowedStretch) -> Path:
    """The file of what was followed: by recording, keyframe and version."""
    difference = job.policy.detection.scene_change_difference
    key = value_sha256([job.recording.sha256, astuple(stretch), difference, HOP_SECONDS, TOOL_VERSION])
    return job.folders.internal / "followed" / f"{key[:32]}.json"
