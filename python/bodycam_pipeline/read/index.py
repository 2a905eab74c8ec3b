"""Build the packet index: one row per packet of the video track, read from the file itself."""

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

from bodycam_pipeline.read.access_units import PictureReader, picture_reader
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


MOST_CHANGES = 500
"""Changes of size or coding that are followed; a camera makes a few, where a person turns a switch."""


@dataclass(frozen=True, slots=True)
class NewCoding:
    """A packet from which on the frames are of another size, or coded otherwise.

    Attributes:
        packet: Its number.
        header: The decoder's configuration from there on, where the container keeps it apart from the packets.
    """

    packet: int
    header: bytes | None


@dataclass(frozen=True, slots=True)
class IndexedTrack:
    """What one pass over a video track's packets tells.

    Attributes:
        packets: The index.
        changes: Where the size or coding of the frames changes.
        hidden: How many frames an edit list hides.
    """

    packets: PacketIndex
    changes: tuple[NewCoding, ...]
    hidden: int


def read_index(
    container: InputContainer, stream: VideoStream, address: str, counts: Counter[int] | None = None
) -> IndexedTrack:
    """Every packet of the track, in decode order; a time that the container does not give is `NO_TIME`.

    The packets of all video tracks are counted in ``counts``, where it is given, by their stream.

    Raises:
        NoVideoError: there is no packet.
        EncryptedRecordingError: a packet is encrypted.
        UnsupportedRecordingError: the track changes its parameters where no frame decodes alone, or too often.
    """
    decoder = stream.codec_context
    track = _Track(decoder.name, decoder.extradata or b"", address)
    counts = Counter() if counts is None else counts
    for packet in cast("Iterator[Packet[VideoStream]]", container.demux(*container.streams.video)):
        if not packet.size:  # the last one is empty: PyAV's way to say that the file ends
            continue
        counts[packet.stream_index] += 1
        if packet.stream_index == stream.index:
            refuse_encrypted_packet(packet, address)
            track.add(packet)
    if not track.rows.pts:
        raise NoVideoError(
            "the video track holds no frame",
            remedy="The camera had recorded nothing yet, or the copy broke off: copy it again from the card.",
            where=place(address),
        )
    return IndexedTrack(_frozen(track.rows), tuple(track.changes), track.hidden)


class _Track:
    """Reads the packets of one video track, one after the other."""

    def __init__(self, codec: str, header: bytes, address: str) -> None:
        self.rows, self.changes, self.hidden = _Rows(), list[NewCoding](), 0
        self._codec, self._header, self._address = codec, header, address
        self._aside = False
        self._read: PictureReader = picture_reader(codec, header)

    def add(self, packet: "Packet[VideoStream]") -> None:
        """Take the next packet.

        Raises:
            UnsupportedRecordingError: as `read_index`.
        """
        content, rows = bytes(packet), self.rows
        anew = self._takes_header(packet)
        picture = self._read(content, flagged=packet.is_keyframe)
        if anew or picture.changes:
            if not picture.start:
                raise change_refused(packet.pts, self._address)
            if len(self.changes) == MOST_CHANGES:
                raise _changes_too_often(packet.pts, self._address)
            self.changes.append(NewCoding(len(rows.pts), self._header if self._aside else None))
        rows.start.append(picture.start or (packet.is_keyframe and not rows.start))
        rows.pts.append(NO_TIME if packet.pts is None else packet.pts)
        rows.dts.append(NO_TIME if packet.dts is None else packet.dts)
        rows.size.append(packet.size)
        rows.shown.append(picture.shows and not packet.is_discard)
        self.hidden += picture.shows and packet.is_discard
        rows.copyable.append(picture.copyable and not packet.is_corrupt)
        rows.sha256 += hashlib.sha256(content).digest()

    def _takes_header(self, packet: "Packet[VideoStream]") -> bool:
        """Whether the container gives another configuration for this packet and all after it."""
        if not packet.has_sidedata("new_extradata"):
            return False
        header = bytes(packet.get_sidedata("new_extradata"))
        if header == self._header:
            return False
        self._header, self._aside = header, True
        self._read = picture_reader(self._codec, header)
        return True


def _changes_too_often(pts: int | None, address: str) -> UnsupportedRecordingError:
    return UnsupportedRecordingError(
        f"the picture's size or coding parameters change more than {MOST_CHANGES} times",
        remedy="Export it once more from the camera's or the evidence system's software, as one MP4 (H.264).",
        where=Place(recording=place(address).recording, pts=pts),
    )


def change_refused(pts: int | None, address: str) -> UnsupportedRecordingError:
    """Say that a track changes its parameters where that cannot be followed."""
    return UnsupportedRecordingError(
        "the picture's size or coding parameters change in the middle of the recording, where no frame decodes alone",
        remedy="Export it once more from the camera's or the evidence system's software, as one MP4 (H.264).",
        where=Place(recording=place(address).recording, pts=pts),
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
