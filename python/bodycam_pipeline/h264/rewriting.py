"""Parameter sets of a recording written anew: what decodes its frames, and nothing that a camera may say beside it.

Clocks, bit rates of hypothetical decoders, formats of a signal that nobody broadcasts: up to a kilobyte of syntax that
no player of a release needs, and in which anything could stand.
"""

from bodycam_pipeline.h264.nal import H264_PPS, H264_SPS
from bodycam_pipeline.h264.parameters import Usability, escape, read_sps

_KEPT_ALWAYS = 0x60
"""nal_ref_idc 3, as encoders give it to parameter sets; others mean the same, and would say something."""

_EXTENDED_ASPECT, _UNSPECIFIED_FORMAT = "11111111", "101"
_NO_LIMIT, _LONGEST_VECTOR = 0, 15
"""What bitstream_restriction says where nothing is restricted (E.2.1)."""


def rewritten(unit: bytes) -> bytes:
    """A whole parameter set (`read_sps`, `read_pps`) without what decodes nothing."""
    if unit[0] & 31 == H264_PPS:
        return bytes([_KEPT_ALWAYS | H264_PPS]) + unit[1:]
    facts = read_sps(unit)
    said = "1" + _usability(facts.usability) if facts.usability else "0"
    bits = f"{facts.body}{said}1"
    bits += "0" * (-len(bits) % 8)
    return bytes([_KEPT_ALWAYS | H264_SPS]) + escape(int(bits, 2).to_bytes(len(bits) // 8, "big"))


def _usability(said: Usability) -> str:
    """E.1.1, with everything absent that a player does not need: overscan, clock, both bit rates, picture structure."""
    aspect = said.aspect
    shape = f"1{_EXTENDED_ASPECT}{aspect.numerator:016b}{aspect.denominator:016b}" if aspect else "0"
    return "".join((shape, "0", _signal(said), _chroma(said), "0", "0", "0", "0", _restriction(said)))


def _signal(said: Usability) -> str:
    if said.full_range is None:
        return "0"
    colours = "1" + "".join(f"{each:08b}" for each in said.colours) if said.colours else "0"
    return f"1{_UNSPECIFIED_FORMAT}{int(said.full_range)}{colours}"


def _chroma(said: Usability) -> str:
    return "1" + "".join(map(_golomb, said.chroma)) if said.chroma else "0"


def _restriction(said: Usability) -> str:
    if said.reorder is None:
        return "0"
    numbers = (_NO_LIMIT, _NO_LIMIT, _LONGEST_VECTOR, _LONGEST_VECTOR, said.reorder, said.buffered)
    return "11" + "".join(map(_golomb, numbers))


def _golomb(value: int) -> str:
    """Code a number as ``ue(v)`` (9.1): its binary digits, as text."""
    code = f"{value + 1:b}"
    return "0" * (len(code) - 1) + code
