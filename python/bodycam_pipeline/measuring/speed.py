"""How long a look takes on this machine, on one thread, detectors taking turns so that noise is shared."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from bodycam_pipeline.vision.scales import input_sizes

if TYPE_CHECKING:
    from bodycam_pipeline.vision.still import StillDetector

WIDE = (1920, 1080)
"""The picture of most body cameras."""

ROUNDS = 25
WARM_UP = 5
"""Rounds that do not count: caches fill, clocks rise."""


@dataclass(frozen=True)
class Speed:
    """Speed of one detector.

    Attributes:
        width, height: Of the tensor.
        milliseconds: Median processor time of network and head.
        frames_per_second: What one processor core looks at.
    """

    width: int
    height: int
    milliseconds: float

    @property
    def frames_per_second(self) -> float:
        """What one processor core looks at."""
        return 1000 / self.milliseconds


def measure_speed(detectors: "Mapping[str, StillDetector]", long_side_px: int) -> dict[str, Speed]:
    """The processor time of each detector's network and head on a 16:9 picture of this size."""
    (size,) = input_sizes([long_side_px], (max(WIDE[0], long_side_px), max(WIDE[0], long_side_px) * 9 // 16))
    noise = np.random.default_rng(0)
    tensors = {name: detector.tensor(size.width, size.height) for name, detector in detectors.items()}
    for tensor in tensors.values():
        tensor[:] = 255 * noise.random(tensor.shape)
    times: dict[str, list[float]] = {name: [] for name in detectors}
    for _ in range(WARM_UP + ROUNDS):
        for name, detector in detectors.items():
            begun = time.process_time()
            detector.run(tensors[name])
            times[name].append(1000 * (time.process_time() - begun))
    return {name: Speed(size.width, size.height, median(each[WARM_UP:])) for name, each in times.items()}
