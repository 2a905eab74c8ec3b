"""Redact and encode one segment."""

from collections.abc import Iterator
from dataclasses import dataclass

from bodycam_pipeline import _native
from bodycam_pipeline.media.blank import blank_frame
from bodycam_pipeline.media.decode import SourceFrame, decode_segment
from bodycam_pipeline.media.encode import encode_segment
from bodycam_pipeline.media.planes import VideoFrame, planes
from bodycam_pipeline.media.samples import finished_segment
from bodycam_pipeline.values.encoded import EncodedSegment
from bodycam_pipeline.values.errors import DamagedRecordingError, Place
from bodycam_pipeline.values.plan import PlanPart
from bodycam_pipeline.values.policy import EncodingRule, RedactionRule
from bodycam_pipeline.values.recording import PacketIndex, Segment, VideoFacts


@dataclass(frozen=True)
class RenderTask:
    """All that one segment's rendering needs."""

    address: str
    video: VideoFacts
    packets: PacketIndex
    segment: Segment
    plan: PlanPart
    redaction: RedactionRule
    encoding: EncodingRule
    result_path: str


def render_segment(task: RenderTask) -> EncodedSegment:
    """Decode the segment again, hide what the plan says, and leave the coded samples at ``task.result_path``.

    Samples that are there already, unchanged, are not made again.

    Raises:
        DamagedRecordingError: a frame that cannot be decoded and that nobody withheld.
        BodycamError: as decoding and encoding do.
    """
    finished = finished_segment(task.result_path)
    return finished or encode_segment(_redacted(task), task.video, task.encoding, task.result_path)


def _redacted(task: RenderTask) -> Iterator[VideoFrame]:
    for source in decode_segment(task.address, task.video, task.packets, task.segment):
        if task.plan.is_withheld(source.pts):
            yield blank_frame(task.video, source.pts)
        else:
            yield _hidden(source, task)


def _hidden(source: SourceFrame, task: RenderTask) -> VideoFrame:
    if source.frame is None:
        raise DamagedRecordingError(
            "a frame could not be decoded",
            remedy="Withhold its time in edits.toml, or obtain an undamaged copy of the recording.",
            where=Place(segment=task.segment.number, pts=source.pts),
        )
    regions, seeds = task.plan.at(source.pts)
    if len(regions):
        colour = black(full_range=task.video.full_range)
        borrowed = planes(source.frame, writable=True)
        _native.redact(borrowed, regions, style=task.redaction.style, seeds=seeds, colour=colour)
    return source.frame


def black(*, full_range: bool) -> tuple[int, int, int]:
    """Y, Cb, Cr of black (ITU-T H.273, 8 bit): 16 where samples leave head room, 0 where they use the full range."""
    return (0 if full_range else 16), 128, 128
