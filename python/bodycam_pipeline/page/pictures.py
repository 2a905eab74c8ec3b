"""The pictures of one job: exact stills, the playing copy, and a sharp and a poor picture of each track.

Nothing of them touches a disk. "Released" pictures are what the renderer makes of the frame under the plan as it
stands: the same function, the same pixels, before coding.
"""

import threading
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.mp4.proxy import ProxyEncoder, cut_pieces
from bodycam_pipeline.page.frames import FrameFinder
from bodycam_pipeline.read.decode import SourceFrame
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
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.plan import PlanPart
from bodycam_pipeline.values.recording import Recording

View = Literal["released", "original"]

_FEW_BYTES = 24 << 20
"""Decoded frames that the playing copy and the tracks' pictures keep each: they read onward."""

_KEPT_BYTES = 48 << 20
"""Coded pieces and small pictures that are kept."""


class Kept:
    """Small results by name, the longest unused dropped first, up to a number of bytes. For any thread."""

    def __init__(self, most_bytes: int = _KEPT_BYTES) -> None:
        self._most, self._bytes = most_bytes, 0
        self._found: OrderedDict[object, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, name: object, make: Callable[[], bytes]) -> bytes:
        """What is kept under a name, made where nothing is."""
        with self._lock:
            found = self._found.get(name)
            if found is not None:
                self._found.move_to_end(name)
                return found
        made = make()
        with self._lock:
            self._bytes += len(made) - len(self._found.pop(name, b""))
            self._found[name] = made
            while self._bytes > self._most and len(self._found) > 1:
                self._bytes -= len(self._found.popitem(last=False)[1])
        return made


class Pictures:
    """Makes the pictures of one recording; every method may be called from any thread."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self._stills = FrameFinder(recording)
        self._playing = FrameFinder(recording, _FEW_BYTES)
        self._cards = FrameFinder(recording, _FEW_BYTES)
        self.shown = self._stills.shown
        self.proxy = ProxyEncoder(recording.video, int(self.shown[0]))
        self.piece_firsts = cut_pieces(self.shown.tolist(), recording.video.time_base)
        self.kept = Kept()

    def still(self, pts: int, plan: PlanPart | None, kind: PictureFormat = "jpeg") -> bytes:
        """The picture of one frame, upright; under a plan as the release shows it, without one as it was recorded.

        Raises:
            KeyError: the recording shows no frame at this pts.
            BodycamError: it could not be decoded, and nobody withheld it.
        """
        return encode_still(self._frame(self._stills, pts, plan), self.recording.video, kind)

    def initialisation(self) -> bytes:
        """The segment that the pieces of the playing copy are appended behind."""
        return self.proxy.initialisation()

    def piece(self, number: int, revision: str, plan: PlanPart | None) -> bytes:
        """One piece of the playing copy, under a plan of this revision or as it was recorded.

        Raises:
            IndexError: there is no such piece.
        """
        first = self.piece_firsts[number]
        end = self.piece_firsts[number + 1] if number + 1 < len(self.piece_firsts) else len(self.shown)
        wanted = [int(pts) for pts in self.shown[first:end]]
        end_pts = int(self.shown[end]) if end < len(self.shown) else self.recording.span.end_pts
        frames: Callable[[], Iterator[VideoFrame]] = lambda: (self._played(pts, plan) for pts in wanted)  # noqa: E731
        return self.kept.get((number, revision), lambda: self.proxy.piece(number, frames(), end_pts))

    def crops(self, places: Sequence[tuple[int, Box]]) -> bytes:
        """Small pictures of boxes and what is around them, as it was recorded, side by side in one."""
        return self.kept.get(("crops", *places), lambda: thumbnail([self._crop(*place) for place in places]))

    def ranked(self, places: Sequence[tuple[int, Box]]) -> list[int]:
        """Positions of places in order of how sharp the picture is there, the sharpest first."""
        scores = [sharpness(self._crop(pts, box, margin=False)) for pts, box in places]
        return sorted(range(len(places)), key=lambda n: -scores[n])

    def position(self, pts: int) -> int:
        """The number of the frame at a pts, from 0."""
        return int(bisect_left(self.shown, pts))

    def _crop(self, pts: int, box: Box, *, margin: bool = True) -> NDArray[np.uint8]:
        pixels = upright_pixels(self._frame(self._cards, pts, None), self.recording.video)
        if margin:
            return crop(pixels, box)
        sides = (max(0, int(side)) for side in (box.left, box.top, box.right, box.bottom))
        left, top, right, bottom = sides
        return pixels[top:bottom, left:right]

    def _played(self, pts: int, plan: PlanPart | None) -> VideoFrame:
        return self._frame(self._playing, pts, plan)

    def _frame(self, finder: FrameFinder, pts: int, plan: PlanPart | None) -> VideoFrame:
        source = finder.at(pts)
        video = self.recording.video
        nothing = plan or PlanPart.empty()
        copied = SourceFrame(pts, source.frame and detach(source.frame)) if plan else source
        return released_frame(copied, video, nothing)

    def close(self) -> None:
        """Drop every decoded frame."""
        for finder in (self._stills, self._playing, self._cards):
            finder.close()
