"""Compose the demo recording: people and cars on a street, seen by a walking camera, every box known."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bodycam_pipeline.demo.actors import Mark, Point, Sprite, car, person
from bodycam_pipeline.demo.camera import View, WalkingCamera
from bodycam_pipeline.demo.street import street
from bodycam_pipeline.demo.truth import GroundTruth, TrueBox, write_truth
from bodycam_pipeline.media.write_recording import write_recording
from bodycam_pipeline.values.geometry import Box

FRAME_RATE = Fraction(30_000, 1001)
TIME_BASE = Fraction(1, 30_000)
FRAME_PTS = 1001

MARGIN = 1.5
"""The street is so many times as wide and high as the picture, so that the camera never sees its end."""

NOISE = 3.0
"""Standard deviation of the sensor's noise, 0..255."""

OPAQUE = 128
"""Alpha 0..255 from which a pixel hides what is behind it."""

SOUND_HZ = 48_000
TONE_HZ = 440.0


@dataclass(frozen=True, slots=True)
class Role:
    """A sprite and its walk across the picture, as shares of the picture; it may begin and end outside.

    Attributes:
        sprite: What is seen.
        share: Height of the sprite at the start and at the end, as shares of the picture's height.
        start, end: Of the mark's centre, relative to the camera's first and last view; 0, 0 is the top left corner.
    """

    sprite: Sprite
    share: tuple[float, float]
    start: Point
    end: Point


