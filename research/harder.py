"""Ways to make a clip harder to look at and to follow; what is done to the pictures is done to their truth."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.truth import TrueBox

Picture = NDArray[np.uint8]
Boxes = tuple[TrueBox, ...]

GONE, HALF = 0.2, 0.5
"""Shares of a box in the picture: below the first it is nowhere, below the second it may be left."""


@dataclass(frozen=True, eq=False)
class Scene:
    """Pictures with their truth.

    Attributes:
        pictures: RGB (height, width, 3), all of one size.
        boxes: Of each picture; their ``frame`` is made good when all is done.
        rate: Pictures per second.
    """

    pictures: tuple[Picture, ...]
    boxes: tuple[Boxes, ...]
    rate: Fraction

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, in pixels."""
        height, width = self.pictures[0].shape[:2]
        return width, height

    def taken(self, order: list[int], rate: Fraction | None = None) -> "Scene":
        """Some of the pictures, in some order."""
        return Scene(tuple(self.pictures[n] for n in order), tuple(self.boxes[n] for n in order), rate or self.rate)


Change = Callable[[Scene, np.random.Generator], Scene]


def shaken(scene: Scene, draw: np.random.Generator) -> Scene:
    """Every picture thrown by up to 4 % of the width."""
    width, height = scene.size
    offsets = np.clip(draw.normal(0, 0.02, (len(scene.pictures), 2)), -0.04, 0.04) * width
    return _moved(scene, [(round(x), round(y * height / width)) for x, y in offsets])


def leaving(scene: Scene, _draw: np.random.Generator) -> Scene:
    """The camera turns away by 0.7 widths and back."""
    width, count = scene.size[0], len(scene.pictures)
    away = 0.7 * width * np.interp(np.arange(count), [0.2 * count, 0.5 * count, 0.8 * count], [0, 1, 0])
    return _moved(scene, [(round(x), 0) for x in away])


def smeared(scene: Scene, draw: np.random.Generator) -> Scene:
    """Three pictures in ten smeared over 1.5 % of the width."""
    length = max(3, round(0.015 * scene.size[0]))
    chosen = draw.random(len(scene.pictures)) < 0.3
    return _each(scene, lambda n, p: _smeared(p, length, int(draw.integers(2))) if chosen[n] else p)


def flickering(scene: Scene, draw: np.random.Generator) -> Scene:
    """Exposure that wanders between 0.6 and 1.5, under bands that roll, as of lamps and a rolling shutter."""
    walk = np.clip(1 + np.cumsum(draw.normal(0, 0.06, len(scene.pictures))), 0.6, 1.5)
    rows = np.arange(scene.size[1]) / scene.size[1]

    def lit(number: int, picture: Picture) -> Picture:
        bands = 1 + 0.15 * np.sin(2 * np.pi * (3 * rows + 0.37 * number))
        return _bytes(picture * (walk[number] * bands)[:, None, None])

    return _each(scene, lit)


def dark(scene: Scene, draw: np.random.Generator) -> Scene:
    """An eighth of the light, and noise of two levels."""
    return noisy(scene, draw, 1 / 8, 2)


def noisy(scene: Scene, draw: np.random.Generator, light: float, levels: float) -> Scene:
    """A share of the light, and noise of so many levels."""
    return _each(scene, lambda _, p: _bytes(p * light + draw.normal(0, levels, p.shape)))


def crossed(scene: Scene, _draw: np.random.Generator) -> Scene:
    """Somebody dark walks through the picture, close to the camera."""
    (width, height), count = scene.size, len(scene.pictures)
    thick = 0.15 * width
    lefts = np.interp(np.arange(count), [0, count - 1], [-thick, width])
    covers = [Box(float(left), 0.0, float(left) + thick, float(height)) for left in lefts]

    def passed(number: int, picture: Picture) -> Picture:
        shown = picture.copy()
        shown[:, max(0, round(lefts[number])) : max(0, round(lefts[number] + thick))] = (24, 26, 30)
        return shown

    hidden = [
        tuple(_shown(box, 1 - box.box.intersection(cover) / max(box.box.area, 1e-6)) for box in boxes)
        for boxes, cover in zip(scene.boxes, covers, strict=True)
    ]
    return replace(_each(scene, passed), boxes=tuple(hidden))


def back(scene: Scene, _draw: np.random.Generator) -> Scene:
    """There and back: who turned away turns towards the camera again."""
    half = list(range(0, len(scene.pictures), 2))
    return scene.taken([*half, *reversed(half)])


def cut(scene: Scene, draw: np.random.Generator) -> Scene:
    """Pieces of 0.7 seconds, in another order."""
    length = max(2, round(0.7 * scene.rate))
    pieces = [list(range(n, min(n + length, len(scene.pictures)))) for n in range(0, len(scene.pictures), length)]
    return scene.taken([n for piece in draw.permutation(len(pieces)) for n in pieces[piece]])


