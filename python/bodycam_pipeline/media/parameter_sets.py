"""H.264 parameter sets and their record, read to the last bit: what a release carries must be syntax, all of it.

Section numbers are of ITU-T H.264 unless another standard is named.
"""

from collections.abc import Callable, Iterator

from bodycam_pipeline.media.bits import Bits
from bodycam_pipeline.media.nal import H264_PPS, H264_SPS

_WITH_CHROMA = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
"""Profiles whose sequence parameter set carries chroma format and scaling lists (7.3.2.1.1)."""

_WITH_CHROMA_IN_RECORD = frozenset({100, 110, 122, 144, 244})
"""Profiles whose avcC ends with chroma format and bit depths (ISO/IEC 14496-15, 5.3.3.1.2)."""

_FOUR_FOUR_FOUR = 3
_EXPLICIT_ASPECT = 255
_MOST_CODES = 256
"""No list in a parameter set is longer (num_ref_frames_in_pic_order_cnt_cycle is at most 255, 7.4.2.1.1)."""


def is_whole_sequence_set(unit: bytes) -> bool:
    """Whether a NAL unit is a sequence parameter set (7.3.2.1.1) and not one bit more."""
    bits = Bits(unit[1:])
    profile = bits.take(8)
    reserved, _level = bits.take(8) & 3, bits.take(8)
    bits.golomb()
    if profile in _WITH_CHROMA:
        _chroma(bits)
    bits.golomb()  # log2_max_frame_num_minus4
    _order_count(bits)
    bits.golomb()  # max_num_ref_frames
    bits.take(1)  # gaps_in_frame_num_value_allowed_flag
    _many(2, bits.golomb)  # width and height in macroblocks
    if not bits.take(1):  # frame_mbs_only_flag
        bits.take(1)  # mb_adaptive_frame_field_flag
    bits.take(1)  # direct_8x8_inference_flag
    if bits.take(1):  # frame_cropping_flag
        _many(4, bits.golomb)
    if bits.take(1):  # vui_parameters_present_flag
        _usability(bits)
    return not reserved and unit[0] & 0x9F == H264_SPS and _ends(bits, unit)


def is_whole_picture_set(unit: bytes) -> bool:
    """Whether a NAL unit is a picture parameter set (7.3.2.2) and not one bit more; slice groups are refused."""
    bits = Bits(unit[1:])
    _many(2, bits.golomb)  # its number and its sequence's
    bits.take(2)  # entropy_coding_mode_flag, bottom_field_pic_order_in_frame_present_flag
    groups = bits.golomb()
    _many(2, bits.golomb)  # num_ref_idx_default_active_minus1
    bits.take(3)  # weighted_pred_flag, weighted_bipred_idc
    _many(3, bits.golomb)  # pic_init_qp, pic_init_qs, chroma_qp_index_offset: a code's sign is in its value
    bits.take(3)  # deblocking_filter_control_present, constrained_intra_pred, redundant_pic_cnt_present
    if not _only_stop_bit(bits):
        transform_8x8 = bits.take(1)
        if bits.take(1):  # pic_scaling_matrix_present_flag
            _scaling_lists(bits, 6 + 2 * transform_8x8)
        bits.golomb()  # second_chroma_qp_index_offset
    return not groups and unit[0] & 0x9F == H264_PPS and _ends(bits, unit)


def leaks_in_record(avcc: bytes) -> Iterator[str]:
    """What in an ``AVCDecoderConfigurationRecord`` is no syntax that a decoder needs (ISO/IEC 14496-15, 5.3.3.1.2)."""
    sets = sets_of_record(avcc)
    if sets is None:
        yield "an avcC that ends early"
        return
    sequences, pictures, rest = sets
    if not sequences or avcc[:5] != bytes([1, *sequences[0][1:4], 0xFF]) or avcc[5] & 0xE0 != 0xE0:
        yield "an avcC whose head is not that of its parameter sets"
    yield from (f"a sequence parameter set with odd bits: {s.hex()}" for s in sequences if not is_whole_sequence_set(s))
    yield from (f"a picture parameter set with odd bits: {p.hex()}" for p in pictures if not is_whole_picture_set(p))
    extended = bool(sequences) and sequences[0][1] in _WITH_CHROMA_IN_RECORD
    if rest != (bytes([0xFC | 1, 0xF8, 0xF8, 0]) if extended else b""):
        yield f"{len(rest)} bytes after the parameter sets of avcC"


