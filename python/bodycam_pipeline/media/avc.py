"""Take apart what the encoder gives, and keep only what a release may hold."""

from bodycam_pipeline.media.nal import H264_IDR, H264_PPS, H264_SLICE, H264_SPS, units

RELEASED = frozenset({H264_SLICE, H264_IDR})
"""NAL unit types of a released sample: coded pictures. No SEI, delimiter, filler or private type rides along."""

_LENGTH_BYTES = 4
_WITH_CHROMA_FORMAT = frozenset({100, 110, 122, 144, 244})
"""Profiles whose avcC goes on with chroma format and bit depths (ISO/IEC 14496-15, 5.3.3.1.2)."""


def sample(packet: bytes) -> bytes:
    """An Annex B access unit as a sample of length-prefixed slices."""
    return b"".join(
        len(unit).to_bytes(_LENGTH_BYTES, "big") + unit for unit in units(packet, 0) if unit[0] & 31 in RELEASED
    )


def is_keyframe(coded: bytes) -> bool:
    """Whether a sample's first slice is an IDR slice."""
    return len(coded) > _LENGTH_BYTES and coded[_LENGTH_BYTES] & 31 == H264_IDR


def configuration(extradata: bytes) -> bytes:
    """An ``AVCDecoderConfigurationRecord`` from the encoder's parameter sets; what else they hold is left out.

    Raises:
        ValueError: not exactly one sequence and one picture parameter set.
    """
    (sequence,) = (unit for unit in units(extradata, 0) if unit[0] & 31 == H264_SPS)
    (picture,) = (unit for unit in units(extradata, 0) if unit[0] & 31 == H264_PPS)
    head = bytes([1, *sequence[1:4], 0xFC | (_LENGTH_BYTES - 1), 0xE1])
    body = len(sequence).to_bytes(2, "big") + sequence + b"\1" + len(picture).to_bytes(2, "big") + picture
    return head + body + (_EIGHT_BIT_420 if sequence[1] in _WITH_CHROMA_FORMAT else b"")


_EIGHT_BIT_420 = bytes([0xFC | 1, 0xF8, 0xF8, 0])
"""chroma_format 1, no extra luma or chroma bits, no SPS extension."""
