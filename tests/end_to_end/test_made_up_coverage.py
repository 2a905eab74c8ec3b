"""What the scene that this project draws itself shows of faces and plates: nothing, in any frame.

Real recordings are few and easy; this one was hard enough to find a plate whose end stood outside its region.
"""

from pathlib import Path

import pytest

from bodycam_pipeline.demo.touched import compose_touched
from bodycam_pipeline.measuring.clips import what_shows
from bodycam_pipeline.pipeline import Order, detect
from bodycam_pipeline.rules.coverage import measure
from bodycam_pipeline.running.local import LocalRunner
from bodycam_pipeline.values.policy import Policy


@pytest.mark.parametrize(
    ("percent", "groups", "models"),
    [
        (100, 1, ["detector-v1"]),
        pytest.param(20, 5, ["detector-v1"], marks=pytest.mark.slow),
        pytest.param(100, 5, ["detector-v1"], marks=pytest.mark.slow),
        pytest.param(20, 5, list(Policy().detection.models), marks=pytest.mark.slow),
        pytest.param(100, 5, list(Policy().detection.models), marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_every_true_box_is_hidden_in_every_frame(percent: int, groups: int, models: list[str], tmp_path: Path) -> None:
    path = tmp_path / "scene.mp4"
    compose_touched(path, percent, groups=groups)
    policy = Policy.model_validate({"detection": {"models": models}})
    with LocalRunner(2) as runner:
        _, plan = detect(Order(str(path), tmp_path / "out", policy), runner)
    coverage = measure(plan, what_shows(path.with_suffix(".truth.json")))
    assert coverage.boxes >= 200
    assert coverage.share_hidden == 1.0
