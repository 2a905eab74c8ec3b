"""Take apart what the encoder or the recording gives, and keep only what a release may hold."""

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import and_

from bodycam_pipeline.h264.nal import H264_IDR, H264_PPS, H264_SLICE, H264_SPS, units
from bodycam_pipeline.h264.parameters import read_pps, read_sps
from bodycam_pipeline.values.errors import VerificationError

RELEASED = frozenset({H264_SLICE, H264_IDR})
"""NAL unit types of a released sample: coded pictures. No SEI, delimiter, filler or private type rides along."""

NESTED_PROFILES = frozenset({66, 77, 100})
"""Baseline as far as it is constrained, Main, High: each decoder decodes what the lower ones do (A.3.1)."""

_LENGTH_BYTES = 4
_WITH_CHROMA_FORMAT = frozenset({100, 110, 122, 144, 244})
"""Profiles whose avcC goes on with chroma format and bit depths (ISO/IEC 14496-15, 5.3.3.1.2)."""


def sample(access_unit: Iterable[bytes]) -> bytes:
    """The NAL units of one picture as a sample of length-prefixed slices; nothing else of them is kept.

    Zeros behind a slice, which some recorders leave there, are none of it (ITU-T H.264, 7.4.1).
    """
    slices = (unit.rstrip(b"\0") for unit in access_unit if unit[0] & 31 in RELEASED)
    return b"".join(len(unit).to_bytes(_LENGTH_BYTES, "big") + unit for unit in slices)


def is_keyframe(coded: bytes) -> bool:
    """Whether a sample's first slice is an IDR slice."""
    return len(coded) > _LENGTH_BYTES and coded[_LENGTH_BYTES] & 31 == H264_IDR


def encoder_sets(extradata: bytes) -> tuple[bytes, bytes]:
    """The encoder's sequence and picture parameter set; what else its header holds is left out.

    Raises:
        ValueError: not exactly one of each.
    """
    (sequence,) = (unit for unit in units(extradata, 0) if unit[0] & 31 == H264_SPS)
    (picture,) = (unit for unit in units(extradata, 0) if unit[0] & 31 == H264_PPS)
    return sequence, picture


def configuration(sets: Iterable[bytes]) -> bytes:
    """The ``AVCDecoderConfigurationRecord`` (ISO/IEC 14496-15, 5.3.3.1) of a track with these parameter sets.

    It claims the highest profile (which decodes the lower ones), the constraints that all keep, and the highest level.

    Raises:
        VerificationError: none, two that cannot be told apart, or profiles of which none decodes all.
    """
    numbered = sorted({(unit[0] & 31, _number(unit), unit) for unit in sets})
    sequences = [unit for kind, _, unit in numbered if kind == H264_SPS]
    pictures = [unit for kind, _, unit in numbered if kind == H264_PPS]
    names = {(kind, number) for kind, number, _ in numbered}
    if not sequences or not pictures or len(names) != len(sequences) + len(pictures) or not _nested(sequences):
        raise VerificationError(
            "the coded spans do not share one set of coding parameters",
            remedy="Delete the staging folder and run the same command again.",
        )
    constraints = reduce(and_, (unit[2] for unit in sequences))
    level = max(unit[3] for unit in sequences)
    profile = max(unit[1] for unit in sequences)
    head = bytes([1, profile, constraints, level, 0xFC | (_LENGTH_BYTES - 1), 0xE0 | len(sequences)])
    body = _listed(sequences) + bytes([len(pictures)]) + _listed(pictures)
    return head + body + (_EIGHT_BIT_420 if profile in _WITH_CHROMA_FORMAT else b"")


def _number(unit: bytes) -> int:
    return read_sps(unit).number if unit[0] & 31 == H264_SPS else read_pps(unit).number


def _nested(sequences: Sequence[bytes]) -> bool:
    """Whether the decoder of the highest profile decodes all: they are one, or constrained baseline, main and high."""
    profiles = {unit[1] for unit in sequences}
    return len(profiles) == 1 or profiles <= NESTED_PROFILES


def _listed(units_of_a_kind: Sequence[bytes]) -> bytes:
    return b"".join(len(unit).to_bytes(2, "big") + unit for unit in units_of_a_kind)


_EIGHT_BIT_420 = bytes([0xFC | 1, 0xF8, 0xF8, 0])
"""chroma_format 1, no extra luma or chroma bits, no SPS extension."""
