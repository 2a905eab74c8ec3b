"""Find the NAL units of H.264 and HEVC packets, however the container wrote them."""

from collections.abc import Iterator

H264_SLICES = frozenset({1, 2, 3, 4, 5})
H264_SLICE, H264_IDR, H264_SEI, H264_SPS, H264_PPS = 1, 5, 6, 7, 8
"""nal_unit_type, ITU-T H.264 table 7-1."""

HEVC_IDR = frozenset({19, 20})
HEVC_PARAMETERS = frozenset({32, 33, 34})
HEVC_SPS = 33
"""nal_unit_type, ITU-T H.265 table 7-1: IDR_W_RADL, IDR_N_LP; VPS, SPS, PPS."""


def length_size(codec: str, extradata: bytes) -> int:
    """Bytes of the length before each NAL unit, 0 where units are separated by start codes (Annex B).

    ISO/IEC 14496-15: ``lengthSizeMinusOne`` sits in byte 4 of avcC and byte 21 of hvcC, both of which begin with 1.
    """
    at = 4 if codec == "h264" else 21
    return (extradata[at] & 3) + 1 if len(extradata) > at and extradata[0] == 1 else 0


def units(packet: bytes, length_bytes: int) -> Iterator[bytes]:
    """The NAL units of a packet, without start codes or lengths; stops where a length leads outside."""
    if length_bytes:
        return _prefixed(packet, length_bytes)
    return _annex_b(packet)


def _prefixed(packet: bytes, length_bytes: int) -> Iterator[bytes]:
    position = 0
    while position + length_bytes < len(packet):
        begin = position + length_bytes
        position = begin + int.from_bytes(packet[position:begin], "big")
        if begin < position <= len(packet):
            yield packet[begin:position]


def _annex_b(packet: bytes) -> Iterator[bytes]:
    start = packet.find(b"\0\0\1")
    while start >= 0:
        following = packet.find(b"\0\0\1", start + 3)
        unit = packet[start + 3 : following if following >= 0 else len(packet)].rstrip(b"\0")
        if unit:
            yield unit
        start = following


def parameter_sets(codec: str, extradata: bytes) -> list[bytes]:
    """The parameter sets of a track header, in avcC, hvcC or Annex B form; what is empty is none."""
    if not length_size(codec, extradata):
        return list(_annex_b(extradata))
    return [unit for unit in (_avcc_sets(extradata) if codec == "h264" else _hvcc_sets(extradata)) if unit]


def _avcc_sets(avcc: bytes) -> Iterator[bytes]:
    position = 5
    for mask in (0x1F, 0xFF):  # numOfSequenceParameterSets has three reserved bits above it
        count = avcc[position] & mask if position < len(avcc) else 0
        position += 1
        for _ in range(count):
            size = int.from_bytes(avcc[position : position + 2], "big")
            yield avcc[position + 2 : position + 2 + size]
            position += 2 + size


def _hvcc_sets(hvcc: bytes) -> Iterator[bytes]:
    position = 23
    for _ in range(hvcc[22] if len(hvcc) > 22 else 0):
        count = int.from_bytes(hvcc[position + 1 : position + 3], "big")
        position += 3
        for _ in range(count):
            size = int.from_bytes(hvcc[position : position + 2], "big")
            yield hvcc[position + 2 : position + 2 + size]
            position += 2 + size
            if position > len(hvcc):
                return