def slower(rate: int) -> Change:
    """So many pictures a second; the others are left out. Slower clips stay as they are."""

    def change(scene: Scene, _draw: np.random.Generator) -> Scene:
        step = float(scene.rate) / rate
        if step <= 1:
            return scene
        return scene.taken([int(n * step) for n in range(int(len(scene.pictures) / step))], Fraction(rate))

    return change


def doubled(scene: Scene, _draw: np.random.Generator) -> Scene:
    """Twice the rate: between two pictures stands their mean."""
    count = len(scene.pictures)
    order = [n for n in range(count) for _ in (0, 1)]
    twice = scene.taken(order, 2 * scene.rate)

    def between(number: int, picture: Picture) -> Picture:
        after = scene.pictures[min(number // 2 + 1, count - 1)]
        return _bytes((picture.astype(np.float32) + after) / 2) if number % 2 else picture

    return _each(twice, between)


def sized(height: int) -> Change:
    """So many lines; width as it comes, even."""

    def change(scene: Scene, _draw: np.random.Generator) -> Scene:
        width, old = scene.size
        new = (round(width * height / old / 2) * 2, height)
        factors = (new[0] / width, new[1] / old)
        boxes = tuple(tuple(replace(b, box=_scaled(b.box, *factors)) for b in boxes) for boxes in scene.boxes)
        return replace(_each(scene, lambda _, p: _resized(p, new)), boxes=boxes)

    return change


def inside(boxes: Boxes, offset: tuple[int, int], size: tuple[int, int]) -> Boxes:
    """What is left in the picture of boxes that move; nothing of those that leave it."""
    found = []
    for each in boxes:
        b, (right, down) = each.box, offset
        left, top = max(0.0, b.left + right), max(0.0, b.top + down)
        inner = Box(left, top, max(left, min(size[0], b.right + right)), max(top, min(size[1], b.bottom + down)))
        share = inner.area / max(b.area, 1e-6)
        if share >= GONE:
            found.append(_shown(replace(each, box=inner), share))
    return tuple(found)


CHANGES: dict[str, Change] = {
    "as they are": lambda scene, _: scene,
    "shaken": shaken,
    "blurred": smeared,
    "exposure": flickering,
    "dark": dark,
    "crossed": crossed,
    "there and back": back,
    "leaving": leaving,
    "cut": cut,
    "10 a second": slower(10),
    "15 a second": slower(15),
    "twice the rate": doubled,
    "360 lines": sized(360),
    "720 lines": sized(720),
    "1080 lines": sized(1080),
    "2160 lines": sized(2160),
}


def _each(scene: Scene, change: Callable[[int, Picture], Picture]) -> Scene:
    return replace(scene, pictures=tuple(change(n, picture) for n, picture in enumerate(scene.pictures)))


def _moved(scene: Scene, offsets: list[tuple[int, int]]) -> Scene:
    """Pictures whose contents move right and down; what comes in is what stood at the edge."""
    width, height = scene.size

    def move(number: int, picture: Picture) -> Picture:
        right, down = offsets[number]
        rows = np.clip(np.arange(height) - down, 0, height - 1)
        return np.ascontiguousarray(picture[rows][:, np.clip(np.arange(width) - right, 0, width - 1)])

    boxes = tuple(inside(each, offset, scene.size) for each, offset in zip(scene.boxes, offsets, strict=True))
    return replace(_each(scene, move), boxes=boxes)


def _shown(box: TrueBox, share: float) -> TrueBox:
    """The same, if enough of it shows; else it may be left."""
    return box if share >= HALF or box.flag != "must" else replace(box, flag="may")


def _scaled(box: Box, across: float, down: float) -> Box:
    return Box(box.left * across, box.top * down, box.right * across, box.bottom * down)


def _smeared(picture: Picture, length: int, axis: int) -> Picture:
    """The mean over so many pixels along an axis."""
    before = length // 2
    wide = [(0, 0), (0, 0), (0, 0)]
    wide[axis] = (before + 1, length - before - 1)
    sums = np.cumsum(np.pad(picture, wide, mode="edge").astype(np.int32), axis=axis)
    high = np.take(sums, np.arange(length, sums.shape[axis]), axis=axis)
    low = np.take(sums, np.arange(sums.shape[axis] - length), axis=axis)
    return _bytes((high - low) / length)


def _resized(picture: Picture, size: tuple[int, int]) -> Picture:
    frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
    resized = frame.reformat(width=size[0], height=size[1], interpolation="BICUBIC")
    return np.asarray(resized.to_ndarray(format="rgb24"), np.uint8)


def _bytes(values: NDArray[np.floating[Any]]) -> Picture:
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)
