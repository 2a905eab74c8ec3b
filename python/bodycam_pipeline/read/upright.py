"""Decoded frames as pictures that a browser shows: turned upright, in RGB, as JPEG or PNG."""

import io
from collections.abc import Sequence
from typing import Literal

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bodycam_pipeline.read.colours import matrix_of
from bodycam_pipeline.read.planes import VideoFrame
from bodycam_pipeline.values.geometry import Box, Orientation
from bodycam_pipeline.values.recording import VideoFacts

JPEG_QUALITY = 92
"""Quality for libjpeg, 1 to 95: differences from the decoded pixels are below what an eye sees in a still."""

PictureFormat = Literal["jpeg", "png"]


def encode_picture(pixels: NDArray[np.uint8], kind: PictureFormat = "jpeg") -> bytes:
    """Encode RGB pixels, uint8 (h, w, 3): PNG without loss, JPEG at `JPEG_QUALITY`."""
    return _encode_image(Image.fromarray(pixels), kind)


def encode_still(frame: VideoFrame, video: VideoFacts, kind: PictureFormat = "jpeg") -> bytes:
    """Encode a frame in the working format, upright: the pixels are those of `upright_pixels`.

    They are handed over in four bytes each, the only layout that Pillow takes without a copy.
    """
    pixels = np.ascontiguousarray(turn(_rgb(frame, video, "rgba"), video.orientation))
    height, width = pixels.shape[:2]
    image = Image.frombuffer("RGBX", (width, height), pixels, "raw", "RGBX", 0, 1)
    return _encode_image(image.convert("RGB") if kind == "png" else image, kind)


def _encode_image(image: Image.Image, kind: PictureFormat) -> bytes:
    sink = io.BytesIO()
    if kind == "png":
        image.save(sink, "PNG", compress_level=1)
    else:
        image.save(sink, "JPEG", quality=JPEG_QUALITY)
    return sink.getvalue()


def upright_pixels(frame: VideoFrame, video: VideoFacts) -> NDArray[np.uint8]:
    """Convert a frame in the working format to upright RGB, uint8 (h, w, 3), one pixel per luma sample."""
    return np.ascontiguousarray(turn(_rgb(frame, video, "rgb24"), video.orientation))


def _rgb(frame: VideoFrame, video: VideoFacts, layout: str) -> NDArray[np.uint8]:
    """Convert a frame to RGB as it is coded: uint8 (h, w, 3), or (h, w, 4) with a byte that says nothing."""
    span, matrix = "JPEG" if video.full_range else "MPEG", matrix_of(video.colour_matrix, video.height)
    rgb = frame.reformat(format=layout, src_colorspace=matrix, src_color_range=span, threads=1)
    return np.asarray(rgb.to_ndarray(), np.uint8)


def detach(frame: VideoFrame) -> VideoFrame:
    """Copy a frame: what is painted on the copy leaves the frame as it was decoded."""
    copy = av.VideoFrame(frame.width, frame.height, frame.format.name)
    for mine, its in zip(copy.planes, frame.planes, strict=True):
        width = min(its.line_size, mine.line_size)
        rows = np.frombuffer(memoryview(its), np.uint8).reshape(-1, its.line_size)
        target = np.frombuffer(memoryview(mine), np.uint8).reshape(-1, mine.line_size)
        target[: len(rows), :width] = rows[: len(target), :width]
    copy.pts, copy.time_base = frame.pts, frame.time_base
    return copy


def turn(picture: NDArray[np.uint8], orientation: Orientation) -> NDArray[np.uint8]:
    """Turn a coded frame or plane, (h, w) or (h, w, 3), upright; a view, no copy."""
    first = orientation.to_upright(Box(0, 0, 1, 1), picture.shape[1], picture.shape[0])
    turned = picture.swapaxes(0, 1) if orientation.swaps_sides else picture
    return turned[:: 1 if first.top == 0 else -1, :: 1 if first.left == 0 else -1]


def crop(pixels: NDArray[np.uint8], box: Box, least_px: int = 96) -> NDArray[np.uint8]:
    """Cut a box with half its size around it, at least ``least_px`` a side, out of upright pixels."""
    height, width = pixels.shape[:2]
    side = max(max(box.width, box.height) * 2, least_px)
    x, y = box.centre
    left, top = max(0, round(x - side / 2)), max(0, round(y - side / 2))
    right, bottom = min(width, round(x + side / 2)), min(height, round(y + side / 2))
    if right <= left or bottom <= top:
        return pixels[:least_px, :least_px]
    return pixels[top:bottom, left:right]


def thumbnail(pictures: Sequence[NDArray[np.uint8]], longest_px: int = 160) -> bytes:
    """Encode pictures side by side as one JPEG; the longer side of each has at most ``longest_px``."""
    images = [Image.fromarray(pixels) for pixels in pictures]
    for image in images:
        image.thumbnail((longest_px, longest_px), Image.Resampling.BILINEAR)
    sheet = Image.new("RGB", (sum(image.width for image in images), max(image.height for image in images)))
    left = 0
    for image in images:
        sheet.paste(image, (left, 0))
        left += image.width
    return encode_picture(np.asarray(sheet))


def sharpness(pixels: NDArray[np.uint8]) -> float:
    """Measure detail as the variance of the Laplacian of luma; larger is sharper."""
    luma = pixels @ np.array([0.299, 0.587, 0.114])
    if min(luma.shape) < 3:
        return 0.0
    inner = 4 * luma[1:-1, 1:-1] - luma[:-2, 1:-1] - luma[2:, 1:-1] - luma[1:-1, :-2] - luma[1:-1, 2:]
    return float(inner.var())
