"""Render one segment: carry over what nobody needs to hide, redact and encode the rest."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from bodycam_pipeline import _native
from bodycam_pipeline.evidence.frames_file import read_digests
from bodycam_pipeline.evidence.signatures_file import signatures_path, write_signatures
from bodycam_pipeline.h264.copying import joining
from bodycam_pipeline.kept import read_kept, write_kept
from bodycam_pipeline.mp4.encode import encode
from bodycam_pipeline.mp4.samples import CodedSpan, finished_segment, write_segment
from bodycam_pipeline.mp4.stream_copy import stream_copy
from bodycam_pipeline.read.blank import blank_frame
from bodycam_pipeline.read.decode import SourceFrame, decode_segment
from bodycam_pipeline.read.planes import VideoFrame, planes
from bodycam_pipeline.rules.copying import copy_spans
from bodycam_pipeline.tasks.render import RenderTask
from bodycam_pipeline.values.encoded import EncodedSegment
from bodycam_pipeline.values.errors import DamagedRecordingError, Place
from bodycam_pipeline.values.plan import PlanPart
from bodycam_pipeline.values.recording import PacketIndex, VideoFacts


def render_segment(task: RenderTask) -> EncodedSegment:
    """Copy the GOPs that the plan leaves alone, hide in all others what the plan says, and leave the coded samples
    at ``task.result_path``, with signatures of the frames that were encoded beside them.

    Samples that are there already, unchanged, are not made again.

    Raises:
        DamagedRecordingError: a frame that cannot be decoded and that nobody withheld.
        BodycamError: as decoding and encoding do.
    """
    finished = finished_segment(task.result_path) if signatures_path(task.result_path).exists() else None
    vouched = None if finished is None else read_kept(task.voucher, task.secret)
    if finished is not None and vouched == _facts(finished):
        return finished
    return write_segment(
        task.result_path, _spans(task), lambda made: write_kept(task.voucher, _facts(made), task.secret)
    )


def _facts(segment: EncodedSegment) -> bytes:
    """All that the join and the verification believe of a segment."""
    columns = (segment.pts, segment.size_bytes, segment.keyframe, segment.copied, segment.source_sha256)
    digest = hashlib.sha256(b"".join(column.tobytes() for column in columns)).hexdigest()
    return " ".join((segment.sha256, digest, *(each.hex() for each in segment.parameter_sets))).encode()


def _spans(task: RenderTask) -> Iterator[CodedSpan]:
    together = joining(task.video, task.encoding)
    signatures: dict[int, bytes] = {}
    for run in copy_spans(task.packets, task.plan, together.reorder if together else None):
        packets = task.packets.part(run.first, run.end)
        if run.copied and together:
            yield stream_copy(task.address, task.video, packets, together, _digests(task, packets))
        else:
            frames = _with_signatures(_redacted(task, packets), signatures)
            yield encode(frames, task.video, task.encoding, together)
    write_signatures(signatures, signatures_path(task.result_path), task.secret)


def _with_signatures(frames: Iterator[VideoFrame], signatures: dict[int, bytes]) -> Iterator[VideoFrame]:
    """The same frames, noted on their way to the encoder."""
    for frame in frames:
        signatures[frame.pts or 0] = _native.frame_block_means(planes(frame)).tobytes()
        yield frame


def _digests(task: RenderTask, packets: PacketIndex) -> dict[int, bytes]:
    """What the recording's frames decode to: as the first pass found it, else from decoding them now."""
    known = read_digests(Path(task.digests_path), task.secret)
    if known.keys() >= set(packets.pts.tolist()):
        return known
    frames = decode_segment(task.address, task.video, packets, task.segment)
    return {source.pts: _native.frame_digest(planes(_decoded(source))) for source in frames}


def _redacted(task: RenderTask, packets: PacketIndex) -> Iterator[VideoFrame]:
    for source in decode_segment(task.address, task.video, packets, task.segment):
        try:
            yield released_frame(source, task.video, task.plan)
        except DamagedRecordingError as error:
            raise error.at(Place(segment=task.segment.number)) from None


def released_frame(source: SourceFrame, video: VideoFacts, plan: PlanPart) -> VideoFrame:
    """Make the frame that a release shows at this time, as it goes to the encoder; the source's pixels are changed.

    Raises:
        DamagedRecordingError: it could not be decoded, and nobody withheld it.
    """
    if plan.is_withheld(source.pts):
        return blank_frame(video, source.pts)
    frame = _decoded(source)
    regions, styles, seeds, codes = plan.at(source.pts)
    if len(regions):
        borrowed, colour, upright = planes(frame, writable=True), black(full_range=video.full_range), video.orientation
        _native.redact(borrowed, regions, style=styles, seeds=seeds, colour=colour, codes=codes, orientation=upright)
    return frame


def _decoded(source: SourceFrame) -> VideoFrame:
    if source.frame is None:
        raise DamagedRecordingError(
            "a frame could not be decoded",
            remedy="Withhold its time in edits.toml, or obtain an undamaged copy of the recording.",
            where=Place(pts=source.pts),
        )
    return source.frame


def black(*, full_range: bool) -> tuple[int, int, int]:
    """Y, Cb, Cr of black (ITU-T H.273, 8 bit): 16 where samples leave head room, 0 where they use the full range."""
    return (0 if full_range else 16), 128, 128
