"""People and cars: small drawn pictures that know where their faces and plates are."""

from dataclasses import dataclass
from functools import lru_cache
from math import cos, hypot, radians, sin

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from bodycam_pipeline.demo.material import FACE_CENTRE, FACE_HALF, head
from bodycam_pipeline.values.detection import Kind

Point = tuple[float, float]

GRID = 16
"""Points along each side of a face or plate at which its visibility is sampled."""

WRITTEN = 0.84
"""Share of a plate's width that its number takes at most: nothing is written beside it."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Where the face or plate is in a sprite.

    Attributes:
        kind: A face is an ellipse, a plate a rectangle.
        centre: In pixels of the sprite.
        half: Half width and half height before it is turned.
        turned_degrees: Clockwise.
    """

    kind: Kind
    centre: Point
    half: Point
    turned_degrees: float = 0.0

    def reach(self, more_degrees: float) -> Point:
        """Half width and half height of its upright hull when it is turned further by so much: exact."""
        angle = radians(self.turned_degrees + more_degrees)
        c, s = abs(cos(angle)), abs(sin(angle))
        w, h = self.half
        if self.kind == "face":
            return hypot(w * c, h * s), hypot(w * s, h * c)
        return w * c + h * s, w * s + h * c

    def points(self) -> NDArray[np.float64]:
        """A grid of points (n, 2) that covers it evenly."""
        side = (np.arange(GRID) + 0.5) / GRID * 2 - 1
        x, y = (each.ravel() for each in np.meshgrid(side, side))
        if self.kind == "face":
            x, y = (each[np.hypot(x, y) < 1] for each in (x, y))
        c, s = cos(radians(self.turned_degrees)), sin(radians(self.turned_degrees))
        w, h = self.half
        return np.stack([self.centre[0] + c * w * x - s * h * y, self.centre[1] + s * w * x + c * h * y], axis=1)


@dataclass(frozen=True, eq=False)
class Sprite:
    """A drawn thing (RGBA) and what is to be hidden of it."""

    picture: Image.Image
    mark: Mark

    @lru_cache(maxsize=32)  # noqa: B019 - one cast of six lives for one composition; sizes change every few frames
    def resized(self, size: tuple[int, int]) -> Image.Image:
        """Return the actor's picture at a size (width, height in pixels)."""
        return self.picture.resize(size, Image.Resampling.LANCZOS)


def person(*, coat: str, mirrored: bool, brightness: float, warmth: float, leaning_degrees: float = 0.0) -> Sprite:
    """Head and body, seen from the front; 700 pixels high, the face 114 of them.

    Args:
        coat: Colour of the coat.
        mirrored: As `head`.
        brightness: As `head`.
        warmth: As `head`.
        leaning_degrees: How far the head leans to the person's left, about its middle.
    """
    picture = Image.new("RGBA", (360, 700), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((120, 420, 176, 700), 20, fill="#23262e")
    draw.rounded_rectangle((184, 420, 240, 700), 20, fill="#1d2027")
    draw.rounded_rectangle((62, 204, 112, 460), 25, fill=coat)
    draw.rounded_rectangle((248, 204, 298, 460), 25, fill=coat)
    draw.rounded_rectangle((80, 184, 280, 470), 46, fill=coat, outline="#15161a", width=3)
    draw.line((180, 200, 180, 466), fill="#15161a", width=3)
    face = head(mirrored=mirrored, brightness=brightness, warmth=warmth)
    at = (180 - face.width // 2, 10)
    leaning = face.rotate(-leaning_degrees, Image.Resampling.BICUBIC)
    picture.alpha_composite(leaning, at)
    x = face.width - FACE_CENTRE[0] if mirrored else FACE_CENTRE[0]
    centre = _turned((x, FACE_CENTRE[1]), (face.width / 2, face.height / 2), leaning_degrees)
    return Sprite(picture, Mark("face", (centre[0] + at[0], centre[1] + at[1]), FACE_HALF, leaning_degrees))


def car(*, colour: str, number: str, wide_plate: bool) -> Sprite:
    """A car from behind; 520 pixels wide.

    Args:
        colour: Of the body.
        number: On its plate.
        wide_plate: 520 mm by 110 mm as in Europe, or 12 by 6 inches as in North America.
    """
    picture = Image.new("RGBA", (520, 400), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((10, 352, 510, 398), fill=(0, 0, 0, 120))
    for left in (46, 400):
        draw.rounded_rectangle((left, 300, left + 74, 390), 14, fill="#101012")
    draw.polygon([(110, 24), (410, 24), (462, 150), (58, 150)], fill=colour)
    draw.polygon([(130, 40), (390, 40), (430, 138), (90, 138)], fill="#2b3a46")
    draw.polygon([(150, 46), (260, 46), (200, 134), (104, 134)], fill="#3c4f5d")
    draw.rounded_rectangle((28, 136, 492, 346), 40, fill=colour, outline="#141414", width=3)
    draw.line((60, 204, 460, 204), fill="#141414", width=3)
    for left in (40, 396):
        draw.rounded_rectangle((left, 160, left + 84, 200), 10, fill="#a3151b", outline="#3a0507", width=3)
    draw.rounded_rectangle((36, 296, 484, 346), 22, fill="#1b1c1e")
    width, height = (180, 42) if wide_plate else (132, 68)
    _plate(picture, (260 - width // 2, 226), (width, height), number)
    return Sprite(picture, Mark("plate", (260 - width // 2 + width / 2, 226 + height / 2), (width / 2, height / 2)))


def _plate(picture: Image.Image, corner: tuple[int, int], size: tuple[int, int], number: str) -> None:
    left, top = corner
    width, height = size
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle(
        (left, top, left + width - 1, top + height - 1), 5, fill="#f2f2ec", outline="#111111", width=2
    )
    high = height * 0.74
    font = ImageFont.load_default(high * min(1.0, WRITTEN * width / ImageFont.load_default(high).getlength(number)))
    draw.text((left + width / 2, top + height / 2), number, fill="#12203f", font=font, anchor="mm", stroke_width=1)


def _turned(point: Point, about: Point, degrees: float) -> Point:
    c, s = cos(radians(degrees)), sin(radians(degrees))
    x, y = point[0] - about[0], point[1] - about[1]
    return about[0] + c * x - s * y, about[1] + s * x + c * y
