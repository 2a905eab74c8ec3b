"""Learn everything about a recording that rendering needs, from the file itself and not from its header's word."""

import hashlib
import os
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from typing import BinaryIO, Literal

import av
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream

from bodycam_pipeline.h264.nal import parameter_sets
from bodycam_pipeline.read.claims import refuse_more_than_there_is
from bodycam_pipeline.read.container import decode_packet, open_container, prepare_decoder, video_stream
from bodycam_pipeline.read.fields import first_field
from bodycam_pipeline.read.hdr import BT_709
from bodycam_pipeline.read.index import NO_TIME, closed_starts, read_index, with_distinct_times
from bodycam_pipeline.read.kinds import photo_in
from bodycam_pipeline.read.limits import refuse_unreleasable
from bodycam_pipeline.read.orientation import orientation_of
from bodycam_pipeline.read.parts import PACKETS_UNTIL_A_FRAME, Coding, canvas_note, format_notes, on_one_canvas
from bodycam_pipeline.read.protection import refuse_encrypted
from bodycam_pipeline.read.reconstruct_pts import (
    USUAL_RATE,
    at_a_steady_rate,
    learn_times,
    needs_learning,
    without_times,
)
from bodycam_pipeline.read.streams import (
    picture_notes,
    picture_track,
    refuse_second_camera,
    sound_tracks,
    stream_dispositions,
)
from bodycam_pipeline.read.truncation import DeclaredSize, Missing
from bodycam_pipeline.schemes import open_recording, place
from bodycam_pipeline.values.errors import UnreadableRecordingError, UnsupportedRecordingError
from bodycam_pipeline.values.geometry import Orientation
from bodycam_pipeline.values.printable import counted
from bodycam_pipeline.values.recording import Gap, PacketIndex, Recording, VideoFacts
from bodycam_pipeline.values.timeline import Span

_READ_BYTES = 1 << 20

_FIELD_ORDERS: dict[int, Literal["top", "bottom"]] = {2: "top", 5: "top", 3: "bottom", 4: "bottom"}
"""AVFieldOrder: TT and BT show the top field first, BB and TB the bottom field."""


def probe(address: str, track: int | None = None) -> Recording:
    """Read a whole recording twice, once for its digest and once for its packets, and decode its first frame.

    A recording without presentation times (AVI, raw streams) is decoded once to learn them. Memory is bounded by the
    index, under 100 bytes per packet; no frame is kept.

    Args:
        address: The recording.
        track: The video track that is meant, by the number of its stream; None where the file leaves no doubt.

    Raises:
        UnreadableRecordingError: not a recording, or nothing of it decodes.
        NoVideoError: no video track, or an empty one.
        EncryptedRecordingError: the samples are encrypted.
        UndecidedRecordingError: the file holds the video of several cameras.
        DamagedRecordingError: the file is cut short.
        UnsupportedRecordingError: readable, but not exactly, or not in a way that a release can hold.
        StorageError: the disk failed.
    """
    sha256, size_bytes = _digest(address)
    with open_container(address) as container:
        stream = picture_track(container, address, track)
        prepare_decoder(stream, address)
        refuse_encrypted(container, stream, address)
        name, streams, sounds = container.format.name, stream_dispositions(container, stream), sound_tracks(container)
        declared = DeclaredSize.of(container, stream, size_bytes, address)
        counts: Counter[int] = Counter()
        indexed = read_index(container, stream, address, counts)
        packets, changes = indexed.packets, indexed.changes
        if track is None:
            refuse_second_camera(container, stream, counts, address)
        notes = picture_notes(container, stream, counts)
        missing = declared.missing(stream, packets)
        if missing is not None:
            packets = packets.part(0, missing.whole_pictures)
            changes = tuple(each for each in changes if each.packet < missing.whole_pictures)
        stream_index = stream.index
        hidden = indexed.hidden + (declared.beyond_the_edits(packets) if missing is None else 0)
    video = _facts(address, stream_index)
    if hidden:
        notes.append(
            f"the file's own edit list hides {counted(hidden, 'frame')}, as in every player: not in the release"
        )
    notes += format_notes(video)
    if video.hdr is not None:
        notes.append(
            f"the recording is HDR ({video.hdr.transfer.upper()}): its pictures are mapped to BT.709, eight bits"
        )
    if any(video.added):
        what = " and ".join(word for word, count in zip(("one column", "one row"), video.added, strict=True) if count)
        notes.append(f"a side of the picture is odd: {what} added at its edge, a copy of the last")
    if without_times(packets):
        packets, ticks = at_a_steady_rate(address, stream_index, packets)
        video = replace(video, packet_ticks=ticks)
        rate = float(1 / (ticks * video.time_base))
        notes.append(
            f"the file carries no times: its frames are shown at {rate:g} a second, the rate that its header states; "
            f"where it states none, {USUAL_RATE} are taken"
        )
    if needs_learning(name, packets):
        packets = learn_times(address, stream_index, packets)
    packets = replace(packets, dts=np.where(packets.dts == NO_TIME, packets.pts, packets.dts))
    packets, moved = with_distinct_times(packets)
    if moved:
        notes.append(f"{counted(moved, 'frame')} shared a time or came too early: all stand in the order of the file")
    packets = replace(packets, random_access=closed_starts(packets))
    video = on_one_canvas(address, video, packets, changes)
    if len(video.formats) > 1:
        notes.append(canvas_note(video))
    duration = _frame_duration(packets, video)
    packets, gaps = _gaps(packets, missing, duration)
    notes += [gap.what for gap in gaps]
    refuse_unreleasable(video, packets, duration, address)
    return Recording(
        address, sha256, size_bytes, name, video, sounds, packets, streams, duration, tuple(notes), track, gaps
    )


