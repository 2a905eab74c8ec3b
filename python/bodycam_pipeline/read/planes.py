"""The border between a frame and the kernels: its planes, borrowed, never copied."""

from typing import TypeAlias

import av

from bodycam_pipeline._native import Planes

VideoFrame: TypeAlias = av.VideoFrame
"""A decoded frame, for those who hand one on without looking inside."""


def planes(frame: av.VideoFrame, *, writable: bool = False) -> Planes:
    """Borrow the three planes of an 8-bit 4:2:0 frame.

    Args:
        frame: ``yuv420p`` or ``yuvj420p``.
        writable: Detach the frame from its decoder first, which may still read it to predict later frames.

    Raises:
        ValueError: another pixel format.
    """
    if frame.format.name not in {"yuv420p", "yuvj420p"}:
        raise ValueError(f"planes of {frame.format.name} frames are not 8-bit 4:2:0")
    if writable:
        frame.make_writable()
    luma, blue, red = frame.planes
    strides = (luma.line_size, blue.line_size, red.line_size)
    return Planes(luma, blue, red, strides=strides, width=frame.width, height=frame.height)
