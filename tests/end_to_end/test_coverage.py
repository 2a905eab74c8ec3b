"""Coverage of real recordings whose truth is complete: it measures the pipeline, with known detectors, both sides."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from rich.console import Console

from bodycam_pipeline.measuring.clip_table import clip_table
from bodycam_pipeline.measuring.clips import by_plans, clips_in
from bodycam_pipeline.measuring.scoring import score
from bodycam_pipeline.running.local import LocalRunner
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.values.score import Score

SHARED = Path(__file__).parents[3] / "shared"
CLIPS = SHARED / "data" / "clips"
REFERENCE = [
    SHARED / "reference-models" / name for name in ("face_yunet_n_dynamic.onnx", "plate_hyperlpr3_y5fu640_dynraw.onnx")
]
BODY_WORN = ("bwc_spd_test_01", "bwc_spd_test_03", "bwc_spd_test_04", "ego_aria_face")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (CLIPS / "truth.json").exists(), reason="../shared/data/clips/truth.json is not there"),
]


def scores(who: str, policy: Policy, wanted: Sequence[str] = ()) -> Mapping[str, Score]:
    """The score of every clip in which somebody must be hidden, printed."""
    clips = {
        name: truth for name, truth in clips_in(CLIPS, wanted).items() if any(b.flag == "must" for b in truth.boxes)
    }
    with LocalRunner(2) as runner:
        hide = by_plans(CLIPS, policy, runner)
        found = {name: score(truth, hide(name, truth)) for name, truth in clips.items()}
    Console(width=200).print(clip_table(who, found))
    return found


def test_the_reference_detectors_leave_little_to_see() -> None:
    if not all(path.exists() for path in REFERENCE):
        pytest.skip("../shared/reference-models is not there")
    policy = Policy().with_models([str(path) for path in REFERENCE])
    total = sum(scores("YuNet-n and y5fu-640 at two scales", policy, BODY_WORN).values(), Score())
    assert total.must_hidden >= 0.95 * total.must
    assert total.flickers == 0


def test_the_shipped_detectors_hide_every_box() -> None:
    total = sum(scores("the shipped default", Policy()).values(), Score())
    assert total.must >= 1300
    assert (total.must_hidden, total.things_seen, total.flickers) == (total.must, 0, 0)
