"""Boxes that a person drew once, followed both ways through the recording until the follower is unsure."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bodycam_pipeline.passes import extend_tracks
from bodycam_pipeline.release.job import Job
from bodycam_pipeline.rules.editing import Followed
from bodycam_pipeline.rules.segments import split
from bodycam_pipeline.running.runner import Runner
from bodycam_pipeline.values.edits import Edits, Hide
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.recording import Recording
from bodycam_pipeline.values.timeline import Span
from bodycam_pipeline.values.track import Entering, Extension

HOP_SECONDS = 8.0
"""A box is followed so far at once: the luma of that much is kept."""


@dataclass(frozen=True, slots=True)
class _End:
    """One end of what was followed so far."""

    number: int
    direction: int
    pts: int
    box: Box


def follow_drawn(job: Job, edits: Edits, runner: Runner) -> Followed:
    """Where each box of ``[[hide]]`` with ``follow = true`` is, by its position among the hides.

    A box goes both ways, from segment to segment, until the follower is unsure, the scene changes, it leaves the
    picture, or the recording ends. What was only guessed is not part of it.

    Raises:
        BodycamError: a segment that does not decode.
    """
    places, ends = {}, []
    for number, hide in enumerate(edits.hide):
        if hide.follow:
            pts, box = _drawn(hide, job.recording)
            places[number] = {pts: box}
            ends += [_End(number, direction, pts, box) for direction in (-1, 1)]
    segments = [segment.span for segment in split(job.recording)]
    while ends:
        asked = [_entering(end, segments) for end in ends]
        found = {(e.track, e.direction): e for e in extend_tracks(job, asked, runner)}
        ends = list(_gone_on(ends, found, places, job.recording))
    return {number: tuple(sorted(of.items())) for number, of in places.items()}


def _drawn(hide: Hide, recording: Recording) -> tuple[int, Box]:
    shown, (keyframe,) = recording.packets.shown_pts(), hide.keyframes
    position = int(np.searchsorted(shown, int(keyframe.at / recording.video.time_base), side="right")) - 1
    return int(shown[max(position, 0)]), Box(*keyframe.box)


def _entering(end: _End, segments: Sequence[Span]) -> Entering:
    """The frame at the end lies in the segment that is followed, or is the first one behind it."""
    at = end.pts if end.direction > 0 else end.pts - 1
    number = max(bisect_right([span.start_pts for span in segments], at) - 1, 0)
    return Entering(end.number, number, "face", end.pts, end.box, end.direction, HOP_SECONDS)


def _gone_on(
    ends: Iterable[_End],
    found: dict[tuple[int, int], Extension],
    places: dict[int, dict[int, Box]],
    recording: Recording,
) -> Iterator[_End]:
    """Put down where each box went; the ends that can be followed farther."""
    first, last = recording.packets.shown_pts()[[0, -1]].tolist()
    for end in ends:
        extension = found.get((end.number, end.direction))
        rows = sorted(extension.rows, key=lambda row: row[0] * end.direction) if extension else []
        sure = [(pts, box) for pts, box, origin in rows if origin != "guessed"]
        lost = len(sure) < len(rows)
        if lost:
            unsure = next(pts for pts, _, origin in rows if origin == "guessed")
            sure = [(pts, box) for pts, box in sure if (pts - unsure) * end.direction < 0]
        places[end.number] |= dict(sure)
        if sure and not lost and sure[-1][0] != end.pts and sure[-1][0] not in {first, last}:
            yield _End(end.number, end.direction, *sure[-1])
