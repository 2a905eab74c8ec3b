"""Read H.264 parameter sets, to the last bit, and slice headers: what a track's own coding says of itself.

Every number has the limit that the standard gives it: one beyond it makes a set that is not whole. Section numbers are
of ITU-T H.264.
"""

from dataclasses import dataclass
from fractions import Fraction

from bodycam_pipeline.h264.bits import Bits
from bodycam_pipeline.h264.nal import H264_PPS, H264_SPS

_SET_BYTES = 2048
"""More than the largest sensible parameter set: one with all scaling lists and every bit rate takes under 1,000."""

_SEQUENCES, _PICTURES = 31, 255
"""Highest numbers of sequence and picture parameter sets (7.4.2.1.1, 7.4.2.2)."""

_MOST_BLOCKS = 139_264
_MOST_BLOCKS_ACROSS = 1055
"""Macroblocks of the largest frame, and of its longer side, the root of eight times as many (level 6.2, A.3.1)."""

_MOST_FRAMES = 16
"""Frame limit of a decoded picture buffer (A.3.1)."""

_OFFSET = (1 << 31) - 1
"""Picture order counts are 32-bit numbers (7.4.2.1.1)."""

_HIGH_PROFILES = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
"""Profiles whose SPS carries chroma format and scaling lists (7.3.2.1.1)."""

_EXTENDED_ASPECT = 255
_ASPECTS = (
    *((0, 1), (1, 1), (12, 11), (10, 11), (16, 11), (40, 33), (24, 11), (20, 11), (32, 11)),
    *((80, 33), (18, 11), (15, 11), (64, 33), (160, 99), (4, 3), (3, 2), (2, 1)),
)
"""Table E-1, by aspect_ratio_idc."""


@dataclass(frozen=True, slots=True)
class Usability:
    """What a player needs of the video usability information (E.1.1): everything else in it decodes nothing.

    Attributes:
        aspect: Width over height of a sample, None where it is not said.
        full_range: None where nothing is said of the signal.
        colours: Primaries, transfer and matrix, None where they are not said.
        chroma: Where the chroma samples lie, None where it is not said.
        reorder: Frames that precede another in decoding and follow it in output at most; None where it is not said.
        buffered: Frames that a decoder holds at most.
    """

    aspect: Fraction | None = None
    full_range: bool | None = None
    colours: tuple[int, int, int] | None = None
    chroma: tuple[int, int] | None = None
    reorder: int | None = None
    buffered: int = 0


@dataclass(frozen=True, slots=True)
class SequenceFacts:
    """A sequence parameter set.

    Attributes:
        number: seq_parameter_set_id.
        profile: profile_idc.
        constraints: The byte of constraint flags.
        level: level_idc.
        chroma_format: 1 for 4:2:0.
        bit_depths: Luma and chroma.
        separate_colours, gaps, frames_only: Flags of the same meaning.
        frame_number_bits: Of frame_num in slice headers.
        width, height: As displayed, cropping taken off.
        body: The bits before what it says of usability.
        usability: What it says, None where nothing.
        whole: Whether the unit is such a set to its last bit and not one bit more.
    """

    number: int
    profile: int
    constraints: int
    level: int
    chroma_format: int
    bit_depths: tuple[int, int]
    separate_colours: bool
    frame_number_bits: int
    gaps: bool
    frames_only: bool
    width: int
    height: int
    body: str
    usability: Usability | None
    whole: bool

    @property
    def aspect(self) -> Fraction | None:
        """Width over height of a sample, None where it is not said."""
        return self.usability.aspect if self.usability else None

    @property
    def reorder(self) -> int | None:
        """Frames that a decoder reorders, as in `Usability`."""
        return self.usability.reorder if self.usability else None


def read_sps(unit: bytes) -> SequenceFacts:
    """Read an H.264 sequence parameter set (7.3.2.1.1)."""
    bits = Bits(unit[1:_SET_BYTES])
    profile, constraints, level = bits.take(8), bits.take(8), bits.take(8)
    number = bits.golomb(_SEQUENCES)
    chroma_format, separate, depths = _chroma(bits) if profile in _HIGH_PROFILES else (1, False, (8, 8))
    frame_number_bits = bits.golomb(12) + 4
    _skip_order_count(bits)
    bits.golomb(_MOST_FRAMES)  # max_num_ref_frames
    gaps = bool(bits.take(1))
    blocks = bits.golomb(_MOST_BLOCKS_ACROSS - 1) + 1, bits.golomb(_MOST_BLOCKS_ACROSS - 1) + 1
    frames_only = bool(bits.take(1))
    width, height = _displayed(bits, blocks, frames_only=frames_only)
    body = bits.taken()
    usability = _usability(bits) if bits.take(1) else None
    return SequenceFacts(
        *(number, profile, constraints, level, chroma_format, depths, separate, frame_number_bits, gaps, frames_only),
        *(width, height, body, usability, not constraints & 3 and _is_whole(bits, unit, H264_SPS)),
    )


