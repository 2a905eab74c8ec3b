"""Detectors side by side on labelled pictures: the same pixels, the same size, the same false positives."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bodycam_pipeline.measuring.labels.dataset import Dataset, LabelledPicture
from bodycam_pipeline.measuring.recall import AtRate, Tally
from bodycam_pipeline.values.detection import Kind
from bodycam_pipeline.values.errors import DatasetError

if TYPE_CHECKING:
    from bodycam_pipeline.read.planes import VideoFrame
    from bodycam_pipeline.vision.still import StillDetector

Watch = Callable[[str, int, int], None]
"""Told after every picture: the set, how many are done, how many there are."""


@dataclass(frozen=True)
class Measured:
    """One detector on one set, one kind.

    Attributes:
        dataset, model, kind: Which.
        pictures: How many.
        rates: One per number of false positives per picture that was asked for.
        curve: (False positives per picture, recall, 0..1), ascending.
    """

    dataset: str
    model: str
    kind: Kind
    pictures: int
    rates: tuple[AtRate, ...]
    curve: tuple[tuple[float, float], ...]


def measure_pictures(
    dataset: Dataset, detectors: "Mapping[str, StillDetector]", rates: Sequence[float], watch: Watch
) -> list[Measured]:
    """Every detector on every picture of a set, for the kinds that both know.

    Args:
        dataset: The pictures.
        detectors: By the name they go by.
        rates: False positives per picture.
        watch: Told how far it is.

    Raises:
        DatasetError: a picture that cannot be read, or of another size than its labels say; a set whose kinds no
            detector knows.
    """
    from bodycam_pipeline.read.planes import planes  # loads FFmpeg, for whoever measures

    tallies = {
        (name, kind): Tally()
        for name, detector in detectors.items()
        for kind in dataset.kinds
        if kind in detector.kinds
    }
    if not tallies:
        raise DatasetError(
            f"{dataset.name} labels {', '.join(dataset.kinds)}, which none of {', '.join(detectors)} looks for",
            remedy="Name a model that does.",
        )
    used = {name: detectors[name] for name, _ in tallies}
    for number, labelled in enumerate(dataset.pictures, start=1):
        frame = _picture(labelled)
        for name, detector in used.items():
            found, scale = detector.look(planes(frame))
            for kind, truth in labelled.boxes.items():
                if (name, kind) in tallies:
                    tallies[name, kind].add(found[kind], truth * np.float32(scale))
        watch(dataset.name, number, len(dataset.pictures))
    return [
        Measured(dataset.name, name, kind, tally.pictures, tuple(map(tally.at, rates)), tuple(tally.curve()))
        for (name, kind), tally in tallies.items()
    ]


def _picture(labelled: LabelledPicture) -> "VideoFrame":
    from bodycam_pipeline.read.stills import read_still

    frame = read_still(labelled.path)
    if labelled.size and labelled.size != (frame.width, frame.height):
        meant = "x".join(map(str, labelled.size))
        raise DatasetError(
            f"{labelled.path} is {frame.width}x{frame.height}, and its labels are for {meant}",
            remedy="Labels and pictures do not belong together: fetch the data set again.",
        )
    return frame
