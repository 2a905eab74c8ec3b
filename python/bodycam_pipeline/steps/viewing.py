"""Show a recording to the person who reviews it: stills, small pictures, what is played, in memory.

"Released" pictures are what the renderer makes of the frame under the plan as it stands: the same function, the same
pixels, before coding.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.audio import played
from bodycam_pipeline.mp4.proxy import ProxyEncoder
from bodycam_pipeline.read.decode import SourceFrame
from bodycam_pipeline.read.frames import FrameFinder
from bodycam_pipeline.read.planes import VideoFrame
from bodycam_pipeline.read.upright import (
    PictureFormat,
    crop,
    detach,
    encode_still,
    sharpness,
    thumbnail,
    upright_pixels,
)
from bodycam_pipeline.steps.render import released_frame
from bodycam_pipeline.tasks.viewing import ViewTask
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.plan import PlanPart
from bodycam_pipeline.values.recording import AudioFacts
from bodycam_pipeline.values.timeline import Span

Places = Sequence[tuple[int, Box]]


def open_viewer(task: ViewTask) -> "Viewer":
    """Who answers what the page asks of one recording."""
    return Viewer(task)


class Viewer:
    """Decodes what is asked for; every answer is data."""

    def __init__(self, task: ViewTask) -> None:
        self._recording = task.recording
        self._finder = FrameFinder(task.recording, task.budget_bytes)
        self._proxy = ProxyEncoder(task.recording.video, int(self._finder.shown[0]))

    def still(self, pts: int, plan: PlanPart | None, kind: PictureFormat) -> bytes:
        """The picture of one frame, upright; under a plan as the release shows it, without one as it was recorded.

        Raises:
            BodycamError: it could not be decoded, and nobody withheld it.
        """
        return encode_still(self._frame(pts, plan), self._recording.video, kind)

    def crops(self, places: Places) -> bytes:
        """Small pictures of boxes and what is around them, as recorded, side by side in one."""
        return thumbnail([crop(self._pixels(pts), box) for pts, box in places])

    def rank_by_sharpness(self, places: Places) -> tuple[int, ...]:
        """Positions of places in order of how sharp the picture is there, the sharpest first."""
        scores = [sharpness(_inside(self._pixels(pts), box)) for pts, box in places]
        return tuple(sorted(range(len(places)), key=lambda n: -scores[n]))

    def codec(self) -> str:
        """The playing copy's codec, as a browser asks for it."""
        return self._proxy.codec()

    def initialisation(self) -> bytes:
        """The segment that the pieces of the playing copy are appended behind."""
        return self._proxy.initialisation()

    def piece(self, number: int, wanted: Sequence[int], end_pts: int, plan: PlanPart | None) -> bytes:
        """One piece of the playing copy: the frames of some pts, the last of which ends at another."""
        return self._proxy.piece(number, (self._frame(pts, plan) for pts in wanted), end_pts)

    def start_of_sound(self, sounds: Sequence[AudioFacts]) -> bytes:
        """The segment that the pieces of sound are appended behind."""
        return played.start_of_sound(self._recording, sounds)

    def piece_of_sound(self, sounds: Sequence[AudioFacts], units: range, silent: Sequence[Span]) -> bytes:
        """One piece of the sound."""
        return played.piece_of_sound(self._recording, sounds, units, silent)

    def waveform(self, bins: int) -> bytes:
        """How loud the sound is over time."""
        return played.waveform(self._recording, bins)

    def _pixels(self, pts: int) -> NDArray[np.uint8]:
        return upright_pixels(self._frame(pts, None), self._recording.video)

    def _frame(self, pts: int, plan: PlanPart | None) -> VideoFrame:
        source = self._finder.at(pts)
        copied = SourceFrame(pts, source.frame and detach(source.frame)) if plan else source
        return released_frame(copied, self._recording.video, plan or PlanPart.empty())


def _inside(pixels: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    left, top, right, bottom = (max(0, int(side)) for side in box.sides)
    return pixels[top:bottom, left:right]
