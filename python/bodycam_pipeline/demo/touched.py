"""A recording in which people and cars are seen in some GOPs only: for measuring what the others cost."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.demo.compose import FRAME_PTS, FRAME_RATE, SOUND_HZ, TIME_BASE, actors
from bodycam_pipeline.demo.scene import Scene
from bodycam_pipeline.demo.truth_file import DrawnBox, GroundTruth, write_truth
from bodycam_pipeline.mp4.made_up import KEYFRAME_SECONDS, Codec

STREET = 2
"""The seed of a street in which our detectors see nobody: in that of seed 1 they take a tree for a face."""


def compose_touched(
    path: Path, percent: int, *, gops: int = 10, size: tuple[int, int] = (1920, 1080), codec: Codec = "h264"
) -> GroundTruth:
    """Write a recording in which a share of the GOPs shows somebody, and its truth beside it.

    Args:
        path: Of the recording, an MP4.
        percent: 0 to 100: of the GOPs, rounded to whole ones, spread evenly.
        gops: How many there are, `KEYFRAME_SECONDS` each.
        size: Width and height, both even.
        codec: Of the video.

    Raises:
        StorageError: the disk refused.
    """
    length = round(KEYFRAME_SECONDS * FRAME_RATE)
    times = [number / FRAME_RATE for number in range(gops * length)]
    frames: dict[int, tuple[DrawnBox, ...]] = {}

    def pictures() -> Iterator[NDArray[np.uint8]]:
        peopled, empty = (Scene(who, size, times, STREET).play() for who in (actors(), ()))
        for number, (with_people, without) in enumerate(zip(peopled, empty, strict=True)):
            picture, seen = with_people if is_touched(number // length, gops, percent) else without
            frames[number * FRAME_PTS] = seen
            yield picture

    silence = np.zeros(round(len(times) / FRAME_RATE * SOUND_HZ), np.float32)
    from bodycam_pipeline.mp4.write_recording import write_recording  # loads FFmpeg, for whoever makes one

    write_recording(path, pictures(), frame_rate=FRAME_RATE, sound=silence, sound_hz=SOUND_HZ, codec=codec)
    truth = GroundTruth(*size, TIME_BASE, frames)
    write_truth(truth, path.with_suffix(".truth.json"))
    return truth


def is_touched(gop: int, gops: int, percent: int) -> bool:
    """Whether this GOP is one of the evenly spread `percent` of them."""
    wanted = round(gops * percent / 100)
    return (gop + 1) * wanted // gops > gop * wanted // gops
