"""The second look at one segment of the finished file, by a network that is not the painter."""

from dataclasses import dataclass, field
from pathlib import Path

from bodycam_pipeline._native import Planes
from bodycam_pipeline.evidence.looks_file import read_looks, write_looks
from bodycam_pipeline.media.decode import decode_segment
from bodycam_pipeline.media.planes import planes
from bodycam_pipeline.values.detection import Look
from bodycam_pipeline.values.looks import Looks, SegmentLooks
from bodycam_pipeline.values.model import Model
from bodycam_pipeline.values.policy import DetectionRule
from bodycam_pipeline.values.recording import PacketIndex, Segment, VideoFacts
from bodycam_pipeline.vision.detector import Detector


@dataclass(frozen=True)
class Audit:
    """Who looks at a segment once more, and where what they see is kept.

    Attributes:
        auditors: Who looks, each with its scales.
        stride: Every how many frames, from the segment's first.
        result_path: Where the looks are kept, under the digest of the file they are of.
        secret_path: Where the job's secret lies, under which they are kept.
    """

    auditors: tuple[tuple[Model, DetectionRule], ...]
    stride: int
    result_path: str
    secret_path: str

    def kept(self) -> SegmentLooks | None:
        """What was seen and kept before."""
        return read_looks(Path(self.result_path), Path(self.secret_path))


@dataclass(frozen=True)
class AuditTask:
    """All that one segment's second look needs.

    Attributes:
        address, video, packets, segment: Of the finished file, as probed.
        audit: Who looks.
    """

    address: str
    video: VideoFacts
    packets: PacketIndex
    segment: Segment
    audit: Audit


@dataclass
class Auditing:
    """A second look that goes on frame by frame, beside whatever else the frames are decoded for."""

    audit: Audit
    video: VideoFacts
    _frames: int = 0
    _looks: list[Look] = field(default_factory=list)
    _undecodable: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Open the networks."""
        self._detectors = [Detector((model,), rule, self.video, enlarge=True) for model, rule in self.audit.auditors]

    def look(self, pts: int, frame: Planes | None) -> None:
        """Take the next frame of the segment; None where it did not decode."""
        due = self._frames % self.audit.stride == 0
        self._frames += 1
        if frame is None:
            self._undecodable.append(pts)
        elif due:
            found = [d for detector in self._detectors for d in detector.look([(pts, frame)])[0].detections]
            self._looks.append(Look(pts, cut=False, detections=tuple(found)))

    def keep(self, segment: Segment) -> SegmentLooks:
        """Leave what was seen at the audit's path."""
        seen = SegmentLooks(segment.number, Looks.of(self._looks), tuple(self._undecodable))
        write_looks(seen, Path(self.audit.result_path), Path(self.audit.secret_path))
        return seen


def auditing(audit: Audit | None, video: VideoFacts) -> Auditing | None:
    """A second look to be made; None where nobody looks, or where it was made before and is kept.

    Raises:
        ModelError: a model that cannot be loaded.
    """
    made = audit is None or audit.kept() is not None
    return None if audit is None or made else Auditing(audit, video)


def audit_segment(task: AuditTask) -> SegmentLooks:
    """Decode the segment, look, and leave the result at its path; one that is there is not made again.

    Raises:
        BodycamError: as decoding and the model do.
    """
    finished = task.audit.kept()
    if finished is not None:
        return finished
    going = Auditing(task.audit, task.video)
    for source in decode_segment(task.address, task.video, task.packets, task.segment):
        going.look(source.pts, None if source.frame is None else planes(source.frame))
    return going.keep(task.segment)