def _digest(address: str) -> tuple[str, int]:
    """SHA-256 and size; on the way, what the file claims is held against what it has, before FFmpeg believes it."""
    with open_recording(address) as file:
        source = _Hashed(file)
        refuse_photo(file, address)
        refuse_more_than_there_is(source, file.seek(0, os.SEEK_END), address)
        while source.read(_READ_BYTES):
            pass
        return source.digest.hexdigest(), source.size_bytes


def refuse_photo(file: BinaryIO, address: str) -> None:
    """Refuse a photo, of which FFmpeg would make a recording of one frame.

    Raises:
        UnreadableRecordingError: it is one.
    """
    if kind := photo_in(file):
        raise UnreadableRecordingError(kind.what, remedy=kind.remedy, where=place(address))


class _Hashed:
    """A file of which every byte is hashed, read or passed over, from its first one on."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.digest, self.size_bytes = file, hashlib.sha256(), 0

    def read(self, size: int, /) -> bytes:
        if not self.size_bytes:
            self._file.seek(0)
        block = self._file.read(size)
        self.digest.update(block)
        self.size_bytes += len(block)
        return block

    def skip(self, size: int, /) -> None:
        while size > 0 and (block := self.read(min(size, _READ_BYTES))):
            size -= len(block)


def _facts(address: str, stream_index: int) -> VideoFacts:
    """What the track's header and its first decoded frame say together; where they differ, the frame is right."""
    with open_container(address) as container:
        stream = video_stream(container, stream_index, address)
        prepare_decoder(stream, address)
        frame = _first_frame(container, stream, address)
        coding = Coding.of(frame, address)
        hdr = coding.hdr
        return VideoFacts(
            stream_index=stream_index,
            codec=stream.codec_context.name,
            profile=stream.codec_context.profile or "",
            pixel_format=coding.pixel_format,
            width=frame.width + frame.width % 2,
            height=frame.height + frame.height % 2,
            time_base=_time_base(stream, address),
            orientation=_orientation(frame, address),
            sample_aspect_ratio=stream.sample_aspect_ratio or Fraction(1),
            full_range=coding.full_range and hdr is None,
            colour_primaries=frame.color_primaries if hdr is None else BT_709,
            colour_transfer=frame.color_trc if hdr is None else BT_709,
            colour_matrix=frame.colorspace if hdr is None else BT_709,
            field_order=_field_order(stream, frame),
            frame_rate_from_header=stream.average_rate or stream.guessed_rate,
            parameter_sets=_parameter_sets(stream),
            hdr=hdr,
            added=(frame.width % 2, frame.height % 2),
        )


def _parameter_sets(stream: VideoStream) -> tuple[bytes, ...]:
    decoder = stream.codec_context
    return tuple(parameter_sets("h264", decoder.extradata or b"")) if decoder.name == "h264" else ()


def _first_frame(container: InputContainer, stream: VideoStream, address: str) -> av.VideoFrame:
    for number, packet in enumerate(container.demux(stream)):
        for frame in decode_packet(stream, packet):
            return frame
        if number > PACKETS_UNTIL_A_FRAME:
            break
    raise UnreadableRecordingError(
        f"none of the first {number + 1} packets gives a frame",
        remedy="The file is damaged or protected in a way that is not declared: ask for the original.",
        where=place(address),
    )


def _time_base(stream: VideoStream, address: str) -> Fraction:
    time_base = stream.time_base
    if time_base is None or time_base <= 0:
        raise UnreadableRecordingError(
            "the video track has no clock", remedy="The file is damaged: ask for the original.", where=place(address)
        )
    return time_base


def _orientation(frame: av.VideoFrame, address: str) -> Orientation:
    orientation = orientation_of(frame)
    if orientation is None:
        raise UnsupportedRecordingError(
            "the picture is to be displayed at an angle or scale that is not a quarter turn or a mirror image",
            remedy="Re-wrap a copy without the display matrix, and turn the release afterwards.",
            where=place(address),
        )
    return orientation


def _field_order(stream: VideoStream, frame: av.VideoFrame) -> Literal["progressive", "top", "bottom"]:
    if known := _FIELD_ORDERS.get(stream.codec_context.field_order):
        return known
    return first_field(frame) if frame.interlaced_frame and stream.codec_context.field_order == 0 else "progressive"


def _gaps(packets: PacketIndex, missing: Missing | None, duration: int) -> tuple[PacketIndex, tuple[Gap, ...]]:
    """The index without what cannot be decoded because its beginning is missing, and what is missing at both ends."""
    gaps = []
    first = int(np.argmax(packets.random_access))
    if first and packets.random_access.any() and packets.shown[first:].any():
        lead = packets.part(0, first)
        packets = packets.part(first, len(packets))
        begins = int(packets.shown_pts()[0])
        starts = min(int(lead.pts.min()), begins - 1)
        what = f"the file begins in the middle of a GOP: its first {counted(first, 'frame')} cannot be decoded"
        gaps.append(Gap(what, Span(starts, begins)))
    if missing is not None:
        ends = int(packets.shown_pts()[-1]) + duration
        last = max(missing.end_pts or 0, ends + duration)
        gaps.append(Gap(f"the file is cut short: {missing.what} missing at its end", Span(ends, last)))
    return packets, tuple(gaps)


def _frame_duration(packets: PacketIndex, video: VideoFacts) -> int:
    """The most common distance between two frames, the shorter one of two that are equally common."""
    distances = np.diff(packets.shown_pts())
    distances = distances[distances > 0]
    if len(distances):
        values, counts = np.unique(distances, return_counts=True)
        return int(values[np.argmax(counts)])
    rate = video.frame_rate_from_header or Fraction(25)
    return max(1, round(1 / rate / video.time_base))
