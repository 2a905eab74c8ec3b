"""The one pixel format between decoder and encoder, 8-bit planar 4:2:0, and frames in it that show nothing."""

import av

from bodycam_pipeline.values.recording import VideoFacts

EIGHT_BIT_420 = frozenset({"yuv420p", "yuvj420p"})
"""The same samples; the ``j`` only says that they use the full range."""

_BLACK_LIMITED, _BLACK_FULL, _NEUTRAL = 16, 0, 128
"""ITU-T H.273, 8 bit: luma of black with and without head room, and chroma without colour."""


def working_format(video: VideoFacts) -> str:
    """FFmpeg's name of the format in which this recording's frames are handed on."""
    if video.pixel_format in EIGHT_BIT_420 and video.hdr is None and not video.formats:
        return video.pixel_format
    return "yuvj420p" if video.full_range else "yuv420p"


def blank_frame(video: VideoFacts, pts: int) -> av.VideoFrame:
    """A black 4:2:0 frame of the recording's size at the given time; it has never held a pixel of the recording."""
    frame = av.VideoFrame(video.width, video.height, working_format(video))
    values = (_BLACK_FULL if video.full_range else _BLACK_LIMITED, _NEUTRAL, _NEUTRAL)
    for plane, value in zip(frame.planes, values, strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    frame.pts, frame.time_base = pts, video.time_base
    return frame
