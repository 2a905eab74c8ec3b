"""Build the packet index: one row per packet of the picture track, read from the file itself."""

import hashlib
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import cast

import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream
from numpy.typing import NDArray

from bodycam_pipeline.read.access_units import ParametersChangeError, PictureReader, picture_reader
from bodycam_pipeline.read.protection import refuse_encrypted_packet
from bodycam_pipeline.schemes import place
from bodycam_pipeline.values.errors import NoVideoError, Place, UnsupportedRecordingError
from bodycam_pipeline.values.recording import PacketIndex

NO_TIME = -(1 << 63)
"""AV_NOPTS_VALUE: stands in the index only while it is being built."""


@dataclass
class _Rows:
    """The index as it grows: machine words, since Python's own numbers take several times as much."""

    pts: "array[int]" = field(default_factory=lambda: array("q"))
    dts: "array[int]" = field(default_factory=lambda: array("q"))
    size: "array[int]" = field(default_factory=lambda: array("q"))
    start: bytearray = field(default_factory=bytearray)
    shown: bytearray = field(default_factory=bytearray)
    copyable: bytearray = field(default_factory=bytearray)
    sha256: bytearray = field(default_factory=bytearray)


def read_index(
    container: InputContainer, stream: VideoStream, address: str, counts: Counter[int] | None = None
) -> PacketIndex:
    """Every packet of the track, in decode order; a time that the container does not give is `NO_TIME`.

    The packets of all picture tracks are counted in ``counts``, where it is given, by their stream.

    Raises:
        NoVideoError: there is no packet.
        EncryptedRecordingError: a packet is encrypted.
        UnsupportedRecordingError: the track changes its parameters on the way.
    """
    decoder = stream.codec_context
    extradata = decoder.extradata or b""
    read = picture_reader(decoder.name, extradata)
    rows = _Rows()
    counts = Counter() if counts is None else counts
    for packet in cast("Iterator[Packet[VideoStream]]", container.demux(*container.streams.video)):
        if not packet.size:  # the last one is empty: PyAV's way to say that the file ends
            continue
        counts[packet.stream_index] += 1
        if packet.stream_index == stream.index:
            refuse_encrypted_packet(packet, address)
            _refuse_new_header(packet, extradata, address)
            _append(rows, packet, read, address)
    if not rows.pts:
        raise NoVideoError(
            "the picture track holds no frame",
            remedy="The camera had recorded nothing yet, or the copy broke off: copy it again from the card.",
            where=place(address),
        )
    return _frozen(rows)


def _append(rows: _Rows, packet: "Packet[VideoStream]", read: PictureReader, address: str) -> None:
    content = bytes(packet)
    try:
        picture = read(content, flagged=packet.is_keyframe)
    except ParametersChangeError as error:
        raise _parameters_change(packet, address) from error
    rows.start.append(picture.start or (packet.is_keyframe and not rows.start))
    rows.pts.append(NO_TIME if packet.pts is None else packet.pts)
    rows.dts.append(NO_TIME if packet.dts is None else packet.dts)
    rows.size.append(packet.size)
    rows.shown.append(picture.shows and not packet.is_discard)
    rows.copyable.append(picture.copyable and not packet.is_corrupt)
    rows.sha256 += hashlib.sha256(content).digest()


def _refuse_new_header(packet: "Packet[VideoStream]", extradata: bytes, address: str) -> None:
    if packet.has_sidedata("new_extradata") and bytes(packet.get_sidedata("new_extradata")) != extradata:
        raise _parameters_change(packet, address)


def _parameters_change(packet: "Packet[VideoStream]", address: str) -> UnsupportedRecordingError:
    return UnsupportedRecordingError(
        "the picture's size or coding parameters change in the middle of the recording",
        remedy="Cut the recording where they change, and redact the parts one by one.",
        where=Place(recording=place(address).recording, pts=packet.pts),
    )


def _frozen(rows: _Rows) -> PacketIndex:
    return PacketIndex(
        pts=np.array(rows.pts, dtype=np.int64),
        dts=np.array(rows.dts, dtype=np.int64),
        size_bytes=np.array(rows.size, dtype=np.int64),
        random_access=np.array(rows.start, dtype=np.uint8).astype(np.bool_),
        shown=np.array(rows.shown, dtype=np.uint8).astype(np.bool_),
        copyable=np.array(rows.copyable, dtype=np.uint8).astype(np.bool_),
        sha256=np.frombuffer(bytes(rows.sha256), dtype=np.uint8).reshape(-1, 32),
    )


def closed_starts(packets: PacketIndex) -> NDArray[np.bool_]:
    """The starts that time confirms: nothing shown comes later in the file but earlier in time, or the other way round.

    The first packet needs no confirmation: nothing lies before it.
    """
    info = np.iinfo(np.int64)
    late = np.where(packets.shown, packets.pts, info.min)
    early = np.where(packets.shown, packets.pts, info.max)
    latest_before = np.concatenate([[info.min], np.maximum.accumulate(late)[:-1]])
    earliest_from = np.minimum.accumulate(early[::-1])[::-1]
    confirmed = (latest_before < packets.pts) & (packets.pts <= earliest_from)
    confirmed[0] = True
    result: NDArray[np.bool_] = packets.random_access & confirmed
    return result


def with_distinct_times(packets: PacketIndex) -> tuple[PacketIndex, int]:
    """Give every shown frame a time of its own, and say how many had to be moved: a frame is named by its time.

    A clock that jumps back goes on where it was, at the distance of the two frames before the jump. A frame that then
    shares its time with an earlier one of the file, or would be shown before it, is moved to the next tick.
    """
    pts = _without_jumps(packets)
    shown = np.flatnonzero(packets.shown)
    order = shown[np.argsort(pts[shown], kind="stable")]
    ticks = np.arange(len(order))
    pts[order] = np.maximum.accumulate(pts[order] - ticks) + ticks
    return replace(packets, pts=pts), int(np.count_nonzero(pts != packets.pts))


def _without_jumps(packets: PacketIndex) -> NDArray[np.int64]:
    """Presentation times as they would be if the clock had never been set back.

    What decodes alone is shown after everything before it in the file; where it would not be, the clock was set back.
    """
    pts = packets.pts.copy()
    firsts = np.flatnonzero(packets.random_access)
    steps = np.diff(np.unique(pts[packets.shown]))
    usual = int(np.median(steps)) if len(steps) else 1
    latest, shift = pts[: firsts[0] if len(firsts) else 0].max(initial=np.iinfo(np.int64).min), 0
    for first, end in pairwise([*firsts.tolist(), len(pts)]):
        group = pts[first:end]
        if group.min() + shift < latest:
            shift = int(latest + usual - group.min())
        group += shift
        latest = max(latest, group.max())
    return pts
