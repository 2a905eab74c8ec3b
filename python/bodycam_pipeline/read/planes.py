"""The border between a frame and the kernels: its planes, borrowed, never copied."""

from typing import TypeAlias

import av
import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline._native import Planes

VideoFrame: TypeAlias = av.VideoFrame
"""A decoded frame, for those who hand one on without looking inside."""


def planes(frame: av.VideoFrame, *, writable: bool = False, size: tuple[int, int] | None = None) -> Planes:
    """Borrow the three planes of an 8-bit 4:2:0 frame.

    Args:
        frame: ``yuv420p`` or ``yuvj420p``.
        writable: Detach the frame from its decoder first, which may still read it to predict later frames.
        size: Width and height of the part at its top left that is borrowed; None for all of it.

    Raises:
        ValueError: another pixel format.
    """
    if frame.format.name not in {"yuv420p", "yuvj420p"}:
        raise ValueError(f"planes of {frame.format.name} frames are not 8-bit 4:2:0")
    if writable:
        frame.make_writable()
    luma, blue, red = frame.planes
    strides = (luma.line_size, blue.line_size, red.line_size)
    width, height = size or (frame.width, frame.height)
    return Planes(luma, blue, red, strides=strides, width=width, height=height)


def samples(frame: av.VideoFrame) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """View the luma (h, w) and the two chroma planes of a frame in the working format; nothing is copied."""
    width, height = frame.width, frame.height
    sizes = [(height, width), *[((height + 1) // 2, (width + 1) // 2)] * 2]
    views = [
        np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[:rows, :columns]
        for plane, (rows, columns) in zip(frame.planes, sizes, strict=True)
    ]
    return views[0], views[1], views[2]
