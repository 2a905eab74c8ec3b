"""By which matrix a recording's YUV becomes RGB."""

from av.video.reformatter import Colorspace

UNKNOWN_MATRIX = 2
HD_LINES = 720
"""Recordings that name no matrix use BT.709 from this height on and BT.601 below, as players assume."""

_MATRICES = {1: Colorspace.ITU709, 4: Colorspace.FCC, 5: Colorspace.ITU601, 6: Colorspace.ITU601}
_MATRICES |= {7: Colorspace.SMPTE240M, 9: Colorspace.BT2020, 10: Colorspace.BT2020}
"""FFmpeg's converter by ISO/IEC 23091-2 code point."""


def matrix_of(code: int, height: int) -> Colorspace:
    """Name the matrix of a frame of this height by its code point."""
    guess = Colorspace.ITU709 if height >= HD_LINES else Colorspace.ITU601
    return guess if code == UNKNOWN_MATRIX else _MATRICES.get(code, guess)
