"""Still pictures, decoded to the same planes that a recording's frames come in."""

from pathlib import Path

import av

from bodycam_pipeline.foreign import open_regular
from bodycam_pipeline.read.container import MAX_PIXELS
from bodycam_pipeline.values.errors import DatasetError

FORMAT = "yuvj420p"
"""What a JPEG mostly is: full range, BT.601. Other pictures are converted to it once."""

_CODECS = frozenset({"mjpeg", "png", "bmp", "webp"})
_OPTIONS = {"codec_whitelist": ",".join(sorted(_CODECS)), "max_pixels": str(MAX_PIXELS), "threads": "1"}


def read_still(path: Path) -> av.VideoFrame:
    """A picture file as one frame, 8-bit 4:2:0, full range, BT.601; turned as it lies in the file.

    Raises:
        DatasetError: no picture that can be read.
    """
    try:
        with open_regular(path) as file, av.open(file, "r", options=_OPTIONS) as container:
            container.streams.video[0].codec_context.options = _OPTIONS
            frame = next(container.decode(video=0))
    except (av.error.FFmpegError, OSError, IndexError, StopIteration) as error:
        raise DatasetError(f"cannot read the picture {path}: {error}", remedy="Fetch the data set again.") from error
    if frame.format.name == FORMAT:
        return frame
    return frame.reformat(format=FORMAT, dst_colorspace="ITU601", dst_color_range="JPEG", threads=1)


def read_size(path: Path) -> tuple[int, int]:
    """Width and height of a picture file, from its header.

    Raises:
        DatasetError: as `read_still`.
    """
    try:
        with open_regular(path) as file, av.open(file, "r", options=_OPTIONS) as container:
            video = container.streams.video[0]
            return video.width, video.height
    except (av.error.FFmpegError, OSError, IndexError) as error:
        raise DatasetError(f"cannot read the picture {path}: {error}", remedy="Fetch the data set again.") from error
