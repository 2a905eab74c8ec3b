"""What each packet of a video track presents, and whether decoding can start there: read from the codec's own bits.

A container's key frame flag promises less than a segment needs: open GOPs, recovery points and CRA pictures carry it
too, but frames after them refer to frames before.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from bodycam_pipeline.h264.copying import MOST_SLICES, CopyTest
from bodycam_pipeline.h264.nal import (
    H264_IDR,
    H264_PPS,
    H264_SLICES,
    H264_SPS,
    HEVC_IDR,
    HEVC_PARAMETERS,
    HEVC_SPS,
    length_size,
    parameter_sets,
    units,
)
from bodycam_pipeline.h264.parameters import read_field, read_sps
from bodycam_pipeline.read.picture_sizes import size_reader

INTRA_ONLY = frozenset(["mjpeg", "prores", "dvvideo", "dnxhd"])
"""Codecs whose every frame stands alone."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One packet.

    Attributes:
        start: The codec says that nothing after it refers to anything before it.
        shows: It presents a frame of its own; a second field, or a frame kept for reference only, does not.
        copyable: It may be stream-copied into a release as it is.
        changes: Its sequence header is another than that of the packets before it.
    """

    start: bool
    shows: bool = True
    copyable: bool = False
    changes: bool = False


class PictureReader(Protocol):
    """Reads the packets of one track, in decode order."""

    def __call__(self, packet: bytes, *, flagged: bool) -> Picture:
        """Read one packet, with the container's key frame flag."""


def picture_reader(codec: str, extradata: bytes) -> PictureReader:
    """The reader for a track."""
    if codec == "h264":
        return _H264(extradata)
    if codec == "hevc":
        return _Hevc(extradata)
    simple: dict[str, Callable[[bytes, bool], Picture]] = {
        "vp8": _vp8,
        "vp9": _vp9,
        "libdav1d": _av1,
        "av1": _av1,
        "mpeg4": _mpeg4,
    }
    return _Simple(simple.get(codec, _all_intra if codec in INTRA_ONLY else _as_flagged), size_reader(codec))


class _Simple:
    """A codec whose packets say their size themselves, or never change it."""

    def __init__(self, read: Callable[[bytes, bool], Picture], size_of: Callable[[bytes], bytes]) -> None:
        self._read, self._size_of, self._size = read, size_of, b""

    def __call__(self, packet: bytes, *, flagged: bool) -> Picture:
        picture, before = self._read(packet, flagged), self._size
        if not picture.start:
            return picture
        self._size = self._size_of(packet) or before
        return replace(picture, changes=bool(before) and self._size != before)


class _Parameters:
    """Notices another sequence header, and whether it is the one that decoding from a later start would use."""

    def __init__(self, known: list[bytes], sequence_type: Callable[[bytes], bool]) -> None:
        self._known = {unit.rstrip(b"\0") for unit in known} - {b""}
        self._is_sequence = sequence_type
        self._current = set(filter(sequence_type, self._known))
        self._first = True
        self._moved = not self._known

    def read(self, in_band: list[bytes]) -> tuple[bool, bool]:
        """Whether a decoder that starts here knows all parameters, and whether another sequence begins here.

        Asked for every packet, in order.
        """
        found = {unit.rstrip(b"\0") for unit in in_band} - {b""}
        sequences = set(filter(self._is_sequence, found))
        changes = not self._first and not sequences <= self._current
        self._current = sequences if changes else self._current | sequences
        self._first = False
        self._moved |= not found <= self._known
        self._known |= found
        return not self._moved or bool(sequences), changes


class _H264:
    def __init__(self, extradata: bytes) -> None:
        self._length = length_size("h264", extradata)
        known = parameter_sets("h264", extradata)
        self._parameters = _Parameters(known, lambda unit: unit[0] & 31 == H264_SPS)
        self._sequence = next((read_sps(unit) for unit in known if unit[0] & 31 == H264_SPS), None)
        self._copy_test = CopyTest(known)
        self._open_field: tuple[int, int] | None = None

    def __call__(self, packet: bytes, *, flagged: bool) -> Picture:  # noqa: ARG002 - the slices know better
        slices: list[bytes] = []
        sets: list[bytes] = []
        found = list(units(packet, self._length))
        for unit in found:
            kind = unit[0] & 31
            if kind in H264_SLICES:
                slices.append(unit)
            elif kind in {H264_SPS, H264_PPS}:
                sets.append(unit)
        sequence = next((unit for unit in reversed(sets) if unit[0] & 31 == H264_SPS), None)
        if sequence is not None:  # the last one counts: a packet may hold thousands
            self._sequence = read_sps(sequence)
        startable, changes = self._parameters.read(sets)
        idr = any(unit[0] & 31 == H264_IDR for unit in slices)
        return Picture(idr and startable, not self._is_second_field(slices), self._copy_test.passes(found), changes)

    def _is_second_field(self, slices: list[bytes]) -> bool:
        """Whether the packet holds only the other field of the frame that the packet before it began."""
        if self._sequence is None or self._sequence.frames_only or not slices:
            return False
        fields = {read_field(unit, self._sequence) for unit in slices[:MOST_SLICES]}
        field = fields.pop() if len(fields) == 1 else None
        if field is not None and self._open_field == (field[0], 1 - field[1]):
            self._open_field = None
            return True
        self._open_field = field
        return False


