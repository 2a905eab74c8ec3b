"""Decode one segment, exactly: its packets and no others, its frames and no fewer."""

import hashlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Literal, TypeAlias

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from bodycam_pipeline.h264.nal import length_size, units
from bodycam_pipeline.read.container import (
    decode_packet,
    open_container,
    prepare_decoder,
    recording_changed,
    video_stream,
)
from bodycam_pipeline.read.full_frames import full_frames
from bodycam_pipeline.read.working import to_working_format
from bodycam_pipeline.schemes import place
from bodycam_pipeline.values.errors import Place, UnreadableRecordingError, UnsupportedRecordingError
from bodycam_pipeline.values.recording import PacketIndex, Segment, VideoFacts

_EARLIER_SECONDS = (0, 2)
"""How far before a segment the search for its first packet begins; transport streams need a running start."""

_MOST_EARLY_FRAMES = 8
"""Frames that may come out before one whose time is earlier. The decoder sorts by the order that the pictures state,
and a camera's container has been seen to contradict it by three frames; a frame that is late by more is missing."""

_MARKED_AT_A_JOIN = 2
"""Packets at the end of a part that may be marked as incomplete only because another file was joined to it."""

Packet: TypeAlias = "av.Packet[VideoStream]"


@dataclass(frozen=True, slots=True)
class SourceFrame:
    """A frame that the recording presents.

    Attributes:
        pts: When.
        frame: Its pixels, 8-bit 4:2:0; None where the decoder gave nothing that can be trusted.
    """

    pts: int
    frame: av.VideoFrame | None


def decode_segment(address: str, video: VideoFacts, packets: PacketIndex, segment: Segment) -> Iterator[SourceFrame]:
    """Every frame of a segment, in order of time, bit for bit as in a decode of the whole recording.

    Packets are compared with the index before they are decoded. Memory: the frames that the codec itself holds back.

    Args:
        address: The recording.
        video: Its video track.
        packets: The segment's part of the index.
        segment: Which one; named in errors.

    Yields:
        One `SourceFrame` for each shown pts.

    Raises:
        UnreadableRecordingError: the file no longer holds these packets.
        UnsupportedRecordingError: the decoder gives frames of another size, or frames that no packet announces.
    """
    try:
        joined = video.part_number(int(packets.pts[0])) < video.part_number(segment.span.end_pts)
        frames = decode_frames(address, video, packets, joined=joined)
        sources = _paired(frames, packets.shown_pts().tolist(), video)
        yield from _deinterlaced(sources, video.deinterlaced) if video.deinterlaced else sources
    except (UnreadableRecordingError, UnsupportedRecordingError) as error:
        raise error.at(Place(recording=place(address).recording, segment=segment.number)) from None


def _deinterlaced(sources: Iterator[SourceFrame], first_field: Literal["top", "bottom"]) -> Iterator[SourceFrame]:
    """The same frames as full ones; what did not decode lends no lines to its neighbours."""
    for decodes, run in groupby(sources, key=lambda source: source.frame is not None):
        if not decodes:
            yield from run
            continue
        for frame in full_frames((source.frame for source in run if source.frame), first_field):
            yield SourceFrame(frame.pts or 0, frame)


def _paired(frames: Iterator[av.VideoFrame], wanted: list[int], video: VideoFacts) -> Iterator[SourceFrame]:
    """Match frames with the times at which they are expected; what does not come is None, what is too much refused."""
    waiting = deque(wanted)
    expected = set(wanted)
    early: dict[int, av.VideoFrame] = {}
    for frame in frames:
        if frame.pts not in expected:
            raise _unexpected(frame)
        expected.remove(frame.pts)
        early[frame.pts] = frame
        while waiting and (waiting[0] in early or len(early) > _MOST_EARLY_FRAMES):
            expected.discard(waiting[0])
            yield _source_frame(waiting[0], early.pop(waiting.popleft(), None), video)
    for pts in waiting:
        yield _source_frame(pts, early.pop(pts, None), video)


def _source_frame(pts: int, frame: av.VideoFrame | None, video: VideoFacts) -> SourceFrame:
    if frame is None or frame.is_corrupt:
        return SourceFrame(pts, None)
    return SourceFrame(pts, to_working_format(frame, video))


def _unexpected(frame: av.VideoFrame) -> UnsupportedRecordingError:
    return UnsupportedRecordingError(
        "the decoder gives a frame at a time at which no packet announces one",
        remedy="The file's times are contradictory: re-wrap a copy with correct times.",
        where=Place(pts=frame.pts),
    )


def read_units(address: str, video: VideoFacts, packets: PacketIndex) -> Iterator[Iterator[bytes]]:
    """The NAL units of each indexed packet of an H.264 track; nothing is decoded.

    Raises:
        UnreadableRecordingError: the file no longer holds these packets.
    """
    with open_container(address) as container:
        stream = video_stream(container, video.stream_index, address)
        length_bytes = length_size("h264", stream.codec_context.extradata or b"")
        for packet in _found_packets(container, stream, video, packets, address):
            yield units(bytes(packet), length_bytes)


