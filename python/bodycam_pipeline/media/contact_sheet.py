"""Small pictures of a finished release, for the report that stays inside."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import av

from bodycam_pipeline.addresses.opening import open_recording

WIDTH_PX = 320
QUALITY = 5
"""FFmpeg's MJPEG quantiser, 1 (best) to 31: 5 shows whether a region sits right and keeps a sheet under 300 kB."""


@dataclass(frozen=True)
class Thumbnail:
    """One frame, shrunk: its pts in the file's own clock and a JPEG, as coded (not turned upright)."""

    pts: int
    jpeg: bytes


def thumbnails(address: str, wanted: Sequence[int]) -> Iterator[Thumbnail]:
    """The first frame at or after each wanted pts (ascending), as JPEGs of `WIDTH_PX` width.

    Raises:
        OSError: the file cannot be read.
    """
    with open_recording(address) as file, av.open(file, mode="r", buffer_size=1 << 20) as container:
        stream = container.streams.video[0]
        for pts in wanted:
            container.seek(pts, stream=stream, backward=True)
            frame = next((f for f in container.decode(stream) if f.pts is not None and f.pts >= pts), None)
            if frame is not None and frame.pts is not None:
                yield Thumbnail(frame.pts, _jpeg(frame))


def _jpeg(frame: av.VideoFrame) -> bytes:
    width = min(WIDTH_PX, frame.width) // 2 * 2
    height = max(2, round(frame.height * width / frame.width / 2) * 2)
    small = frame.reformat(width=width, height=height, format="yuvj420p", dst_color_range="JPEG")
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuvj420p"
    encoder.time_base = Fraction(1, 25)
    encoder.options = {"qmin": str(QUALITY), "qmax": str(QUALITY)}
    small.pts, small.time_base = 0, Fraction(1, 25)
    return b"".join(bytes(packet) for packet in [*encoder.encode(small), *encoder.encode(None)])