def sets_of_record(avcc: bytes) -> tuple[list[bytes], list[bytes], bytes] | None:
    """The sequence sets, the picture sets and what follows them; None where the record ends before its sets do."""
    position, found = 5, []
    for mask in (0x1F, 0xFF):
        sets: list[bytes] = []
        if position >= len(avcc):
            return None
        count, position = avcc[position] & mask, position + 1
        for _ in range(count):
            size = int.from_bytes(avcc[position : position + 2], "big")
            sets.append(avcc[position + 2 : position + 2 + size])
            position += 2 + size
            if position > len(avcc) or size < 4:
                return None
        found.append(sets)
    return found[0], found[1], avcc[position:]


def _chroma(bits: Bits) -> None:
    chroma_format = bits.golomb()
    if chroma_format == _FOUR_FOUR_FOUR:
        bits.take(1)  # separate_colour_plane_flag
    _many(2, bits.golomb)  # bit depths
    bits.take(1)  # qpprime_y_zero_transform_bypass_flag
    if bits.take(1):  # seq_scaling_matrix_present_flag
        _scaling_lists(bits, 12 if chroma_format == _FOUR_FOUR_FOUR else 8)


def _scaling_lists(bits: Bits, count: int) -> None:
    """7.3.2.1.1.1."""
    for number in range(count):
        if bits.take(1):
            last = following = 8
            for _ in range(16 if number < 6 else 64):
                if following:
                    following = (last + bits.signed_golomb()) % 256
                last = following or last


def _order_count(bits: Bits) -> None:
    kind = bits.golomb()
    if kind == 0:
        bits.golomb()
    elif kind == 1:
        bits.take(1)
        _many(2, bits.golomb)
        _many(min(bits.golomb(), _MOST_CODES), bits.golomb)


def _usability(bits: Bits) -> None:
    """E.1.1."""
    if bits.take(1) and bits.take(8) == _EXPLICIT_ASPECT:
        bits.take(32)
    if bits.take(1):
        bits.take(1)  # overscan_appropriate_flag
    if bits.take(1):
        bits.take(4)  # video_format, video_full_range_flag
        if bits.take(1):
            bits.take(24)  # colours
    if bits.take(1):
        _many(2, bits.golomb)  # chroma sample location
    if bits.take(1):
        bits.take(65)  # ticks, time scale, fixed_frame_rate_flag
    schedules = [_schedule(bits) for _ in range(2) if bits.take(1)]
    if schedules:
        bits.take(1)  # low_delay_hrd_flag
    bits.take(1)  # pic_struct_present_flag
    if bits.take(1):  # bitstream_restriction_flag
        bits.take(1)
        _many(6, bits.golomb)


def _schedule(bits: Bits) -> bool:
    """E.1.2."""
    count = min(bits.golomb(), _MOST_CODES) + 1
    bits.take(8)
    for _ in range(count):
        _many(2, bits.golomb)
        bits.take(1)
    bits.take(20)
    return True


def _many(count: int, read: Callable[[], int]) -> None:
    for _ in range(count):
        read()


def _only_stop_bit(bits: Bits) -> bool:
    return bits.left <= 8 and bits.rest() == 1 << max(bits.left - 1, 0)


def _ends(bits: Bits, unit: bytes) -> bool:
    """Whether nothing is left but the stop bit and its zeros (7.3.2.11), and emulation bytes stand where they must."""
    return bits.left >= 1 and _only_stop_bit(bits) and unit[1:] == _escaped(unit[1:].replace(b"\0\0\3", b"\0\0"))


def _escaped(payload: bytes) -> bytes:
    """The payload with emulation prevention bytes as an encoder must write them, and nowhere else (7.4.1)."""
    out, zeros = bytearray(), 0
    for byte in payload:
        if zeros >= 2 and byte <= 3:
            out.append(3)
            zeros = 0
        out.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(out)
