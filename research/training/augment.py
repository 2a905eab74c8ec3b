"""What a body camera does to a picture, and what the same movement does to its boxes.

Boxes are rows of ``kind, left, top, right, bottom`` (float32, pixels). All randomness comes from the ``random.Random``
handed in, so a seed fixes every sample.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Rows = NDArray[np.float32]
FACE, PLATE = 0, 1
VISIBLE = 0.4  # least share of a box that must stay inside the crop for it to count as an object
SMALLEST = 4.0  # pixels; a face or plate with a shorter side is neither rewarded nor punished


@dataclass(frozen=True, slots=True)
class Placement:
    """An affine map from picture to crop, ``crop = matrix @ (x, y, 1)``: its angle in radians, its scales unsigned."""

    matrix: NDArray[np.float64]
    angle: float
    scale_x: float
    scale_y: float


def place(
    source: tuple[float, float], target: tuple[float, float], scale: tuple[float, float], angle: float, *, flip: bool
) -> Placement:
    """Rotate by ``angle`` around ``source``, scale, mirror if ``flip``, and put ``source`` at ``target``."""
    cos, sin = math.cos(angle), math.sin(angle)
    sign = -1.0 if flip else 1.0
    linear = np.array([[sign * scale[0] * cos, -sign * scale[0] * sin], [scale[1] * sin, scale[1] * cos]])
    offset = np.array(target) - linear @ np.array(source)
    return Placement(np.concatenate([linear, offset[:, None]], 1), angle, *scale)


def move(rows: Rows, placement: Placement) -> Rows:
    """Boxes after a placement, not yet clipped.

    A face is taken as the ellipse in its box and a plate as the rectangle: the box of a turned ellipse is much smaller
    than the box of its turned box, and boxes that grow with the angle would teach loose faces.
    """
    if not len(rows):
        return rows.reshape(-1, 5)
    middle = (rows[:, 1:3] + rows[:, 3:5]) / 2
    half = (rows[:, 3:5] - rows[:, 1:3]) / 2
    cos, sin = abs(math.cos(placement.angle)), abs(math.sin(placement.angle))
    round_half = np.sqrt(np.stack([(half**2) @ [cos**2, sin**2], (half**2) @ [sin**2, cos**2]], 1))
    square_half = np.stack([half @ [cos, sin], half @ [sin, cos]], 1)
    half = np.where(rows[:, :1] == FACE, round_half, square_half) * [placement.scale_x, placement.scale_y]
    middle = middle @ placement.matrix[:, :2].T + placement.matrix[:, 2]
    return np.concatenate([rows[:, :1], middle - half, middle + half], 1).astype(np.float32)


def clip(rows: Rows, width: int, height: int) -> tuple[Rows, Rows]:
    """Cut moved boxes at the crop's edge: those still visible enough to be objects, and the rest that still shows."""
    cut = rows.copy()
    cut[:, 1::2] = cut[:, 1::2].clip(0, width)
    cut[:, 2::2] = cut[:, 2::2].clip(0, height)
    size, full = cut[:, 3:] - cut[:, 1:3], rows[:, 3:] - rows[:, 1:3]
    shows = (size > 1).all(1)
    whole = shows & (size.prod(1) > VISIBLE * full.prod(1)) & (size.min(1) >= SMALLEST)
    return cut[whole], cut[shows & ~whole]


def warp(levels: list[Picture], placement: Placement, width: int, height: int, fill: tuple[int, ...]) -> Picture:
    """The crop of a picture given as a pyramid of halvings; the level just above the wanted scale avoids aliasing."""
    scale = min(placement.scale_x, placement.scale_y)
    level = min(len(levels) - 1, max(0, math.floor(-math.log2(scale) + 0.15)))
    rows, columns = levels[level].shape[:2]
    shrink = np.array([levels[0].shape[1] / columns, levels[0].shape[0] / rows])
    matrix = placement.matrix.copy()
    # cv2 counts from pixel centres, the boxes from pixel corners: shift by half a pixel on both sides of the map
    matrix[:, 2] += matrix[:, :2] @ (shrink / 2) - 0.5
    matrix[:, :2] *= shrink
    return cv2.warpAffine(
        levels[level], matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=fill
    )


NOISE = 32  # levels: the deviation of the noise that is kept
DUSK = 0.2  # share of the crops that are seen in little light, as the product brightens it
LIGHT, LEVELS = (1 / 12, 1 / 2), (0.5, 2.5)  # what is left of the light; noise in levels of 255
# vision/darkness.py: a frame is dark if 99 in 100 pixels are below DARK, and is brightened up to STEEPEST times
DARK, BRIGHT_SHARE, STEEPEST = 100.0, 0.99, 8.0