def decode_frames(
    address: str, video: VideoFacts, packets: PacketIndex, *, joined: bool = False
) -> Iterator[av.VideoFrame]:
    """The frames of a segment as the decoder gives them, in the track's clock and of whatever size they are.

    Args:
        address: The recording.
        video: Its video track.
        packets: The segment's part of the index.
        joined: Whether a part of another size or coding follows. Counters jump where files were joined, and FFmpeg
            marks one of the two packets before the jump as incomplete: that is no sign of a loss.

    Raises:
        UnreadableRecordingError: the file no longer holds these packets.
    """
    with open_container(address) as container:
        stream = video_stream(container, video.stream_index, address)
        prepare_decoder(stream, address)
        if (header := video.format_at(int(packets.pts[0])).header) is not None:
            stream.codec_context.extradata = header
        if video.codec == "h264":
            _allow_reordering(stream, packets)
        spoiled: set[int] = set()
        found = _found_packets(container, stream, video, packets, address)
        checked = len(packets) - (_MARKED_AT_A_JOIN if joined else 0)
        for frame in _all_decoded(stream, found, packets, spoiled, checked):
            if frame.pts not in spoiled:
                frame.time_base = video.time_base
                yield frame


def _all_decoded(
    stream: VideoStream, found: Iterator[Packet], packets: PacketIndex, spoiled: set[int], checked: int
) -> Iterator[av.VideoFrame]:
    """What comes out, to the last frame.

    The times of packets that arrived incomplete, among the first ``checked``, are added to ``spoiled``.
    """
    for number, packet in enumerate(found):
        packet.pts = int(packets.pts[number])  # the index may know better than the container: see `learn`
        if packet.is_corrupt and number < checked:
            spoiled.add(packet.pts)
        yield from decode_packet(stream, packet)
    yield from decode_packet(stream, None)


def _allow_reordering(stream: VideoStream, packets: PacketIndex) -> None:
    """Let the decoder hold back as many frames as this segment reorders.

    FFmpeg guesses the number from a recording's first frames, and drops frames where a later GOP needs more.
    """
    stream.codec_context.reorder_depth = max(stream.codec_context.reorder_depth, packets.reorder_depth())


def _found_packets(
    container: InputContainer, stream: VideoStream, video: VideoFacts, packets: PacketIndex, address: str
) -> Iterator[Packet]:
    """Exactly the indexed packets, whatever the container's seeking does."""
    first = _first_packet(container, stream, packets) if video.packet_ticks is None else None
    if first is not None:
        yield from _checked(first, packets, address)
        return
    with open_container(address) as fresh:  # seeking fails, or leads elsewhere: read from the start
        again = video_stream(fresh, stream.index, address)
        first = _scan(_timed(fresh, again, video), packets, give_up_after=False)
        if first is None:
            raise recording_changed(address)
        yield from _checked(first, packets, address)


def _timed(container: InputContainer, stream: VideoStream, video: VideoFacts) -> Iterator[Packet]:
    """Every packet of the track; where the file carries no times, with those that its number gives it."""
    for number, packet in enumerate(packet for packet in container.demux(stream) if packet.size):
        if video.packet_ticks is not None:
            packet.dts = number * video.packet_ticks
        yield packet


def _checked(first: tuple[Packet, Iterator[Packet]], packets: PacketIndex, address: str) -> Iterator[Packet]:
    start, rest = first
    yield start
    for number in range(1, len(packets)):
        packet = next(rest, None)
        if packet is None or not _is_indexed(packet, packets, number):
            raise recording_changed(address)
        yield packet


def _first_packet(
    container: InputContainer, stream: VideoStream, packets: PacketIndex
) -> tuple[Packet, Iterator[Packet]] | None:
    for seconds in _EARLIER_SECONDS:
        target = int(packets.dts[0]) - int(seconds / (stream.time_base or 1))
        try:
            container.seek(target, stream=stream)
        except av.error.FFmpegError:
            continue
        found = _scan((packet for packet in container.demux(stream) if packet.size), packets, give_up_after=True)
        if found is not None:
            return found
    return None


def _scan(
    rest: Iterator[Packet], packets: PacketIndex, *, give_up_after: bool
) -> tuple[Packet, Iterator[Packet]] | None:
    """Read on to the first indexed packet."""
    for packet in rest:
        if _is_indexed(packet, packets, 0):
            return packet, rest
        if give_up_after and _is_later(packet, packets):
            return None
    return None


def _is_later(packet: Packet, packets: PacketIndex) -> bool:
    """Whether the segment's first packet cannot follow any more."""
    if packet.dts is not None:
        return bool(packet.dts > packets.dts[0] and packet.dts > packets.pts[0])
    return packet.pts is not None and bool(packet.pts > packets.pts.max())


def _is_indexed(packet: Packet, packets: PacketIndex, number: int) -> bool:
    """Whether this is the packet. One of its two times is enough: each is a guess of FFmpeg's in some container, and
    guesses change after a jump (Matroska stores no dts, AVI no pts); its bytes must be the same to the last.
    """
    if packet.size != packets.size_bytes[number]:
        return False
    if packet.dts != packets.dts[number] and packet.pts != packets.pts[number]:
        return False
    return bool(packets.sha256[number].tobytes() == hashlib.sha256(packet).digest())