def _chroma(bits: Bits) -> tuple[int, bool, tuple[int, int]]:
    chroma_format = bits.golomb(3)
    separate = bool(chroma_format == 3 and bits.take(1))
    depths = bits.golomb(6) + 8, bits.golomb(6) + 8
    bits.take(1)  # qpprime_y_zero_transform_bypass_flag
    if bits.take(1):  # seq_scaling_matrix_present_flag
        _skip_scaling_lists(bits, 12 if chroma_format == 3 else 8)
    return chroma_format, separate, depths


def _skip_scaling_lists(bits: Bits, count: int) -> None:
    """Read past the scaling lists (7.3.2.1.1.1)."""
    for number in range(count):
        if bits.take(1):
            last = following = 8
            for _ in range(16 if number < 6 else 64):
                if following:
                    following = (last + bits.signed_golomb(-128, 127)) % 256
                last = following or last


def _skip_order_count(bits: Bits) -> None:
    kind = bits.golomb(2)
    if kind == 0:
        bits.golomb(12)  # log2_max_pic_order_cnt_lsb_minus4
    elif kind == 1:
        bits.take(1)
        bits.signed_golomb(-_OFFSET, _OFFSET)
        bits.signed_golomb(-_OFFSET, _OFFSET)
        for _ in range(bits.golomb(255)):
            bits.signed_golomb(-_OFFSET, _OFFSET)


def _displayed(bits: Bits, blocks: tuple[int, int], *, frames_only: bool) -> tuple[int, int]:
    """Width and height, the rest of the set's body read on the way; cropping counted as in 4:2:0."""
    if not frames_only:
        bits.take(1)  # mb_adaptive_frame_field_flag
    bits.take(1)  # direct_8x8_inference_flag
    left, right, top, bottom = (
        (bits.golomb(16 * _MOST_BLOCKS_ACROSS) for _ in range(4)) if bits.take(1) else (0, 0, 0, 0)
    )
    fields = 1 if frames_only else 2
    return 16 * blocks[0] - 2 * (left + right), fields * (16 * blocks[1] - 2 * (top + bottom))


def _usability(bits: Bits) -> Usability:
    """The video usability information (E.1.1)."""
    aspect = _aspect(bits) if bits.take(1) else None
    if bits.take(1):
        bits.take(1)  # overscan_appropriate_flag
    full_range, colours = _signal(bits) if bits.take(1) else (None, None)
    chroma = (bits.golomb(5), bits.golomb(5)) if bits.take(1) else None  # of the top and the bottom field
    if bits.take(1):
        bits.take(64)  # num_units_in_tick, time_scale
        bits.take(1)  # fixed_frame_rate_flag
    _skip_rates(bits)
    bits.take(1)  # pic_struct_present_flag
    reorder, buffered = _restriction(bits) if bits.take(1) else (None, 0)
    return Usability(aspect, full_range, colours, chroma, reorder, buffered)


def _signal(bits: Bits) -> tuple[bool, tuple[int, int, int] | None]:
    bits.take(3)  # video_format
    full_range = bool(bits.take(1))
    return full_range, (bits.take(8), bits.take(8), bits.take(8)) if bits.take(1) else None


def _aspect(bits: Bits) -> Fraction | None:
    code = bits.take(8)
    bits.broken |= code >= len(_ASPECTS) and code != _EXTENDED_ASPECT
    width, height = (bits.take(16), bits.take(16)) if code == _EXTENDED_ASPECT else _ASPECTS[code % len(_ASPECTS)]
    return Fraction(width, height) if width and height else None


def _skip_rates(bits: Bits) -> None:
    """Both hypothetical reference decoders (E.1.2)."""
    present = 0
    for _ in range(2):
        if bits.take(1):
            present += 1
            count = bits.golomb(31) + 1
            bits.take(8)
            for _ in range(count):
                bits.golomb()
                bits.golomb()
                bits.take(1)
            bits.take(20)
    if present:
        bits.take(1)  # low_delay_hrd_flag


