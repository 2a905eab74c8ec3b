"""The street, the cast and the camera together: pictures, and what is really in them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bodycam_pipeline.demo.actors import GRID, Mark, Point, Sprite
from bodycam_pipeline.demo.camera import View, WalkingCamera
from bodycam_pipeline.demo.street import street
from bodycam_pipeline.demo.truth_file import DrawnBox
from bodycam_pipeline.values.geometry import Box

MARGIN = 1.5
"""The street is so many times as wide and high as the picture, so that the camera never sees its end."""

NOISE = 3.0
"""Standard deviation of the sensor's noise, 0..255."""

OPAQUE = 128
"""Alpha 0..255 from which a pixel hides what is behind it."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A sprite and its walk across the picture, in shares of the picture; it may begin and end outside.

    Attributes:
        sprite: What is seen.
        share: Height of the sprite at the start and at the end, as shares of the picture's height.
        start, end: Where the face or plate is in the camera's first and last view; 0, 0 is the top left corner.
    """

    sprite: Sprite
    share: tuple[float, float]
    start: Point
    end: Point


@dataclass(frozen=True)
class Placed:
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


class Scene:
    """Plays the recording, frame by frame."""

    def __init__(self, actors: Sequence[Actor], size: tuple[int, int], times: Sequence[Fraction], seed: int) -> None:
        """Set the stage.

        Args:
            actors: From back to front.
            size: Width and height of the picture.
            times: Of the frames, in seconds.
            seed: Decides the street, the camera's motion and the noise.
        """
        rng = np.random.default_rng(seed)
        scene = round(size[0] * MARGIN), round(size[1] * MARGIN)
        self._actors, self._size, self._times = actors, size, times
        self._street = street(*scene, rng)
        self._camera = WalkingCamera(scene, size[1], rng)
        self._noise = rng.normal(0, NOISE, size=(size[1] + 64, size[0] + 64, 1)).astype(np.float32)
        self._offsets = rng.integers(0, 64, size=(len(times), 2))

    def play(self) -> Iterator[tuple[NDArray[np.uint8], tuple[DrawnBox, ...]]]:
        """Every frame: the picture, RGB (height, width, 3), and what can be seen in it."""
        for number, seconds in enumerate(self._times):
            part = number / max(len(self._times) - 1, 1)
            view = self._camera.at(float(seconds), part)
            placed = [self._place(actor, part) for actor in self._actors]
            yield self._taken(placed, view, self._offsets[number]), self._truth(placed, view)

    def _taken(self, placed: Sequence[Placed], view: View, offset: NDArray[np.int64]) -> NDArray[np.uint8]:
        scene = self._street.copy()
        for each in placed:
            scene.paste(each.picture, each.corner, each.picture)
        width, height = self._size
        noise = self._noise[offset[0] : offset[0] + height, offset[1] : offset[1] + width]
        noisy = np.asarray(view.taken(scene, self._size), np.float32) + noise + 0.5
        picture: NDArray[np.uint8] = np.clip(noisy, 0, 255).astype(np.uint8)
        return picture

    def _truth(self, placed: Sequence[Placed], view: View) -> tuple[DrawnBox, ...]:
        seen = (self._true_box(thing, placed[thing - 1 :], view) for thing in range(1, len(placed) + 1))
        return tuple(each for each in seen if each.visible > 0)

    def _true_box(self, thing: int, placed: Sequence[Placed], view: View) -> DrawnBox:
        """The first of these; the others stand in front of it."""
        mark = placed[0].mark
        points = mark.points()
        places = view.seen(points, self._size)
        shown = ((places >= 0) & (places < self._size)).all(axis=1)
        for other in placed[1:]:
            shown &= ~other.covers(points)
        whole = self._hull(mark, view)
        return DrawnBox(mark.kind, thing, whole, _around(places[shown], whole), float(shown.mean()))

    def _hull(self, mark: Mark, view: View) -> Box:
        x, y = view.seen(np.array([mark.centre]), self._size)[0].tolist()
        w, h = (side * view.zoom for side in mark.reach(view.roll_degrees))
        width, height = self._size
        return Box(max(x - w, 0.0), max(y - h, 0.0), min(x + w, float(width)), min(y + h, float(height)))

    def _place(self, actor: Actor, part: float) -> Placed:
        own, mark = actor.sprite.picture, actor.sprite.mark
        factor = (actor.share[0] + (actor.share[1] - actor.share[0]) * part) * self._size[1] / own.height
        size = max(1, round(own.width * factor)), max(1, round(own.height * factor))
        scale = np.array(size) / own.size
        centre, half = mark.centre * scale, mark.half * scale
        left, top = np.round(self._centre(actor, part) - centre).astype(int).tolist()
        moved = Mark(mark.kind, (left + centre[0], top + centre[1]), (half[0], half[1]), mark.turned_degrees)
        return Placed(actor.sprite.resized(size), (left, top), moved)

    def _centre(self, actor: Actor, part: float) -> NDArray[np.float64]:
        """Where on the street the mark is: straight from where the first view has it to where the last one does."""
        first, last = (np.array(self._camera.at(0, moment).middle) for moment in (0, 1))
        start, end = ((np.array(share) - 0.5) * self._size for share in (actor.start, actor.end))
        return np.asarray((1 - part) * (first + start) + part * (last + end), np.float64)


def _around(places: NDArray[np.float64], whole: Box) -> Box:
    """The part of a box in which these of the points lie that sample all of it: half a step of the grid around them."""
    if not places.size:
        return Box(whole.left, whole.top, whole.left, whole.top)
    step = np.array([whole.right - whole.left, whole.bottom - whole.top]) / GRID / 2
    (left, top), (right, bottom) = places.min(axis=0) - step, places.max(axis=0) + step
    return Box(
        max(float(left), whole.left), max(float(top), whole.top),
        min(float(right), whole.right), min(float(bottom), whole.bottom),
    )  # fmt: skip
