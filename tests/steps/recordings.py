"""A recording of two segments in which one thing moves, and what is needed to decode it."""

from fractions import Fraction
from pathlib import Path

import numpy as np

from bodycam_pipeline.passes import parts_of
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.tasks.detect import Part
from tests.clips import Picture, clip
from tests.following.scenes import SIZE, Blob, going, ground, luma

RATE = 10
FRAMES, BORDER = 60, 40
THING = Blob(going(20, 30, 4, 2))
GREY = np.full((SIZE[1] // 2, SIZE[0] // 2), 128, np.uint8)


def recorded(path: Path, levels: dict[int, float] | None = None) -> list[Part]:
    """Sixty frames at ten a second, coded without loss; from those named on, the light is another."""
    level, pictures = 120.0, []
    for number in range(FRAMES):
        level = (levels or {}).get(number, level)
        pictures.append(Picture(luma(number, THING, of=ground(level=level)), GREY, GREY))
    made = clip(path, frames=FRAMES, rate=RATE, pictures=pictures, lossless=True)
    parts = parts_of(probe(str(made)))
    assert [part.segment.frames for part in parts] == [BORDER, FRAMES - BORDER]
    return parts


def pts_of(part: Part, number: int) -> int:
    """The pts of a frame, by its number in the recording."""
    return int(Fraction(number, RATE) / part.video.time_base)
