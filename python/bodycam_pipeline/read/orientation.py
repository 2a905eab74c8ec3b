"""From the display matrix of a decoded frame to one of the eight ways a frame can be turned."""

import struct
from typing import Any

import av
from av.sidedata.sidedata import Type

from bodycam_pipeline.read.display_matrix import MATRICES, ONE
from bodycam_pipeline.values.geometry import Orientation


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
    return next((o for o, turn in MATRICES.items() if (a, b, c, d) == tuple(ONE * part for part in turn)), None)


def _turned(degrees: int) -> Orientation | None:
    """The quarter turn by so many degrees, counted as FFmpeg does, against the clock."""
    return {
        0: Orientation.UPRIGHT,
        -90: Orientation.QUARTER_TURN,
        90: Orientation.THREE_QUARTER_TURN,
        180: Orientation.HALF_TURN,
        -180: Orientation.HALF_TURN,
    }.get(degrees)
