"""Look at every frame of one segment."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from bodycam_pipeline import _native
from bodycam_pipeline.evidence.frames_file import write_digests
from bodycam_pipeline.evidence.looks_file import read_looks, write_looks
from bodycam_pipeline.media.decode import SourceFrame, decode_segment
from bodycam_pipeline.media.planes import planes
from bodycam_pipeline.rules.camera import picture_shift
from bodycam_pipeline.values.detection import Look
from bodycam_pipeline.values.looks import Looks, SegmentLooks
from bodycam_pipeline.values.model import Model
from bodycam_pipeline.values.policy import DetectionRule
from bodycam_pipeline.values.recording import PacketIndex, Segment, VideoFacts
from bodycam_pipeline.vision.detector import Detector

BATCH_FRAMES = 4
"""Frames alive at once: enough to share a session call, few enough for a 4K recording on a small machine."""


@dataclass(frozen=True)
class DetectTask:
    """All that one segment's detection needs.

    Attributes:
        result_path: Where the looks go.
        secret_path: Where the job's secret lies, under which they are kept.
        digests_path: Where the digests of the decoded frames go, so that carried over frames can be held against them;
            None where nobody will ask.
    """

    address: str
    video: VideoFacts
    packets: PacketIndex
    segment: Segment
    models: tuple[Model, ...]
    rule: DetectionRule
    result_path: str
    secret_path: str
    digests_path: str | None = None


def detect_segment(task: DetectTask) -> SegmentLooks:
    """Decode the segment, look at every frame, and leave the result at ``task.result_path``.

    A result that is there already, unchanged, is read and not made again.

    Raises:
        BodycamError: as decoding and the models do, with the segment named.
    """
    path, secret = Path(task.result_path), Path(task.secret_path)
    finished = read_looks(path, secret)
    if finished is not None:
        return finished
    detector = Detector(task.models, task.rule, task.video, motion=picture_shift)
    looks: list[Look] = []
    undecodable: list[int] = []
    digests: dict[int, bytes] = {}
    for batch in _batches(decode_segment(task.address, task.video, task.packets, task.segment)):
        undecodable += [source.pts for source in batch if source.frame is None]
        decoded = [(source.pts, planes(source.frame)) for source in batch if source.frame is not None]
        looks += detector.look(decoded)
        if task.digests_path is not None:
            digests |= {pts: _native.frame_digest(frame) for pts, frame in decoded}
    seen = SegmentLooks(task.segment.number, Looks.of(looks), tuple(undecodable))
    if task.digests_path is not None:
        write_digests(digests, Path(task.digests_path), secret)
    write_looks(seen, path, secret)
    return seen


def _batches(frames: Iterable[SourceFrame]) -> Iterator[list[SourceFrame]]:
    iterator = iter(frames)
    while batch := list(islice(iterator, BATCH_FRAMES)):
        yield batch
