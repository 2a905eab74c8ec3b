"""Read the list of a release's frames."""

from pathlib import Path

from bodycam_pipeline.evidence.frames_file import read_frames
from bodycam_pipeline.tasks.frame_list import FrameList, FrameListTask


def read_frame_list(task: FrameListTask) -> FrameList:
    """The pts and digests of a release.

    Raises:
        VerificationError: not there, or not a list of frames.
    """
    return read_frames(Path(task.path))