def _restriction(bits: Bits) -> tuple[int, int]:
    bits.take(1)  # motion_vectors_over_pic_boundaries_flag
    for _ in range(4):  # the largest picture and macroblock, the longest vectors
        bits.golomb(16)
    return bits.golomb(_MOST_FRAMES), bits.golomb(_MOST_FRAMES)  # max_num_reorder_frames, max_dec_frame_buffering


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """A picture parameter set (7.3.2.2).

    Attributes:
        number: pic_parameter_set_id.
        sequence: The sequence parameter set that it belongs to.
        plain: One slice group, and no redundant pictures.
        whole: Whether the unit is such a set to its last bit and not one bit more; never with slice groups.
    """

    number: int
    sequence: int
    plain: bool
    whole: bool


def read_pps(unit: bytes) -> PictureFacts:
    """Read an H.264 picture parameter set (7.3.2.2)."""
    bits = Bits(unit[1:_SET_BYTES])
    number, sequence = bits.golomb(_PICTURES), bits.golomb(_SEQUENCES)
    bits.take(2)  # entropy_coding_mode_flag, bottom_field_pic_order_in_frame_present_flag
    if bits.golomb(7):  # num_slice_groups_minus1
        return PictureFacts(number, sequence, plain=False, whole=False)
    bits.golomb(31)  # num_ref_idx_l0_default_active_minus1
    bits.golomb(31)
    bits.take(3)  # weighted_pred_flag, weighted_bipred_idc
    bits.signed_golomb(-62, 25)  # pic_init_qp_minus26, with up to 14 bits
    bits.signed_golomb(-26, 25)  # pic_init_qs_minus26
    bits.signed_golomb(-12, 12)  # chroma_qp_index_offset
    bits.take(2)  # deblocking_filter_control_present_flag, constrained_intra_pred_flag
    redundant = bits.take(1)
    if not _only_stop_bit(bits):
        transform_8x8 = bits.take(1)
        if bits.take(1):  # pic_scaling_matrix_present_flag
            _skip_scaling_lists(bits, 6 + 2 * transform_8x8)
        bits.signed_golomb(-12, 12)  # second_chroma_qp_index_offset
    return PictureFacts(number, sequence, plain=not redundant, whole=_is_whole(bits, unit, H264_PPS))


def _only_stop_bit(bits: Bits) -> bool:
    return bits.left <= 8 and bits.rest() == 1 << max(bits.left - 1, 0)


def _is_whole(bits: Bits, unit: bytes, kind: int) -> bool:
    """Whether nothing is left but the stop bit and its zeros (7.3.2.11), and emulation bytes stand where they must."""
    ended = unit[0] & 0x9F == kind and bits.left >= 1 and _only_stop_bit(bits)
    return (
        ended
        and not bits.broken
        and len(unit) <= _SET_BYTES
        and unit[1:] == escape(unit[1:].replace(b"\0\0\3", b"\0\0"))
    )


def escape(payload: bytes) -> bytes:
    """The payload with emulation prevention bytes as an encoder must write them, and nowhere else (7.4.1)."""
    out, zeros = bytearray(), 0
    for byte in payload:
        if zeros >= 2 and byte <= 3:
            out.append(3)
            zeros = 0
        out.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(out)


@dataclass(frozen=True, slots=True)
class SliceFacts:
    """The beginning of a slice header (7.3.3); ``odd`` where it holds a number that none can hold."""

    first_block: int
    kind: int
    parameters: int
    odd: bool


def read_slice(unit: bytes) -> SliceFacts:
    """Read a slice header up to ``pic_parameter_set_id``; the kind is 0 P, 1 B, 2 I, 3 SP, 4 SI (table 7-6)."""
    bits = Bits(unit[1:24])
    first_block, kind, parameters = bits.golomb(_MOST_BLOCKS - 1), bits.golomb(9) % 5, bits.golomb(_PICTURES)
    return SliceFacts(first_block, kind, parameters, bits.broken)


def read_field(unit: bytes, sequence: SequenceFacts) -> tuple[int, int] | None:
    """(frame number, parity) of a slice that codes one field, None for a slice of a whole frame (7.3.3)."""
    bits = Bits(unit[1:24])
    bits.golomb()  # first_mb_in_slice
    bits.golomb()  # slice_type
    bits.golomb()  # pic_parameter_set_id
    if sequence.separate_colours:
        bits.take(2)
    number = bits.take(sequence.frame_number_bits)
    return (number, bits.take(1)) if not sequence.frames_only and bits.take(1) else None
