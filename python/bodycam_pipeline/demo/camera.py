"""A camera on a walking chest: it drifts, bobs, rolls and is knocked about."""

from dataclasses import dataclass
from math import cos, radians, sin

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Point = tuple[float, float]

STEPS_PER_SECOND = 1.9
"""A person's usual walking cadence."""


@dataclass(frozen=True, slots=True)
class View:
    """What the camera sees at one moment: the street point in the middle, how it is rolled, how near it is.

    Attributes:
        middle: In pixels of the street.
        roll_degrees: Clockwise turn of the street in the picture.
        zoom: Picture pixels per street pixel.
    """

    middle: Point
    roll_degrees: float
    zoom: float

    def seen(self, points: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.float64]:
        """Where points (n, 2) of the street are in a picture of that size."""
        c, s = cos(radians(self.roll_degrees)), sin(radians(self.roll_degrees))
        turn = self.zoom * np.array([[c, -s], [s, c]])
        return np.asarray((points - self.middle) @ turn.T + np.array(size) / 2, np.float64)

    def taken(self, scene: Image.Image, size: tuple[int, int]) -> Image.Image:
        """The picture of that size."""
        c, s = cos(radians(self.roll_degrees)) / self.zoom, sin(radians(self.roll_degrees)) / self.zoom
        half = size[0] / 2, size[1] / 2
        x0 = self.middle[0] - c * half[0] - s * half[1]
        y0 = self.middle[1] + s * half[0] - c * half[1]
        inverse = (c, s, x0, -s, c, y0)
        return scene.transform(size, Image.Transform.AFFINE, inverse, Image.Resampling.BILINEAR)


class WalkingCamera:
    """Where the camera looks at each moment, the same for the same generator."""

    def __init__(self, scene: tuple[int, int], height: int, rng: np.random.Generator) -> None:
        self._scene, self._unit = scene, height / 720
        self._phases = rng.uniform(0, 2 * np.pi, size=6)

    def at(self, seconds: float, part: float) -> View:
        """The view.

        Args:
            seconds: Since the start.
            part: How much of the recording is over, 0..1.
        """
        width, height = self._scene
        step = 2 * np.pi * STEPS_PER_SECOND * seconds
        slow, quick = (np.sin(rate * seconds + self._phases) for rate in (1.3, 17.0))
        x = width * (0.44 + 0.12 * part) + self._unit * (14 * np.sin(step / 2) + 12 * slow[0] + 2.5 * quick[0])
        y = height * 0.5 + self._unit * (7 * np.sin(step) + 9 * slow[1] + 2.5 * quick[1])
        return View((float(x), float(y)), float(1.2 * slow[2] + 0.8 * np.sin(step / 2)), float(1 + 0.01 * slow[3]))
