"""What a packet says of the size and form of its frame, for codecs whose packets say it themselves.

Only ever compared with what the packet before said: another answer is another size or sampling.
"""

from collections.abc import Callable


def size_reader(codec: str) -> Callable[[bytes], bytes]:
    """The bytes of a packet that say its frame's size; empty where it says nothing."""
    return _READERS.get(codec, _nothing)


def _nothing(_packet: bytes) -> bytes:
    return b""


def _vp8(packet: bytes) -> bytes:
    """RFC 6386, 9.1: after the frame tag of a key frame come a start code, the width and the height."""
    return packet[6:10] if packet[3:6] == b"\x9d\x01\x2a" and not packet[0] & 1 else b""


_VP9_SYNC = 0x498342
_VP9_HEAD_BYTES = 13
_VP9_SIZE_BITS = 32


def _vp9(packet: bytes) -> bytes:
    """VP9 bitstream specification, 7.2: profile, then for a key frame a sync code, colours, width and height."""
    bits = "".join(f"{byte:08b}" for byte in packet[:_VP9_HEAD_BYTES].ljust(_VP9_HEAD_BYTES, b"\0"))
    profile = int(bits[3]) * 2 + int(bits[2])
    at = 5 if profile == 3 else 4
    existing, inter = bits[at] == "1", bits[at + 1] == "1"
    sync, at = int(bits[at + 4 : at + 28], 2), at + 28
    if bits[:2] != "10" or existing or inter or sync != _VP9_SYNC:
        return b""
    colours = (profile >= 2) + 3
    is_rgb = bits[at + colours - 3 : at + colours] == "111"
    colours += (profile & 1) if is_rgb else 1 + 3 * (profile & 1)
    return (bits[2:4] + bits[at : at + colours + _VP9_SIZE_BITS]).encode()


def _mpeg2(packet: bytes) -> bytes:
    """ITU-T H.262, 6.2.2.1: width and height follow the sequence header's start code."""
    at = packet.find(b"\0\0\1\xb3")
    return packet[at + 4 : at + 7] if at >= 0 else b""


def _mpeg4(packet: bytes) -> bytes:
    """ISO/IEC 14496-2, 6.2.3: the video object layer, from its start code (0x20 to 0x2F) to the next one."""
    at = packet.find(b"\0\0\1")
    while at >= 0:
        following = packet.find(b"\0\0\1", at + 3)
        if 0x20 <= int.from_bytes(packet[at + 3 : at + 4], "big") <= 0x2F:
            return packet[at + 4 : following if following >= 0 else len(packet)]
        at = following
    return b""


_JPEG_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC3})
_JPEG_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})


def _jpeg(packet: bytes) -> bytes:
    """ITU-T T.81, B.2.2: precision, height, width and the sampling of each component follow a frame header's length."""
    at = 2
    while packet[at : at + 1] == b"\xff" and at + 4 <= len(packet):
        marker, length = packet[at + 1], int.from_bytes(packet[at + 2 : at + 4], "big")
        if marker in _JPEG_FRAMES:
            return packet[at + 4 : at + 2 + length]
        at += 1 if marker == 0xFF else 2 if marker in _JPEG_ALONE else 2 + max(length, 2)
    return b""


def _dv(packet: bytes) -> bytes:
    """IEC 61834: the first block's flag for 50 or 60 fields."""
    return bytes([packet[3] & 0x80]) if len(packet) > 3 else b""


_READERS: dict[str, Callable[[bytes], bytes]] = {
    "vp8": _vp8,
    "vp9": _vp9,
    "mpeg1video": _mpeg2,
    "mpeg2video": _mpeg2,
    "mpeg4": _mpeg4,
    "mjpeg": _jpeg,
    "dvvideo": _dv,
}
