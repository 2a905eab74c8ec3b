"""Our scale is the one that others measure with: what ``score_plan.py`` prints, figure by figure."""

import importlib.util
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bodycam_pipeline.evidence.plan_file import write_plan
from bodycam_pipeline.measuring.hidden_boxes import HiddenRegion, hidden_by
from bodycam_pipeline.measuring.peers import read_boxes
from bodycam_pipeline.measuring.scoring import score
from bodycam_pipeline.measuring.true_boxes import labels_by_frame
from bodycam_pipeline.measuring.truth import read_truth
from bodycam_pipeline.values.geometry import snap_region
from bodycam_pipeline.values.plan import Plan, WithheldSpan
from bodycam_pipeline.values.score import Score
from bodycam_pipeline.values.timeline import Span
from bodycam_pipeline.values.truth import Truth
from tests.rules.build import plan, row

COMPARED = ("bwc_spd_test_01.mp4", "walkers_ai_generated.mp4", "iphone_rot90_gps_mebx.mov", "person_dog_rot270.mp4",
            "roof_cfr_timestamps.mp4", "phone_street_h265.mp4")  # fmt: skip


@pytest.fixture(scope="module")
def shared_tool(shared: Path) -> ModuleType:
    """``score_plan.py``, which others measure with."""
    path = shared.parent / "tools" / "score_plan.py"
    if not path.is_file():
        pytest.skip("../shared/tools/score_plan.py is not on this machine")
    spec = importlib.util.spec_from_file_location("score_plan", path)
    assert spec is not None and spec.loader is not None  # noqa: PT018
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    return tool


def made_plan(truth: Truth, dice: random.Random) -> Plan:
    """A plan that hides most true boxes, not all, some beside them, and nothing in some frames."""
    return plan(_rows(truth, dice), withheld=(WithheldSpan(Span(truth.pts[3], truth.pts[5]), "r", "b"),))


def _rows(truth: Truth, dice: random.Random) -> Iterator[Any]:
    for frame, labels in labels_by_frame(truth).items():
        for label in labels:
            if dice.random() < 0.9:
                sides = (label.padded.left, label.padded.top, label.padded.right, label.padded.bottom)
                left, top, right, bottom = (round(side + dice.gauss(0, 3)) for side in sides)
                yield row(truth.pts[frame], (left, top, max(right, left), max(bottom, top)), track=label.thing)
    for frame in range(6, len(truth.pts), 3):
        left, top = dice.randrange(truth.width), dice.randrange(truth.height)
        yield row(truth.pts[frame], (left, top, left + 40, top + 30), track=1000 + dice.randrange(9))


@pytest.mark.parametrize("name", COMPARED)
def test_the_shared_tool_prints_the_same_of_a_plan(
    name: str, shared: Path, shared_tool: ModuleType, tmp_path: Path
) -> None:
    clip = json.loads((shared / "clips" / "truth.json").read_text())["clips"][name]
    truth = replace(read_truth(shared / "clips" / "truth.json")[name], sha256="")  # the plan is of no recording
    made = made_plan(truth, random.Random(name))  # noqa: S311 - nothing secret
    write_plan(made, tmp_path / "plan.parquet")
    theirs = shared_tool.score(clip, shared_tool.read_plan(tmp_path / "plan.parquet", clip))
    assert_same(score(truth, hidden_by(made, truth)), theirs)


@pytest.mark.parametrize("space", ["coded", "upright"])
def test_the_shared_tool_prints_the_same_of_a_peers_boxes(
    space: str, shared: Path, shared_tool: ModuleType, tmp_path: Path
) -> None:
    name, dice = "iphone_rot90_gps_mebx.mov", random.Random(1)  # noqa: S311 - nothing secret
    clip = json.loads((shared / "clips" / "truth.json").read_text())["clips"][name]
    truth = read_truth(shared / "clips" / "truth.json")[name]
    frames = {
        f: [[x, y, x + 90, y + 80.5] for x, y in ((dice.uniform(-50, 300), dice.uniform(-50, 550)) for _ in range(3))]
        for f in range(0, 119, 2)
    }
    (tmp_path / "boxes.json").write_text(json.dumps({"space": space, "frames": frames}))
    theirs = shared_tool.score(clip, shared_tool.read_boxes(tmp_path / "boxes.json", clip))
    assert_same(score(truth, read_boxes(tmp_path / "boxes.json", truth)), theirs)


def assert_same(ours: Any, theirs: dict[str, float]) -> None:
    """Counts are the same, and sums of shares but for how they were rounded."""
    names = {"covered": "must_hidden", "visible": "things_seen", "false": "false_tracks"}
    names |= {"nobody": "empty_frames", "nobody_hidden": "empty_hidden"}
    found = {key: getattr(ours, names.get(key, key)) for key in theirs if key != "longest_ms"}
    assert found | {"longest_ms": 1000 * ours.longest_seconds} == {
        k: pytest.approx(v, 1e-12) for k, v in theirs.items()
    }


def test_a_perfect_plan_on_the_coding_grid_has_the_best_score_there_is(shared: Path) -> None:
    total = Score()
    for truth in read_truth(shared / "clips" / "truth.json").values():
        total += score(truth, perfect(truth))
    assert (total.must_hidden, total.things_seen, total.false_tracks, total.switches) == (total.must, 0, 0, 0)
    assert (total.idf1, total.tracks_per_thing, total.share_empty) == (1, 1, 0)
    assert 1 < total.ratio <= 1.2  # type: ignore[operator]


def perfect(truth: Truth) -> dict[int, list[HiddenRegion]]:
    """Every true box, padded, on the grid, and nothing else."""
    hidden: dict[int, list[HiddenRegion]] = {}
    for frame, labels in labels_by_frame(truth).items():
        for label in labels:
            region = snap_region(label.padded, truth.width, truth.height, 16)
            if region and label.flag != "ignore":
                sides = (region.left, region.top, region.right, region.bottom)
                hidden.setdefault(frame, []).append(HiddenRegion(sides, label.thing))
    return hidden
