"""Coverage on real body-camera recordings with hand-checked boxes: it measures the pipeline, with known detectors."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bodycam_pipeline.pipeline import Order, detect
from bodycam_pipeline.rules.coverage import Coverage, TrueBox, measure
from bodycam_pipeline.running.local import LocalRunner
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.policy import Policy

SHARED = Path(__file__).parents[3] / "shared"
TRUTH = SHARED / "data" / "clips" / "ground_truth.json"
REFERENCE = [
    SHARED / "reference-models" / name for name in ("face_yunet_n_dynamic.onnx", "plate_hyperlpr3_y5fu640_dynraw.onnx")
]
KINDS = {"face": "face", "face_partial": "face", "plate": "plate"}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not TRUTH.exists(), reason="../shared/data/clips/ground_truth.json is not there"),
]


def coverage_with(models: list[str], folder: Path) -> Iterator[tuple[str, Coverage, float]]:
    """For each labelled clip: how its sure boxes are covered, and the mean share of the picture that is hidden."""
    policy = Policy.model_validate({"detection": {"models": models}})
    with LocalRunner(2) as runner:
        for name, facts in json.loads(TRUTH.read_text())["clips"].items():
            job, plan = detect(Order(str(TRUTH.parent / name), folder, policy), runner)
            shown = job.recording.packets.shown_pts()
            truth = [
                TrueBox(int(shown[int(number)]), KINDS[o["kind"]], o["id"], Box(*o["box"]))  # type: ignore[arg-type]
                for number, objects in facts["frames"].items()
                for o in objects
                if o["flag"] == "sure"
            ]
            regions = [row.region.area for row in plan.rows()]
            area = sum(regions) / (facts["width"] * facts["height"] * plan.frames)
            yield name, measure(plan, truth), area


def report(title: str, found: list[tuple[str, Coverage, float]]) -> None:
    print(f"\n{title}\n| clip | sure boxes | hidden | frames between hidden ones that show | area (summed) |")
    print("|---|---|---|---|---|")
    for name, coverage, area in found:
        flickers = sum(thing.flickers for thing in coverage.things)
        print(f"| {name} | {coverage.boxes} | {coverage.share_hidden:.1%} | {flickers} | {area:.2f} |")


def test_the_reference_detectors_leave_nothing_flickering(tmp_path: Path) -> None:
    if not all(path.exists() for path in REFERENCE):
        pytest.skip("../shared/reference-models is not there")
    found = list(coverage_with([str(path) for path in REFERENCE], tmp_path))
    report("YuNet-n and y5fu-640 at two scales", found)
    boxes = sum(coverage.boxes for _, coverage, _ in found)
    hidden = sum(coverage.share_hidden * coverage.boxes for _, coverage, _ in found)
    assert hidden / boxes >= 0.95
    assert not [thing for _, coverage, _ in found for thing in coverage.things if thing.flickers]


def test_the_shipped_detectors_hide_every_box(tmp_path: Path) -> None:
    found = list(coverage_with(list(Policy().detection.models), tmp_path))
    report("the shipped default", found)
    boxes = sum(coverage.boxes for _, coverage, _ in found)
    assert boxes >= 150
    assert all(coverage.share_hidden == 1.0 for _, coverage, _ in found)
    assert not [thing for _, coverage, _ in found for thing in coverage.things if thing.flickers]
