"""Watch one segment of a recording: look at its key frames, and follow what was seen."""

from collections.abc import Iterator
from pathlib import Path

from bodycam_pipeline import _native
from bodycam_pipeline.evidence.candidates_file import read_candidates, write_candidates
from bodycam_pipeline.evidence.frames_file import write_digests
from bodycam_pipeline.read.decode import decode_segment
from bodycam_pipeline.read.planes import VideoFrame, planes
from bodycam_pipeline.steps import watching
from bodycam_pipeline.steps.key_frames import KeyFrames
from bodycam_pipeline.steps.watching import Watcher
from bodycam_pipeline.tasks.detect import DetectTask, Part
from bodycam_pipeline.values.candidates import SegmentCandidates


def warm(task: DetectTask) -> None:
    """Load the networks."""
    watching.warm(task.watching)


def detect_segment(task: DetectTask) -> SegmentCandidates:
    """Decode the segment, watch every frame, and leave the result at ``task.result_path``.

    A result that is there already, unchanged, is read and not made again.

    Raises:
        BodycamError: as decoding and the models do, with the segment named.
    """
    path, secret = Path(task.result_path), Path(task.secret_path)
    finished = read_candidates(path, secret)
    if finished is not None:
        return finished
    part = task.part
    seconds = part.packets.shown_pts() * float(part.video.time_base)
    due = KeyFrames(task.interval, seconds, thin_out=task.thin_out)
    watcher = Watcher(task.watching, part.shown, due, task.threads)
    digests: dict[int, bytes] = {}
    for pts, frame in frames_of(part):
        watcher.see(pts, frame)
        if frame is not None and task.digests_path is not None:
            digests[pts] = _native.frame_digest(frame)
    found = SegmentCandidates(part.segment.number, watcher.finish(border_frame(part)))
    if task.digests_path is not None:
        write_digests(digests, Path(task.digests_path), secret)
    write_candidates(found, path, secret)
    return found


def frames_of(part: Part) -> Iterator[tuple[int, _native.Planes | None]]:
    """The segment's frames by their pts, in order of time; None where one does not decode."""
    for source in decode_segment(part.address, part.video, part.packets, part.segment):
        yield source.pts, None if source.frame is None else borrow_planes(part, source.frame)


def border_frame(part: Part) -> tuple[int, _native.Planes] | None:
    """The next segment's first frame; None where there is none, or where it does not decode alone."""
    if part.border is None or not part.border.shown.all():
        return None
    for source in decode_segment(part.address, part.video, part.border, part.segment):
        return None if source.frame is None else (source.pts, borrow_planes(part, source.frame))
    return None


def borrow_planes(part: Part, frame: VideoFrame) -> _native.Planes:
    """The planes of what the segment's own frames cover of the canvas."""
    return planes(frame, size=(part.shown.width, part.shown.height))
