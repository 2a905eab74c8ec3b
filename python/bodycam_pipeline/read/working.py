"""The one pixel format that everything between decoder and encoder works on: 8-bit planar 4:2:0."""

from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.read.hdr import tone_mapped
from bodycam_pipeline.values.errors import Place, UnsupportedRecordingError
from bodycam_pipeline.values.recording import VideoFacts

_EIGHT_BIT_420 = frozenset({"yuv420p", "yuvj420p"})
"""The same samples; the ``j`` only says that they use the full range."""


def working_format(video: VideoFacts) -> str:
    """FFmpeg's name of the format in which this recording's frames are handed on."""
    if video.pixel_format in _EIGHT_BIT_420 and video.hdr is None:
        return video.pixel_format
    return "yuvj420p" if video.full_range else "yuv420p"


def to_working_format(frame: av.VideoFrame, video: VideoFacts) -> av.VideoFrame:
    """The frame itself where it is 8-bit 4:2:0 already, else converted once; range and matrix are kept but for HDR.

    Raises:
        UnsupportedRecordingError: not of the recording's size and format.
    """
    width, height = video.width - video.added[0], video.height - video.added[1]
    if (frame.width, frame.height, frame.format.name) != (width, height, video.pixel_format):
        raise UnsupportedRecordingError(
            f"the picture changes from {width}x{height} {video.pixel_format} to "
            f"{frame.width}x{frame.height} {frame.format.name}",
            remedy="Cut the recording where it changes, and redact the parts one by one.",
            where=Place(pts=frame.pts),
        )
    result = _eight_bit(frame, video)
    return _evened(result, video) if any(video.added) else result


def _eight_bit(frame: av.VideoFrame, video: VideoFacts) -> av.VideoFrame:
    if video.hdr is not None:
        return tone_mapped(frame, video.hdr)
    return frame if frame.format.name in _EIGHT_BIT_420 else _converted(frame, video)


def _evened(frame: av.VideoFrame, video: VideoFacts) -> av.VideoFrame:
    """The frame with its last column and row once more where a side is odd; its chroma covers them already."""
    result = av.VideoFrame(video.width, video.height, frame.format.name)
    source, target = map(_rows, (frame.planes[0], result.planes[0]))
    luma = source[: frame.height, : frame.width]
    added = (0, video.height - frame.height), (0, video.width - frame.width)
    target[: video.height, : video.width] = np.pad(luma, added, mode="edge")
    for chroma, copy in zip(frame.planes[1:], result.planes[1:], strict=True):
        _rows(copy)[: video.height // 2, : video.width // 2] = _rows(chroma)[: video.height // 2, : video.width // 2]
    result.pts, result.time_base = frame.pts, frame.time_base
    return result


def _rows(plane: Any) -> NDArray[np.uint8]:
    return np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)


def _converted(frame: av.VideoFrame, video: VideoFacts) -> av.VideoFrame:
    span = "JPEG" if video.full_range else "MPEG"
    result = frame.reformat(format=working_format(video), src_color_range=span, dst_color_range=span, threads=1)
    result.pts, result.time_base = frame.pts, frame.time_base
    return result
