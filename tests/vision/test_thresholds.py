"""By its own thresholds, as in company that it was not calibrated with, each detector of ours sees most of a street."""

import json
from pathlib import Path

import numpy as np
import pytest

from bodycam_pipeline.read.planes import planes
from bodycam_pipeline.read.stills import read_still
from bodycam_pipeline.values.geometry import iou
from bodycam_pipeline.vision.registry import find_model
from bodycam_pipeline.vision.still import StillDetector

EVAL = Path(__file__).parents[3] / "shared" / "data" / "eval"
FOUND = 0.4
LEAST_HEIGHT_PX = 16.0
"""Height of an object as the detector sees it: lower ones are what other scales are for."""

MOST = 0.75


@pytest.mark.slow
@pytest.mark.parametrize(("folder", "kind"), [("faces_street", "face"), ("plates_street", "plate")])
@pytest.mark.parametrize("name", ["detector-v1", "detector-v1-int8", "detector-l1", "detector-v2"])
def test_most_of_a_street_is_above_the_upper_threshold(name: str, folder: str, kind: str) -> None:
    if not (EVAL / folder / "labels.json").exists():
        pytest.skip(f"../shared/data/eval/{folder} is not there")
    model = find_model(name)
    detector, high = StillDetector(model, 640, 0.5), model.kinds[kind].high
    seen: list[bool] = []
    for item in json.loads((EVAL / folder / "labels.json").read_text())["items"][::2]:
        found, scale = detector.look(planes(read_still(EVAL / folder / item["file"])))
        sure = found[kind][found[kind][:, 4] >= high]
        truth = np.array(item["boxes"], np.float32).reshape(-1, 4) * np.float32(scale)
        truth = truth[truth[:, 3] - truth[:, 1] >= LEAST_HEIGHT_PX]
        seen += [bool((iou(box[None], sure[:, :4]) >= FOUND).any()) for box in truth]
    assert len(seen) >= 40
    assert np.mean(seen) >= MOST
