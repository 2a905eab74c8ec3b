"""Scenes made with numpy: textured things that move over a quiet ground, and what a perfect network sees of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline._native import Planes, Pyramid
from bodycam_pipeline.following.footage import Footage, Observation
from bodycam_pipeline.values.geometry import Box

SIZE = (320, 192)
CUT = 48.0
FRAME_SECONDS = 1 / 32
"""A time that sums up exactly."""

Path = Callable[[int], tuple[float, float]]


def frames_in(seconds: float) -> int:
    """How many frames after another one a time ends."""
    return int(seconds / FRAME_SECONDS)


def textured(side: int, seed: int) -> NDArray[np.float64]:
    """A patch that is like no other, smooth enough to be moved by parts of a pixel, 30..225."""
    noise = np.random.default_rng(seed).normal(size=(side, side))
    for axis in (0, 1):
        noise = sum(np.roll(noise, n, axis) for n in (-2, -1, 0, 1, 2))  # type: ignore[assignment]
    low, high = noise.min(), noise.max()
    return 30 + 195 * (noise - low) / (high - low)


def ground(seed: int = 99, level: float = 120.0) -> NDArray[np.float64]:
    """A quiet ground: hardly any texture."""
    rough = np.random.default_rng(seed).normal(size=(SIZE[1] // 8, SIZE[0] // 8))
    return level + 4 * np.kron(rough, np.ones((8, 8)))


WORLD = np.clip(128 + 30 * np.kron(np.random.default_rng(2).normal(size=(60, 90)), np.ones((8, 8))), 0, 255)


def view(right: int = 0, down: int = 0) -> NDArray[np.float64]:
    """A busy ground whose contents moved so far: what the camera's own motion is read from."""
    return WORLD[100 - down : 100 - down + SIZE[1], 100 - right : 100 - right + SIZE[0]]


@dataclass(frozen=True)
class Blob:
    """A textured square.

    Attributes:
        path: Its left upper corner in each frame.
        side: In pixels.
        seed: Of its texture.
        there: The frames in which it is to be seen; None is all.
    """

    path: Path
    side: int = 32
    seed: int = 1
    there: range | None = None

    def box(self, frame: int) -> Box:
        x, y = self.path(frame)
        return Box(x, y, x + self.side, y + self.side)

    def shows(self, frame: int) -> bool:
        return self.there is None or frame in self.there


def going(x: float, y: float, right: float = 0.0, down: float = 0.0) -> Path:
    """Along a line, so many pixels a frame."""
    return lambda frame: (x + right * frame, y + down * frame)


def luma(frame: int, *blobs: Blob, of: NDArray[np.float64] | None = None) -> NDArray[np.uint8]:
    """One picture; blobs lie on whole pixels."""
    picture = (ground() if of is None else of).copy()
    for blob in blobs:
        if blob.shows(frame):
            box = blob.box(frame)
            left, top = round(box.left), round(box.top)
            x0, y0 = max(left, 0), max(top, 0)
            x1, y1 = min(left + blob.side, SIZE[0]), min(top + blob.side, SIZE[1])
            if x0 < x1 and y0 < y1:
                patch = textured(blob.side, blob.seed)
                picture[y0:y1, x0:x1] = patch[y0 - top : y1 - top, x0 - left : x1 - left]
    return np.clip(picture, 0, 255).astype(np.uint8)


def frame_of(picture: NDArray[np.uint8]) -> Planes:
    """A grey frame of that luma."""
    height, width = picture.shape
    grey = [np.full((-(-height // 2), -(-width // 2)), 128, np.uint8) for _ in range(2)]
    samples = np.ascontiguousarray(picture)
    strides = (width, grey[0].shape[1], grey[1].shape[1])
    return Planes(samples, *grey, strides=strides, width=width, height=height)


def pyramid(picture: NDArray[np.uint8], orientation: int = 1) -> Pyramid:
    return Pyramid(frame_of(picture), orientation=orientation)


def said(box: Box, *, odds: float = 3.0, scores: Sequence[float] = (0.9,), kind: str = "face") -> Observation:
    """What networks say of one place."""
    return Observation(kind, box, tuple(scores), odds)  # type: ignore[arg-type]


def footage(
    pictures: Sequence[NDArray[np.uint8]],
    seen: dict[int, list[Observation]],
    *,
    seconds: float = FRAME_SECONDS,
) -> Footage:
    """Frames of which those named were looked at."""
    made = Footage(SIZE, CUT)
    for number, picture in enumerate(pictures):
        made.add(number * seconds, pyramid(picture))
        made.saw(seen.get(number))
    return made
