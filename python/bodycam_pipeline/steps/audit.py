"""The second look at one segment of the finished file, by a network that is not the painter."""

from dataclasses import dataclass
from pathlib import Path

from bodycam_pipeline.evidence.looks_file import read_looks, write_looks
from bodycam_pipeline.media.decode import decode_segment
from bodycam_pipeline.media.planes import planes
from bodycam_pipeline.values.detection import Look, SegmentLooks
from bodycam_pipeline.values.model import Model
from bodycam_pipeline.values.policy import DetectionRule
from bodycam_pipeline.values.recording import PacketIndex, Segment, VideoFacts
from bodycam_pipeline.vision.detector import Detector


@dataclass(frozen=True)
class AuditTask:
    """All that one segment's second look needs.

    Attributes:
        address, video, packets, segment: Of the finished file, as probed.
        auditors: Who looks, each with its scales.
        stride: Every how many frames, from the segment's first.
        result_path: Where the looks are kept, under the digest of the file they are of.
    """

    address: str
    video: VideoFacts
    packets: PacketIndex
    segment: Segment
    auditors: tuple[tuple[Model, DetectionRule], ...]
    stride: int
    result_path: str


def audit_segment(task: AuditTask) -> SegmentLooks:
    """Decode the segment, look, and leave the result at ``task.result_path``; one that is there is not made again.

    Raises:
        BodycamError: as decoding and the model do.
    """
    path = Path(task.result_path)
    finished = read_looks(path)
    if finished is not None:
        return finished
    detectors = [Detector((model,), rule, task.video, enlarge=True) for model, rule in task.auditors]
    looks: list[Look] = []
    undecodable: list[int] = []
    for number, source in enumerate(decode_segment(task.address, task.video, task.packets, task.segment)):
        if source.frame is None:
            undecodable.append(source.pts)
        elif number % task.stride == 0:
            borrowed = planes(source.frame)
            found = [d for detector in detectors for d in detector.look([(source.pts, borrowed)])[0].detections]
            looks.append(Look(source.pts, cut=False, detections=tuple(found)))
    seen = SegmentLooks(task.segment.number, tuple(looks), tuple(undecodable))
    write_looks(seen, path)
    return seen
