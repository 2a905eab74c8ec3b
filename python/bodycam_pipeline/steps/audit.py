"""The second look at one segment of the finished file, by networks that are not the detectors."""

from pathlib import Path

from bodycam_pipeline._native import Planes
from bodycam_pipeline.evidence.candidates_file import write_candidates
from bodycam_pipeline.steps import watching
from bodycam_pipeline.steps.detect import border_frame, frames_of
from bodycam_pipeline.steps.key_frames import NamedFrames
from bodycam_pipeline.steps.watching import Watcher
from bodycam_pipeline.tasks.audit import Audit, AuditTask
from bodycam_pipeline.values.candidates import SegmentCandidates
from bodycam_pipeline.values.recording import VideoFacts


def warm(task: AuditTask) -> None:
    """Load the networks."""
    watching.warm(task.audit.watching)


class Auditing:
    """A second look that goes on frame by frame, beside whatever else the frames are decoded for."""

    def __init__(self, audit: Audit, video: VideoFacts) -> None:
        """Open the networks.

        Raises:
            ModelError: a model that cannot be loaded.
        """
        self._audit = audit
        self._watcher = Watcher(audit.watching, video, NamedFrames(audit.due), audit.threads)

    def look(self, pts: int, frame: Planes | None) -> None:
        """Take the next frame of the segment; None where it did not decode."""
        self._watcher.see(pts, frame)

    def keep(self, segment: int, border: tuple[int, Planes] | None) -> SegmentCandidates:
        """Follow what was seen, and leave it at the audit's path."""
        seen = SegmentCandidates(segment, self._watcher.finish(border))
        write_candidates(seen, Path(self._audit.result_path), Path(self._audit.secret_path))
        return seen


def auditing(audit: Audit | None, video: VideoFacts) -> Auditing | None:
    """A second look to be made; None where nobody looks, or where it was made before and is kept.

    Raises:
        ModelError: a model that cannot be loaded.
    """
    made = audit is None or audit.kept() is not None
    return None if audit is None or made else Auditing(audit, video)


def audit_segment(task: AuditTask) -> SegmentCandidates:
    """Decode the segment, look, and leave the result at its path; one that is there is not made again.

    Raises:
        BodycamError: as decoding and the model do.
    """
    finished = task.audit.kept()
    if finished is not None:
        return finished
    going = Auditing(task.audit, task.part.video)
    for pts, frame in frames_of(task.part):
        going.look(pts, frame)
    return going.keep(task.part.segment.number, border_frame(task.part))
