"""Freely licensed pictures: a portrait, and four tiles of walls and ground (``material/NOTICE.md``)."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Literal

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter

MATERIAL = Path(__file__).parent / "material"

FACE_CENTRE, FACE_HALF = (86, 118), (43, 57)
"""The face from hairline to chin and cheek to cheek, measured by eye: an ellipse, in pixels of the portrait."""

Tile = Literal["brick-102", "gravel-128", "gravel-205", "grass-154"]
"""What it shows, and its side in pixels."""

_OUTLINE = (
    (17, 78),
    (16, 68),
    (20, 56),
    (30, 47),
    (46, 37),
    (53, 27),
    (68, 19),
    (90, 14),
    (110, 16),
    (126, 24),
    (139, 34),
    (151, 50),
    (157, 66),
    (159, 83),
    (155, 99),
    (148, 113),
    (135, 123),
    (133, 131),
    (127, 133),
    (123, 146),
    (118, 158),
    (115, 173),
    (112, 183),
    (87, 185),
    (49, 173),
    (46, 153),
    (42, 129),
    (35, 125),
    (29, 115),
    (23, 105),
    (17, 92),
)
"""Around hair, face and neck, in pixels of the portrait; drawn by hand."""


def head(*, mirrored: bool, brightness: float, warmth: float) -> Image.Image:
    """The portrait's head, cut out (RGBA), as another person might look in other light.

    Args:
        mirrored: Looks the other way.
        brightness: 1 is the portrait's own.
        warmth: Multiplies red and divides blue; 1 is the portrait's own.
    """
    colours = ImageEnhance.Brightness(_read("portrait").convert("RGB")).enhance(brightness)
    red, green, blue = colours.split()
    tinted = Image.merge("RGB", (_times(red, warmth), green, _times(blue, 1 / warmth)))
    tinted.putalpha(_outline(tinted.size))
    return tinted.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if mirrored else tinted


def texture(name: Tile, size: tuple[int, int], colour: str) -> Image.Image:
    """A picture of that size, tiled with a soft grey texture and tinted."""
    tile = _read(name).convert("L")
    tiled = Image.new("L", size)
    for corner in _corners(size, tile.width):
        tiled.paste(tile, corner)
    return ImageChops.multiply(tiled.convert("RGB"), Image.new("RGB", size, colour))


def _corners(size: tuple[int, int], side: int) -> Iterable[tuple[int, int]]:
    return ((x, y) for y in range(0, size[1], side) for x in range(0, size[0], side))


def _times(channel: Image.Image, factor: float) -> Image.Image:
    return channel.point([min(255, round(value * factor)) for value in range(256)])


def _outline(size: tuple[int, int]) -> Image.Image:
    mask = Image.new("L", size, 0)
    ImageDraw.Draw(mask).polygon(_OUTLINE, fill=255)
    return mask.filter(ImageFilter.GaussianBlur(1.2))


@cache
def _read(name: str) -> Image.Image:
    return Image.open(MATERIAL / f"{name}.png")
