"""The drawn street behind it all: textured, so that neither the encoder nor the detectors have it easy."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from bodycam_pipeline.demo.material import texture

_FRONTS = ("#c9a184", "#b5b0a3", "#9c6f5c", "#d3c6a8", "#8f98a3")


def street(width: int, height: int, rng: np.random.Generator) -> Image.Image:
    """Sky, house fronts, pavement and road.

    Args:
        width: Pixels.
        height: Pixels.
        rng: Decides what the houses look like.
    """
    picture = _sky(width, height)
    eaves, kerb, road = round(height * 0.16), round(height * 0.56), round(height * 0.66)
    left = 0
    while left < width:
        right = min(width, left + round(height * rng.uniform(0.45, 0.75)))
        top = eaves + round(height * rng.uniform(-0.08, 0.06))
        front = _front((right - left, kerb - top), str(rng.choice(_FRONTS)), rng)
        picture.paste(front, (left, top))
        left = right
    picture.paste(texture("gravel-128", (width, road - kerb), "#cfccc4"), (0, kerb))
    picture.paste(texture("gravel-205", (width, height - road), "#6f7074"), (0, road))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, road - 4, width, road + 3), fill="#8d8a84")
    for x in range(0, width, round(height * 0.3)):
        draw.rectangle((x, round(height * 0.86), x + round(height * 0.13), round(height * 0.875)), fill="#cfcfc8")
    for x in rng.uniform(0, width, size=max(2, width // height)):
        _tree(picture, round(x), kerb, round(height * 0.2))
    return picture.filter(ImageFilter.GaussianBlur(0.6))


def _sky(width: int, height: int) -> Image.Image:
    rows = np.linspace((120, 160, 205), (214, 222, 228), height).astype(np.uint8)
    return Image.fromarray(np.repeat(rows[:, None], width, axis=1))


def _front(size: tuple[int, int], colour: str, rng: np.random.Generator) -> Image.Image:
    front = texture("brick-102", size, colour)
    draw = ImageDraw.Draw(front)
    step = max(24, round(size[1] * 0.3))
    for top in range(step // 4, size[1] - step // 2, step):
        for left in range(step // 3, size[0] - step // 2, step):
            grey = int(rng.integers(50, 80))
            _window(draw, (left, top, left + step * 2 // 5, top + step * 3 // 5), (grey, grey + 4, grey + 10))
    return front


def _window(draw: ImageDraw.ImageDraw, pane: tuple[int, int, int, int], glass: tuple[int, int, int]) -> None:
    """With a cross of bars: an empty light frame is what a licence plate looks like from afar."""
    left, top, right, bottom = pane
    bar = max(1, (right - left) // 14)
    draw.rectangle(pane, fill=glass, outline="#5d564c", width=bar)
    draw.rectangle(((left + right - bar) // 2, top, (left + right + bar) // 2, bottom), fill="#5d564c")
    draw.rectangle((left, (top + bottom) // 2, right, (top + bottom) // 2 + bar), fill="#5d564c")


def _tree(picture: Image.Image, x: int, foot: int, size: int) -> None:
    draw = ImageDraw.Draw(picture)
    draw.rectangle((x - size // 14, foot - size, x + size // 14, foot), fill="#4b3b2c")
    crown = texture("grass-154", (size, size), "#7d9a58")
    mask = Image.new("L", (size, size), 0)
    ImageDraw.Draw(mask).ellipse((0, 0, size - 1, size - 1), fill=255)
    picture.paste(crown, (x - size // 2, foot - size - size * 2 // 3), mask)
