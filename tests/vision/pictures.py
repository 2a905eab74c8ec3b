"""Frames made of a portrait that a dependency carries, and the facts a detector asks for."""

from fractions import Fraction

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray
from PIL import Image

from bodycam_pipeline._native import Planes
from bodycam_pipeline.demo.material import FACE_CENTRE, FACE_HALF, head
from bodycam_pipeline.read.planes import planes
from bodycam_pipeline.values.geometry import Box, Orientation
from bodycam_pipeline.values.recording import VideoFacts

FACE_HEIGHT = 2 * FACE_HALF[1]


def facts(width: int, height: int, *, orientation: int = 1, matrix: int = 1, full_range: bool = False) -> VideoFacts:
    return VideoFacts(
        stream_index=0,
        codec="h264",
        profile="",
        pixel_format="yuv420p",
        width=width,
        height=height,
        time_base=Fraction(1, 1000),
        orientation=Orientation(orientation),
        sample_aspect_ratio=Fraction(1),
        full_range=full_range,
        colour_primaries=2,
        colour_transfer=2,
        colour_matrix=matrix,
        field_order="progressive",
        frame_rate_from_header=None,
    )


def portrait(size: tuple[int, int], centre: tuple[float, float], face_px: float) -> tuple[Image.Image, Box]:
    """A grey picture with one face of that height at that place, and its box."""
    scale = face_px / FACE_HEIGHT
    own = head(mirrored=False, brightness=1.0, warmth=1.0)
    small = own.resize((round(own.width * scale), round(own.height * scale)), Image.Resampling.LANCZOS)
    corner = round(centre[0] - FACE_CENTRE[0] * scale), round(centre[1] - FACE_CENTRE[1] * scale)
    picture = Image.new("RGB", size, "#8a8f94")
    picture.paste(small, corner, small)
    x, y = corner[0] + FACE_CENTRE[0] * scale, corner[1] + FACE_CENTRE[1] * scale
    w, h = (half * scale for half in FACE_HALF)
    return picture, Box(x - w, y - h, x + w, y + h)


def frame(picture: Image.Image | NDArray[np.uint8], orientation: int = 1, *, full_range: bool = False) -> Planes:
    """The coded frame (BT.709) that shows as this picture under an orientation."""
    upright = np.asarray(picture)
    coded = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright),
        7: upright[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }[orientation]
    rgb = av.VideoFrame.from_ndarray(np.ascontiguousarray(coded), format="rgb24")
    kind, samples = ("yuvj420p", ColorRange.JPEG) if full_range else ("yuv420p", ColorRange.MPEG)
    return planes(rgb.reformat(format=kind, dst_colorspace=Colorspace.ITU709, dst_color_range=samples))
