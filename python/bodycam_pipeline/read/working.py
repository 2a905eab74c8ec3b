"""The one pixel format that everything between decoder and encoder works on: 8-bit planar 4:2:0."""

import av

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
    if (frame.width, frame.height, frame.format.name) != (video.width, video.height, video.pixel_format):
        raise UnsupportedRecordingError(
            f"the picture changes from {video.width}x{video.height} {video.pixel_format} to "
            f"{frame.width}x{frame.height} {frame.format.name}",
            remedy="Cut the recording where it changes, and redact the parts one by one.",
            where=Place(pts=frame.pts),
        )
    if video.hdr is not None:
        return tone_mapped(frame, video.hdr)
    if frame.format.name in _EIGHT_BIT_420:
        return frame
    return _converted(frame, video)


def _converted(frame: av.VideoFrame, video: VideoFacts) -> av.VideoFrame:
    span = "JPEG" if video.full_range else "MPEG"
    result = frame.reformat(format=working_format(video), src_color_range=span, dst_color_range=span, threads=1)
    result.pts, result.time_base = frame.pts, frame.time_base
    return result
