"""What reading a stranger's list of frames needs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.tasks.step import Step
from bodycam_pipeline.values.needs import Needs

FrameList = tuple[NDArray[np.int64], NDArray[np.uint8]]
"""The pts (n,) and digests (n, 32) of a release's frames."""


@dataclass(frozen=True, slots=True)
class FrameListTask:
    """A ``frames.parquet`` of which nobody knows who wrote it."""

    path: str

    def needs(self) -> Needs:
        """What it opens."""
        return Needs((), (self.path,))


read_frame_list = Step[FrameListTask, FrameList]("frame_list", "read_frame_list", FrameList, recorded=False)