class _Hevc:
    def __init__(self, extradata: bytes) -> None:
        self._length = length_size("hevc", extradata)
        self._parameters = _Parameters(parameter_sets("hevc", extradata), lambda unit: unit[0] >> 1 & 63 == HEVC_SPS)

    def __call__(self, packet: bytes, *, flagged: bool) -> Picture:  # noqa: ARG002 - the slices know better
        kinds = [(unit[0] >> 1 & 63, unit) for unit in units(packet, self._length)]
        startable, changes = self._parameters.read([unit for kind, unit in kinds if kind in HEVC_PARAMETERS])
        return Picture(startable and any(kind in HEVC_IDR for kind, _ in kinds), changes=changes)


def _all_intra(_packet: bytes, _flagged: bool) -> Picture:
    return Picture(start=True)


def _as_flagged(_packet: bytes, flagged: bool) -> Picture:
    return Picture(start=flagged)


def _vp8(packet: bytes, _flagged: bool) -> Picture:
    """RFC 6386, 9.1: bit 0 of the frame tag is 0 for key frames, bit 4 says whether the frame is shown."""
    tag = packet[0] if packet else 1
    return Picture(start=not tag & 1, shows=bool(tag & 16))


def _vp9(packet: bytes, _flagged: bool) -> Picture:
    """VP9 bitstream specification, 7.2 and annex B: a packet may hold hidden frames before the shown one."""
    headers = [_vp9_header(frame) for frame in _vp9_frames(packet)]
    return Picture(start=bool(headers and headers[0][0]), shows=any(shown for _, shown in headers))


def _vp9_frames(packet: bytes) -> Iterator[bytes]:
    marker = packet[-1] if packet else 0
    count, size_bytes = (marker & 7) + 1, (marker >> 3 & 3) + 1
    index_bytes = 2 + count * size_bytes
    if marker >> 5 != 6 or len(packet) < index_bytes or packet[-index_bytes] != marker:
        yield packet
        return
    position, sizes = 0, packet[1 - index_bytes : -1]
    for number in range(count):
        size = int.from_bytes(sizes[number * size_bytes : (number + 1) * size_bytes], "little")
        yield packet[position : position + size]
        position += size


def _vp9_header(frame: bytes) -> tuple[bool, bool]:
    """(is a key frame, is shown)."""
    bits = f"{frame[0]:08b}" if frame else "10001000"
    after = 5 if bits[2:4] == "11" else 4  # profile 3 has a reserved bit
    existing, inter, shown = (bit == "1" for bit in bits[after : after + 3])
    return (not existing and not inter), existing or shown


def _av1(packet: bytes, flagged: bool) -> Picture:
    """A start is a key frame that is shown at once: a forward key frame has frames around it that need older ones."""
    return Picture(start=flagged and _av1_first_frame(packet))


_AV1_FRAME_HEADER, _AV1_FRAME = 3, 6


def _av1_first_frame(packet: bytes) -> bool:
    """AV1 specification, 5.3 and 5.9: show_existing_frame 0, frame_type KEY_FRAME (0), show_frame 1."""
    position = 0
    while position < len(packet):
        header = packet[position]
        position += 2 if header & 4 else 1
        size, position = _leb128(packet, position) if header & 2 else (len(packet) - position, position)
        if header >> 3 & 15 in {_AV1_FRAME_HEADER, _AV1_FRAME}:
            return position < len(packet) and packet[position] >> 4 == 1
        position += size
    return False


def _leb128(packet: bytes, position: int) -> tuple[int, int]:
    value = 0
    for byte in range(8):
        if position >= len(packet):
            break
        value |= (packet[position] & 127) << (7 * byte)
        position += 1
        if packet[position - 1] < 128:
            break
    return value, position


def _mpeg4(packet: bytes, _flagged: bool) -> Picture:
    """ISO/IEC 14496-2, 6.2.5: vop_coding_type follows the VOP start code; 0 is an I-VOP."""
    vop = packet.find(b"\0\0\1\xb6")
    return Picture(start=0 <= vop < len(packet) - 4 and packet[vop + 4] >> 6 == 0)
