"""Freely licensed pictures that an installed dependency carries; nothing is downloaded.

scikit-image ships them: the portrait of Eileen Collins (NASA, public domain), and brick, gravel and grass (CC0).
"""

from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter

from bodycam_pipeline.values.errors import MissingModelError

HEAD_CROP = (140, 4, 316, 196)
"""Left, top, right, bottom of head and hair in the portrait (512x512), half-open."""

FACE_CENTRE, FACE_HALF = (226 - 140, 122 - 4), (43, 57)
"""The face from hairline to chin and cheek to cheek, measured by eye: an ellipse, in pixels of the crop."""

SOFTENING = 0.6
"""Share of flat grey mixed into a texture: a street seen by a small lens is no close-up of gravel."""

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
"""Around hair, face and neck, in pixels of the crop; drawn by hand."""


def head(*, mirrored: bool, brightness: float, warmth: float) -> Image.Image:
    """The portrait's head, cut out (RGBA), as another person might look in other light.

    Args:
        mirrored: Looks the other way.
        brightness: 1 is the portrait's own.
        warmth: Multiplies red and divides blue; 1 is the portrait's own.
    """
    colours = ImageEnhance.Brightness(_carried("astronaut.png").crop(HEAD_CROP)).enhance(brightness)
    red, green, blue = colours.split()
    tinted = Image.merge("RGB", (_times(red, warmth), green, _times(blue, 1 / warmth)))
    tinted.putalpha(_outline(tinted.size))
    return tinted.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if mirrored else tinted


def texture(name: Literal["brick", "gravel", "grass"], size: tuple[int, int], colour: str, zoom: float) -> Image.Image:
    """A picture of that size, tiled with a softened grey texture and tinted."""
    grey = _carried(f"{name}.png").convert("L")
    side = max(8, round(grey.width * zoom))
    tile = Image.blend(grey, Image.new("L", grey.size, 170), SOFTENING).resize((side, side), Image.Resampling.LANCZOS)
    tiled = Image.new("L", size)
    for corner in _corners(size, side):
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
def _carried(name: str) -> Image.Image:
    package = find_spec("skimage")
    path = Path(package.origin).parent / "data" / name if package and package.origin else None
    if path is None or not path.exists():
        raise MissingModelError(
            f"the demo's material '{name}' is not there",
            remedy="Install it: pip install --force-reinstall scikit-image.",
        )
    return Image.open(path).convert("RGB")