class Camera:
    """Light, lens and coding of a body camera, applied to a finished BGR crop; never moves a pixel's place."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.noise = (np.random.RandomState(0).randn(512, 512, 3) * NOISE).astype(np.int16)

    def __call__(self, picture: Picture) -> Picture:
        r = self.random
        night = r.random() < 0.15
        if night or r.random() < 0.7:
            picture = self.expose(picture, night=night)
        if r.random() < 0.08:
            picture = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
        elif r.random() < 0.15:
            grey = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
            share = r.uniform(0.3, 1.5)
            picture = cv2.addWeighted(picture, share, grey, 1 - share, 0)
        picture = self.soften(picture)
        if r.random() < (0.6 if night else 0.08):
            picture = self.grain(picture, r.uniform(0.1, 0.7))
        if not night and r.random() < DUSK:  # nobody could see who is in a crop made dark twice
            light, levels = math.exp(r.uniform(*map(math.log, LIGHT))), r.uniform(*LEVELS)
            picture = dusk(picture, light, self.cut_noise(picture) * np.float32(levels / NOISE))
        if r.random() < 0.25:
            quality = [cv2.IMWRITE_JPEG_QUALITY, r.randint(12, 70)]
            picture = cv2.imdecode(cv2.imencode(".jpg", picture, quality)[1], cv2.IMREAD_COLOR)
        return picture

    def expose(self, picture: Picture, *, night: bool) -> Picture:
        r = self.random
        gamma = r.uniform(1.3, 2.6) if night else math.exp(r.uniform(-0.45, 0.45))
        gain = r.uniform(0.35, 0.9) if night else r.uniform(0.65, 1.35)
        curve = np.linspace(0, 1, 256, dtype=np.float32) ** gamma * gain
        table = np.stack([curve * r.uniform(0.88, 1.12) for _ in range(3)], 1) * 255 + r.uniform(-18, 18)
        return cv2.LUT(picture, table.clip(0, 255).astype(np.uint8)[:, None, :])

    def soften(self, picture: Picture) -> Picture:
        r, draw = self.random, self.random.random()
        if draw < 0.12:
            return cv2.filter2D(picture, -1, motion_kernel(r.choice((3, 5, 5, 7, 9)), r.uniform(0, math.pi)))
        if draw < 0.17:
            return cv2.GaussianBlur(picture, (0, 0), r.uniform(0.5, 1.6))
        if draw < 0.45:
            height, width = picture.shape[:2]
            small = cv2.resize(picture, None, fx=(f := r.uniform(0.35, 0.85)), fy=f, interpolation=cv2.INTER_AREA)
            return cv2.resize(small, (width, height))
        return picture

    def cut_noise(self, picture: Picture) -> NDArray[np.int16]:
        height, width = picture.shape[:2]
        y, x = self.random.randrange(512 - height + 1), self.random.randrange(512 - width + 1)
        return self.noise[y : y + height, x : x + width]

    def grain(self, picture: Picture, strength: float) -> Picture:
        noise = (self.cut_noise(picture) * strength).astype(np.int16)
        return np.clip(picture + noise, 0, 255).astype(np.uint8)


def dusk(picture: Picture, light: float, noise: NDArray[np.floating]) -> Picture:
    """Little light, noise and the steps of so few levels, brightened as the product does it.

    ``light`` is the share of the light that is left, ``noise`` what is added to each value, in levels of 255.
    """
    dark = (picture * np.float32(light) + noise).round().clip(0, 255).astype(np.uint8)
    bright = float(np.quantile(dark[::4, ::4, 1], BRIGHT_SHARE))
    steep = min(max(DARK / max(bright, 1.0), 1.0), STEEPEST)
    values = np.arange(256, dtype=np.float32)
    return cv2.LUT(dark, (steep * values / (1 + (steep - 1) * values / 255)).round().astype(np.uint8))


def motion_kernel(length: int, angle: float) -> NDArray[np.float32]:
    """A straight smear of ``length`` pixels (odd), normalised."""
    kernel, middle = np.zeros((length, length), np.float32), length // 2
    step = np.array([math.cos(angle), math.sin(angle)]) * middle
    ends = [tuple(round(middle + s * v) for v in step) for s in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0)
    return kernel / kernel.sum()


def cover(picture: Picture, rows: Rows, random: Random) -> None:
    """Hide part of some objects in place: a cloth or medical mask over a face's lower half, or a block anywhere."""
    for kind, left, top, right, bottom in random.sample(rows.tolist(), min(len(rows), 4)):
        width, height = right - left, bottom - top
        colour = _cloth(random)
        if kind == FACE and random.random() < 0.6:
            nose = top + height * random.uniform(0.42, 0.62)
            edge = nose + height * random.uniform(-0.04, 0.12)
            chin = bottom + height * random.uniform(-0.06, 0.04)
            middle = (left + right) / 2 + width * random.uniform(-0.12, 0.12)
            shape = [
                (left + 0.04 * width, edge), (middle, nose), (right - 0.04 * width, edge),
                (right - 0.12 * width, bottom - 0.2 * height), (middle, chin),
                (left + 0.12 * width, bottom - 0.2 * height),
            ]  # fmt: skip
            cv2.fillPoly(picture, [np.array(shape).round().astype(np.int32)], colour, lineType=cv2.LINE_AA)
            continue
        w, h = width * random.uniform(0.2, 0.6), height * random.uniform(0.2, 0.5)
        x = max(0, int(left + random.uniform(-0.1, 1) * (width - w)))
        y = max(0, int(top + random.uniform(0, 1.1) * (height - h)))
        picture[y : y + int(h) + 1, x : x + int(w) + 1] = colour


def _cloth(random: Random) -> tuple[int, int, int]:
    """A colour in BGR: white, medical blue and black more often than any other."""
    base = random.choice(((235, 235, 235), (215, 190, 150), (30, 30, 30), None))
    if base is None:
        return random.randrange(256), random.randrange(256), random.randrange(256)
    shade = random.uniform(0.75, 1.08)
    blue, green, red = (min(255, int(v * shade + random.uniform(-12, 12))) for v in base)
    return max(0, blue), max(0, green), max(0, red)