def cast() -> tuple[Role, ...]:
    """Who is in the demo, from back to front: faces of 28 to 130 pixels at 720 lines, plates of 55 to 130 wide."""
    rear = car(colour="#7f8a94", number="BWC 2042", wide_plate=False)
    silver = car(colour="#3c5a86", number="KX 71 TLM", wide_plate=True)
    turned = person(coat="#5a6b4a", mirrored=True, brightness=0.9, warmth=1.0, leaning_degrees=35)
    far = person(coat="#7a2e2e", mirrored=False, brightness=0.95, warmth=0.97)
    near = person(coat="#2f4660", mirrored=True, brightness=1.05, warmth=1.03)
    close = person(coat="#444444", mirrored=False, brightness=1.0, warmth=1.0)
    return (
        Role(turned, (0.26, 0.28), (0.70, 0.42), (0.62, 0.42)),
        Role(far, (0.36, 0.40), (0.30, 0.40), (0.44, 0.40)),
        Role(rear, (0.30, 0.33), (0.12, 0.68), (0.20, 0.70)),
        Role(silver, (0.42, 0.36), (1.25, 0.72), (0.45, 0.70)),
        Role(near, (0.62, 0.70), (-0.15, 0.40), (0.30, 0.42)),
        Role(close, (1.05, 1.15), (0.80, 0.35), (1.25, 0.33)),
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
    stage = _Stage(size, round(seconds * FRAME_RATE), np.random.default_rng(seed))
    tone = _tone(stage.frames / FRAME_RATE)
    write_recording(path, stage.pictures(), frame_rate=FRAME_RATE, sound=tone, sound_hz=SOUND_HZ)
    truth = GroundTruth(*size, TIME_BASE, {n * FRAME_PTS: stage.truth(n) for n in range(stage.frames)})
    write_truth(truth, path.with_suffix(".truth.json"))
    return truth


class _Stage:
    """The street, the cast and the camera."""

    def __init__(self, size: tuple[int, int], frames: int, rng: np.random.Generator) -> None:
        self.frames, self._size = frames, size
        scene = round(size[0] * MARGIN), round(size[1] * MARGIN)
        self._street = street(*scene, rng)
        self._camera = WalkingCamera(scene, size[1], rng)
        self._cast = cast()
        self._noise = rng.normal(0, NOISE, size=(size[1] + 64, size[0] + 64, 1)).astype(np.float32)
        self._offsets = rng.integers(0, 64, size=(frames, 2))

    def pictures(self) -> Iterator[NDArray[np.uint8]]:
        """Every frame, RGB (height, width, 3)."""
        width, height = self._size
        for number in range(self.frames):
            scene = self._street.copy()
            for placed in self._placed(number):
                scene.paste(placed.picture, placed.corner, placed.picture)
            taken = np.asarray(self._view(number).taken(scene, self._size), np.float32)
            top, left = self._offsets[number]
            noise = self._noise[top : top + height, left : left + width]
            yield np.clip(taken + noise + 0.5, 0, 255).astype(np.uint8)

    def truth(self, number: int) -> tuple[TrueBox, ...]:
        """What is in a frame."""
        view, placed = self._view(number), self._placed(number)
        seen = (self._true_box(thing, placed[thing - 1 :], view) for thing in range(1, len(placed) + 1))
        return tuple(each for each in seen if each.visible > 0)

    def _true_box(self, thing: int, placed: "Sequence[_Placed]", view: View) -> TrueBox:
        """The first of these; the others stand in front of it."""
        mark = placed[0].mark
        box = _clipped(_hull(mark, view, self._size), self._size)
        points = mark.points()
        shown = np.array([_inside(view.seen((x, y), self._size), self._size) for x, y in points])
        for other in placed[1:]:
            shown &= ~other.covers(points)
        return TrueBox(mark.kind, thing, box, float(shown.mean()))

    def _part(self, number: int) -> float:
        return number / max(self.frames - 1, 1)

    def _view(self, number: int) -> View:
        return self._camera.at(float(number / FRAME_RATE), self._part(number))

    def _placed(self, number: int) -> "list[_Placed]":
        return [self._place(role, self._part(number)) for role in self._cast]

    def _place(self, role: Role, part: float) -> "_Placed":
        share = role.share[0] + (role.share[1] - role.share[0]) * part
        own = role.sprite.picture
        factor = share * self._size[1] / own.height
        size = max(1, round(own.width * factor)), max(1, round(own.height * factor))
        first, last = self._camera.at(0, 0).middle, self._camera.at(0, 1).middle
        centre = [
            (1 - part) * (first[i] + (role.start[i] - 0.5) * self._size[i])
            + part * (last[i] + (role.end[i] - 0.5) * self._size[i])
            for i in (0, 1)
        ]
        mark = role.sprite.mark
        scale = size[0] / own.width, size[1] / own.height
        corner = round(centre[0] - mark.centre[0] * scale[0]), round(centre[1] - mark.centre[1] * scale[1])
        at = corner[0] + mark.centre[0] * scale[0], corner[1] + mark.centre[1] * scale[1]
        half = mark.half[0] * scale[0], mark.half[1] * scale[1]
        return _Placed(role.sprite.resized(size), corner, Mark(mark.kind, at, half, mark.turned_degrees))


@dataclass(frozen=True)
class _Placed:
    """A sprite at its size and place on the street; its mark in pixels of the street."""

    picture: Image.Image
    corner: tuple[int, int]
    mark: Mark

    def covers(self, points: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which points (n, 2) of the street it hides."""
        opaque = np.asarray(self.picture.getchannel("A")) >= OPAQUE
        x, y = np.floor(points - self.corner).astype(int).T
        inside: NDArray[np.bool_] = (x >= 0) & (y >= 0) & (x < self.picture.width) & (y < self.picture.height)
        inside[inside] = opaque[y[inside], x[inside]]
        return inside


def _hull(mark: Mark, view: View, size: tuple[int, int]) -> Box:
    x, y = view.seen(mark.centre, size)
    w, h = (side * view.zoom for side in mark.reach(view.roll_degrees))
    return Box(x - w, y - h, x + w, y + h)


def _inside(point: Point, size: tuple[int, int]) -> bool:
    return 0 <= point[0] < size[0] and 0 <= point[1] < size[1]


def _clipped(box: Box, size: tuple[int, int]) -> Box:
    return Box(max(box.left, 0.0), max(box.top, 0.0), min(box.right, float(size[0])), min(box.bottom, float(size[1])))


def _tone(seconds: Fraction) -> NDArray[np.float32]:
    times = np.arange(round(seconds * SOUND_HZ)) / SOUND_HZ
    return (0.2 * np.sin(2 * np.pi * TONE_HZ * times)).astype(np.float32)
