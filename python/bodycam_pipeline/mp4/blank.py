"""Frames that show nothing: what stands in the release for a frame that is withheld."""

import av

from bodycam_pipeline.read.working import working_format
from bodycam_pipeline.values.recording import VideoFacts

_BLACK_LIMITED, _BLACK_FULL, _NEUTRAL = 16, 0, 128
"""ITU-T H.273, 8 bit: luma of black with and without head room, and chroma without colour."""


def blank_frame(video: VideoFacts, pts: int) -> av.VideoFrame:
    """A black 4:2:0 frame of the recording's size at the given time; it has never held a pixel of the recording."""
    frame = av.VideoFrame(video.width, video.height, working_format(video))
    values = (_BLACK_FULL if video.full_range else _BLACK_LIMITED, _NEUTRAL, _NEUTRAL)
    for plane, value in zip(frame.planes, values, strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    frame.pts, frame.time_base = pts, video.time_base
    return frame
