"""The eight ways a frame can be turned, as the matrix of a track header (ISO/IEC 14496-12, 6.2.2)."""

import struct

from bodycam_pipeline.values.geometry import Orientation

ONE = 1 << 16
"""1.0 in the 16.16 fixed point of ISO/IEC 14496-12, 6.2.2."""

MATRICES = {
    Orientation.UPRIGHT: (1, 0, 0, 1),
    Orientation.MIRRORED: (-1, 0, 0, 1),
    Orientation.HALF_TURN: (-1, 0, 0, -1),
    Orientation.FLIPPED: (1, 0, 0, -1),
    Orientation.TRANSPOSED: (0, 1, 1, 0),
    Orientation.QUARTER_TURN: (0, 1, -1, 0),
    Orientation.TRANSVERSED: (0, -1, -1, 0),
    Orientation.THREE_QUARTER_TURN: (0, -1, 1, 0),
}
"""(a, b, c, d) of x' = a x + c y + tx, y' = b x + d y + ty, with y pointing down."""


def display_matrix(orientation: Orientation, width: int, height: int) -> bytes:
    """The 36 bytes of a track header's matrix that turn a coded frame of this size upright, its corner at 0, 0."""
    a, b, c, d = MATRICES[orientation]
    right = width * (a < 0) + height * (c < 0)
    down = width * (b < 0) + height * (d < 0)
    return struct.pack(">9i", a * ONE, b * ONE, 0, c * ONE, d * ONE, 0, right * ONE, down * ONE, 1 << 30)
