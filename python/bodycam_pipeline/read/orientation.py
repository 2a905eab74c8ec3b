"""From a display matrix to one of the eight ways a picture can be turned, and back."""

import struct
from typing import Any

import av
from av.sidedata.sidedata import Type

from bodycam_pipeline.values.geometry import Orientation

_ONE = 1 << 16
"""1.0 in the 16.16 fixed point of ISO/IEC 14496-12, 6.2.2."""

_MATRICES = {
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


def orientation_of(frame: av.VideoFrame) -> Orientation | None:
    """How a decoded frame is to be turned; None where its matrix is none of the eight."""
    try:
        side_data: Any = frame.side_data  # typed as a mapping by name; at run time it iterates over its values
    except ValueError:  # the frame carries side data for which PyAV has no name
        return _turned(frame.rotation)
    found = [data for data in side_data if data.type == Type.DISPLAYMATRIX]
    if not found:
        return Orientation.UPRIGHT
    a, b, _, c, d, *_ = struct.unpack("=9i", bytes(found[0]))
    return next((o for o, turn in _MATRICES.items() if (a, b, c, d) == tuple(_ONE * part for part in turn)), None)


def _turned(degrees: int) -> Orientation | None:
    """The quarter turn by so many degrees, counted as FFmpeg does, against the clock."""
    return {
        0: Orientation.UPRIGHT,
        -90: Orientation.QUARTER_TURN,
        90: Orientation.THREE_QUARTER_TURN,
        180: Orientation.HALF_TURN,
        -180: Orientation.HALF_TURN,
    }.get(degrees)


def display_matrix(orientation: Orientation, width: int, height: int) -> bytes:
    """The 36 bytes of a track header's matrix that turn a coded picture of this size upright, its corner at 0, 0."""
    a, b, c, d = _MATRICES[orientation]
    right = width * (a < 0) + height * (c < 0)
    down = width * (b < 0) + height * (d < 0)
    return struct.pack(">9i", a * _ONE, b * _ONE, 0, c * _ONE, d * _ONE, 0, right * _ONE, down * _ONE, 1 << 30)
