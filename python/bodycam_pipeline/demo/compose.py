"""Compose the demo recording: people and cars on a street, seen by a walking camera, every box known."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.demo.actors import car, person
from bodycam_pipeline.demo.scene import Actor, Scene
from bodycam_pipeline.demo.truth_file import DrawnBox, GroundTruth, write_truth

FRAME_RATE = Fraction(30_000, 1001)
TIME_BASE = Fraction(1, 30_000)
FRAME_PTS = 1001

SOUND_HZ = 48_000
TONE_HZ = 440.0


def actors() -> tuple[Actor, ...]:
    """Who is in the demo, from back to front: faces of 28 to 130 pixels at 720 lines, plates of 55 to 130 wide."""
    rear = car(colour="#7f8a94", number="BWC 2042", wide_plate=False)
    silver = car(colour="#3c5a86", number="KX 71 TLM", wide_plate=True)
    turned = person(coat="#5a6b4a", mirrored=True, brightness=0.9, warmth=1.0, leaning_degrees=35)
    far = person(coat="#7a2e2e", mirrored=False, brightness=0.95, warmth=0.97)
    near = person(coat="#2f4660", mirrored=True, brightness=1.05, warmth=1.03)
    close = person(coat="#444444", mirrored=False, brightness=1.0, warmth=1.0)
    return (
        Actor(turned, (0.26, 0.28), (0.70, 0.42), (0.62, 0.42)),
        Actor(far, (0.36, 0.40), (0.30, 0.40), (0.44, 0.40)),
        Actor(rear, (0.30, 0.33), (0.12, 0.68), (0.20, 0.70)),
        Actor(silver, (0.42, 0.36), (1.25, 0.72), (0.45, 0.70)),
        Actor(near, (0.62, 0.70), (-0.15, 0.40), (0.30, 0.42)),
        Actor(close, (1.05, 1.15), (0.80, 0.35), (1.25, 0.33)),
    )


def compose_demo(path: Path, *, seconds: int = 6, size: tuple[int, int] = (1280, 720), seed: int = 1) -> GroundTruth:
    """Write a recording (H.264 and AAC in MP4) and, beside it, its ground truth as JSON.

    The recording appears under its name whole, or not at all. The same arguments give the same pictures.

    Args:
        path: Of the recording; the truth goes to the same name with the suffix ``.truth.json``.
        seconds: Its length.
        size: Width and height of the picture, both even.
        seed: Decides the street, the camera's motion and the noise.

    Returns:
        Every face and plate of every frame.

    Raises:
        StorageError: the disk refused.
    """
    times = [number / FRAME_RATE for number in range(round(seconds * FRAME_RATE))]
    frames: dict[int, tuple[DrawnBox, ...]] = {}

    def pictures() -> Iterator[NDArray[np.uint8]]:
        for number, (picture, seen) in enumerate(Scene(actors(), size, times, seed).play()):
            frames[number * FRAME_PTS] = seen
            yield picture

    from bodycam_pipeline.mp4.write_recording import write_recording  # loads FFmpeg, for whoever makes one

    write_recording(path, pictures(), frame_rate=FRAME_RATE, sound=_tone(seconds), sound_hz=SOUND_HZ)
    truth = GroundTruth(*size, TIME_BASE, frames)
    write_truth(truth, path.with_suffix(".truth.json"))
    return truth


def _tone(seconds: int) -> NDArray[np.float32]:
    times = np.arange(seconds * SOUND_HZ) / SOUND_HZ
    return (0.2 * np.sin(2 * np.pi * TONE_HZ * times)).astype(np.float32)
