"""How many heads the shipped detectors leave to be seen: the most that a third kind, head, could add.

    python -m research.heads [MODEL ...]

../shared/data/train/heads marks every head of 110 pictures of surveillance cameras, from behind as well. Detectors
look as they do at a single frame, at the scales of the shipped default, without tracks; what begins a track counts. A
head is hidden if half of it lies under boxes of faces, as they are: a region is a little larger. Our own networks
were trained on these pictures, where a face was to be seen: theirs is a share at best. Prints the shares by the
height of the head.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline._native import Planes
from bodycam_pipeline.measuring.labels.find import find_datasets
from bodycam_pipeline.measuring.recall import HEIGHT_BINS
from bodycam_pipeline.measuring.scoring import share_under
from bodycam_pipeline.read.planes import planes
from bodycam_pipeline.read.stills import read_still
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.model import Model
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.vision.detector import SUPPRESS_IOU
from bodycam_pipeline.vision.registry import find_model
from bodycam_pipeline.vision.still import StillDetector

HEADS = Path(__file__).parents[2] / "shared" / "data" / "train" / "heads"
HIDDEN = 0.5
"""Share of a head that has to lie under boxes."""


def main() -> None:
    """Look at every picture at every scale, print by height."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("models", nargs="*", default=Policy().detection.models)
    models = [find_model(name) for name in parser.parse_args().models]
    if not HEADS.is_dir():
        raise SystemExit(f"{HEADS} is not there: nothing to measure on")
    (heads,) = find_datasets(HEADS, {"head": "face"})
    heights, shares = [], []
    for labelled in heads.pictures:
        picture = planes(read_still(labelled.path))
        boxes, size = _faces(picture, models).astype(np.int64), (picture.width, picture.height)
        for head in labelled.boxes["face"].tolist():
            heights.append(head[3] - head[1])
            shares.append(share_under(Box(*head), boxes, size))
    print("| height of the head | heads | hidden |\n|---|---|---|")
    tall, hidden = np.array(heights), np.array(shares) >= HIDDEN
    for low, high in HEIGHT_BINS:
        here = (tall >= low) & (tall < high)
        if here.any():
            print(f"| {low:g}-{high:g} | {here.sum()} | {hidden[here].mean():.0%} |")


def _faces(picture: Planes, models: Sequence[Model]) -> NDArray[np.int32]:
    """What begins a track as a face, left, top, right, bottom; no scale is larger than the picture."""
    rule, found = Policy().detection, []
    sides = {side for detector in rule.detectors for side in detector.long_sides_px}
    for side in {min(side, max(picture.width, picture.height)) for side in sides}:
        for model in models:
            seen, scale = StillDetector(model, side, SUPPRESS_IOU).look(picture)
            faces = seen["face"]
            found.append(faces[faces[:, 4] >= model.kinds["face"].high, :4] / scale)
    return np.rint(np.concatenate(found)).astype(np.int32)


if __name__ == "__main__":
    main()
