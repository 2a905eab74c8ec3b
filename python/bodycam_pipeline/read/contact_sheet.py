"""Small pictures of a finished release, for the report that stays inside."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.read.container import open_container
from bodycam_pipeline.values.geometry import Box, Orientation

WIDTH_PX = 320
LEAST_CROP_PX = 160
QUALITY = 5
"""FFmpeg's MJPEG quantiser, 1 (best) to 31: 5 shows whether a region sits right and keeps a sheet under 300 kB."""


def crops(address: str, wanted: Sequence[tuple[int, Box]], orientation: Orientation) -> Iterator[tuple[int, bytes]]:
    """The surroundings of each wanted box (of the upright frame, at a pts) as JPEGs, turned upright.

    Yields:
        The position in ``wanted`` and the JPEG; those whose frame is not there are left out.

    Raises:
        BodycamError: as `open_container`.
    """
    with open_container(address) as container:
        stream = container.streams.video[0]
        for number, (pts, box) in enumerate(wanted):
            container.seek(pts, stream=stream, backward=True)
            frame = next((f for f in container.decode(stream) if f.pts == pts), None)
            if frame is not None:
                yield number, jpeg(_cut_out(frame, box, orientation))


def _cut_out(frame: av.VideoFrame, box: Box, orientation: Orientation) -> av.VideoFrame:
    """The box and as much again around it, at least `LEAST_CROP_PX` a side."""
    reach = max(box.width, box.height, LEAST_CROP_PX / 3)
    coded = orientation.to_coded(box.grown(reach, reach, reach, reach), frame.width, frame.height)
    left, top = (max(0, int(side) // 2 * 2) for side in (coded.left, coded.top))
    right, bottom = min(frame.width, int(coded.right)) // 2 * 2, min(frame.height, int(coded.bottom)) // 2 * 2
    whole = frame.reformat(format="yuv420p").to_ndarray()
    height, width = frame.height // 2 * 2, frame.width // 2 * 2
    planes = [whole[:height, :width], *whole[height:].reshape(2, height // 2, width // 2)]
    scales = (1, 2, 2)
    parts = [p[top // s : bottom // s, left // s : right // s] for p, s in zip(planes, scales, strict=True)]
    upright = [np.ascontiguousarray(_turned(part, orientation)) for part in parts]
    packed = np.concatenate([part.ravel() for part in upright]).reshape(-1, upright[0].shape[1])
    return av.VideoFrame.from_ndarray(packed, format="yuv420p")


def _turned(plane: NDArray[np.uint8], orientation: Orientation) -> NDArray[np.uint8]:
    turned = orientation.to_upright(Box(0, 0, 1, 1), plane.shape[1], plane.shape[0])  # where the first pixel goes
    flipped = plane.T if orientation.swaps_sides else plane
    return flipped[:: 1 if turned.top == 0 else -1, :: 1 if turned.left == 0 else -1]


def jpeg(frame: av.VideoFrame) -> bytes:
    """A frame as a JPEG of at most `WIDTH_PX` width, as coded (not turned upright)."""
    width = min(WIDTH_PX, frame.width) // 2 * 2
    height = max(2, round(frame.height * width / frame.width / 2) * 2)
    small = frame.reformat(width=width, height=height, format="yuvj420p", dst_color_range="JPEG")
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuvj420p"
    encoder.time_base = Fraction(1, 25)
    encoder.options = {"qmin": str(QUALITY), "qmax": str(QUALITY)}
    small.pts, small.time_base = 0, Fraction(1, 25)
    return b"".join(bytes(packet) for packet in [*encoder.encode(small), *encoder.encode(None)])
