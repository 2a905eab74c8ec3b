"""A recording from end to end, with nothing redacted: what most media tests start from."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from bodycam_pipeline._native import frame_digest
from bodycam_pipeline.mp4.encode import encode
from bodycam_pipeline.mp4.samples import write_segment
from bodycam_pipeline.mp4.write import write_mp4
from bodycam_pipeline.read.blank import blank_frame
from bodycam_pipeline.read.decode import SourceFrame, decode_segment
from bodycam_pipeline.read.planes import planes
from bodycam_pipeline.read.working import to_working_format
from bodycam_pipeline.rules.segments import split
from bodycam_pipeline.values.encoded import EncodedAudio, EncodedSegment
from bodycam_pipeline.values.policy import EncodingRule
from bodycam_pipeline.values.recording import Recording, Segment, VideoFacts

SHORT_MS = 200
"""Segments so short that even a second of recording has several."""

FAST = EncodingRule(preset="ultrafast")


def decode(recording: Recording, segment: Segment) -> Iterator[SourceFrame]:
    packets = recording.packets.part(segment.first_packet, segment.end_packet)
    return decode_segment(recording.address, recording.video, packets, segment)


def all_frames(recording: Recording, target_ms: int = SHORT_MS) -> Iterator[SourceFrame]:
    """Every frame, decoded segment by segment."""
    for segment in split(recording, target_ms=target_ms):
        yield from decode(recording, segment)


def digest(frame: av.VideoFrame) -> str:
    """The digest of the packed planes."""
    return frame_digest(planes(frame)).hex()


def whole_file_digests(address: Path, video: VideoFacts) -> list[str]:
    """Every frame of one uninterrupted decode, in the order in which they come out, as FFmpeg alone would give them."""
    with av.open(str(address)) as container:
        stream = next(s for s in container.streams.video if s.index == video.stream_index)
        stream.codec_context.thread_count = 1
        return [digest(to_working_format(frame, video)) for frame in decode_whole(container, stream)]


def decode_whole(container: InputContainer, stream: VideoStream) -> Iterator[av.VideoFrame]:
    """Every frame; as in the ffmpeg tool, a packet without a picture ends nothing."""
    for packet in container.demux(stream):
        with suppress(av.InvalidDataError):
            yield from packet.decode()


def encode_segment(
    frames: Iterable[av.VideoFrame], video: VideoFacts, rule: EncodingRule, path: Path
) -> EncodedSegment:
    """One encoded span as a segment."""
    return write_segment(path, [encode(frames, video, rule)])


def encode_all(
    recording: Recording, folder: Path, rule: EncodingRule = FAST, target_ms: int = SHORT_MS
) -> list[EncodedSegment]:
    """Every segment, encoded as it is; what does not decode is black."""
    return [
        encode_segment(
            (source.frame or blank_frame(recording.video, source.pts) for source in decode(recording, segment)),
            recording.video,
            rule,
            folder / f"{segment.number:06d}.samples",
        )
        for segment in split(recording, target_ms=target_ms)
    ]


def release(recording: Recording, folder: Path, sound: EncodedAudio | None = None) -> Path:
    """The finished file."""
    folder.mkdir(exist_ok=True)
    path = folder / "release.mp4"
    write_mp4(path, recording, encode_all(recording, folder), [sound] if sound else [])
    return path
