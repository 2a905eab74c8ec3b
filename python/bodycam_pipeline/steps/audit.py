"""The second look at one segment of the finished file, by networks that are not the detectors."""

from dataclasses import dataclass
from pathlib import Path

from bodycam_pipeline._native import Planes
from bodycam_pipeline.evidence.candidates_file import read_candidates, write_candidates
from bodycam_pipeline.steps.detect import Part, frames_of
from bodycam_pipeline.steps.watching import Watcher, Watching
from bodycam_pipeline.values.candidates import SegmentCandidates
from bodycam_pipeline.values.needs import Needs
from bodycam_pipeline.values.recording import VideoFacts


@dataclass(frozen=True)
class Audit:
    """Who looks at a segment once more, at which frames, and where what they see is kept.

    Attributes:
        watching: Who looks.
        due: The pts of the frames at which they look, in the finished file's clock.
        threads: How many frames they look at side by side.
        result_path: Where the candidates are kept, under the digest of the file they are of.
        secret_path: Where the job's secret lies, under which they are kept.
    """

    watching: Watching
    due: tuple[int, ...]
    threads: int
    result_path: str
    secret_path: str

    def kept(self) -> SegmentCandidates | None:
        """What was seen and kept before."""
        return read_candidates(Path(self.result_path), Path(self.secret_path))


@dataclass(frozen=True)
class AuditTask:
    """All that one segment's second look needs: the segment of the finished file, and who looks."""

    part: Part
    audit: Audit

    def needs(self) -> Needs:
        """What it opens."""
        audit = self.audit
        folder = str(Path(audit.result_path).parent)
        read = (audit.secret_path, *audit.watching.models)
        return Needs((self.part.address,), read, (folder,), audit.watching.provider)

    def warm(self) -> None:
        """Load the networks."""
        self.audit.watching.warm()


class Auditing:
    """A second look that goes on frame by frame, beside whatever else the frames are decoded for."""

    def __init__(self, audit: Audit, video: VideoFacts) -> None:
        """Open the networks.

        Raises:
            ModelError: a model that cannot be loaded.
        """
        due = frozenset(audit.due)
        self._audit = audit
        self._watcher = Watcher(audit.watching, video, lambda pts, _: pts in due, audit.threads)

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
    return going.keep(task.part.segment.number, task.part.border_frame())
