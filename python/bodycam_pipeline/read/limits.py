"""What an H.264 MP4 cannot hold, refused before any work is done on it."""

import numpy as np

from bodycam_pipeline.schemes import place
from bodycam_pipeline.values.errors import NoVideoError, UnsupportedRecordingError
from bodycam_pipeline.values.recording import PacketIndex, VideoFacts

LONGEST_SAMPLE_TICKS = (1 << 31) - 1
"""Longest distance between two frames: players read sample durations as signed 32-bit numbers."""


def refuse_unreleasable(video: VideoFacts, packets: PacketIndex, frame_duration_pts: int, address: str) -> None:
    """Refuse frames and times that a release could not give back exactly.

    Raises:
        NoVideoError: every packet is hidden.
        UnsupportedRecordingError: frames too far apart.
    """
    shown = packets.shown_pts()
    if not len(shown):
        raise NoVideoError(
            "the video track shows no frame",
            remedy="An edit list hides all of it: re-wrap a copy without the edit list.",
            where=place(address),
        )
    longest = max(int(np.diff(shown).max(initial=0)), frame_duration_pts)
    if longest * video.time_base.numerator > LONGEST_SAMPLE_TICKS:
        raise UnsupportedRecordingError(
            f"two frames are {float(longest * video.time_base):.0f} s apart, more than an MP4 can say in this clock",
            remedy="Cut the recording there, and redact the parts one by one.",
            where=place(address),
        )
