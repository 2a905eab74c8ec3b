"""How the camera itself moved: a body-worn one is thrown about more than anything it looks at."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.values.detection import Look
from bodycam_pipeline.values.looks import Looks

Luma = NDArray[np.float32]
Path = NDArray[np.float64]

LONG_SIDE = 128
"""Samples along the longer side of the small pictures that `picture_shift` compares. Measured on a body-camera clip:
its shifts agree with a hand-labelled plate's within 10 px of 1280, at 0.5 ms per frame."""

_WHITEN = 1e-3
"""Frequencies weaker than this share of the strongest are noise, and are not lifted to full weight."""


def picture_shift(before: Luma, after: Luma) -> tuple[float, float]:
    """How far the contents moved, right and down, as shares of the width and height; up to half a picture.

    Phase correlation (Kuglin and Hines, 1975) under a Hann window, its peak refined by a parabola. Whatever fills most
    of the picture decides; two pictures without texture give 0.

    Args:
        before: Small luma picture (h, w), any scale of values; `LONG_SIDE` samples along its longer side are enough.
        after: The next one, of the same shape.
    """
    height, width = before.shape
    window = np.outer(np.hanning(height), np.hanning(width)).astype(np.float32)
    spectra = [np.fft.rfft2((picture - picture.mean()) * window) for picture in (before, after)]
    cross = spectra[1] * np.conj(spectra[0])
    strength = np.abs(cross)
    if not strength.any():
        return 0.0, 0.0
    surface = np.fft.irfft2(cross / (strength + _WHITEN * strength.max()), s=before.shape)
    y, x = (int(position) for position in np.unravel_index(surface.argmax(), surface.shape))
    down = y + _offset(surface[y - 1, x], surface[y, x], surface[(y + 1) % height, x])
    right = x + _offset(surface[y, x - 1], surface[y, x], surface[y, (x + 1) % width])
    return _signed(right / width), _signed(down / height)


def camera_path(looks: Sequence[Look]) -> Path:
    """Where the world's origin is in the picture of each look (n, 2), within each scene.

    Where a shift was not measured (at a segment's first frame), the camera is taken to move as it does in the looks
    around.
    """
    columns = Looks.of(looks)
    shifts = columns.shifts
    known = np.flatnonzero(~np.isnan(shifts[:, 0]))
    if not known.size:
        return np.zeros_like(shifts)
    everywhere = np.stack([np.interp(np.arange(len(looks)), known, side[known]) for side in shifts.T], axis=1)
    everywhere[columns.cuts] = 0
    everywhere[0] = 0
    path: Path = np.cumsum(everywhere, axis=0)
    return path


def _offset(left: float, peak: float, right: float) -> float:
    """Where between three neighbouring samples their parabola is highest, -0.5..0.5 from the middle one."""
    curve = left - 2 * peak + right
    return float(0.5 * (left - right) / curve) if curve < 0 else 0.0


def _signed(share: float) -> float:
    return float(share - 1) if share > 0.5 else float(share)
