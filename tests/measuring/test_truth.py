"""Complete truth, and a peer's boxes: read as they are written, refused where they contradict themselves."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from bodycam_pipeline.demo.touched import compose_touched
from bodycam_pipeline.measuring.peers import hidden_in, read_boxes
from bodycam_pipeline.measuring.scoring import score
from bodycam_pipeline.measuring.truth import made_up_truth, read_truth
from bodycam_pipeline.values.errors import DatasetError
from bodycam_pipeline.values.geometry import Orientation

CLIP: dict[str, Any] = {
    "sha256": "ab" * 32, "width": 100, "height": 50, "rotation": 90, "upright": [50, 100], "time_base": [1, 30],
    "pts": [5, 6, 8], "end_pts": 9, "span": [0, 1],
    "things": [{"id": 7, "boxes": [[1, "must", "face", 10, 20, 30.5, 40]]}],
}  # fmt: skip


def written(folder: Path, **changes: object) -> Path:
    path = folder / "truth.json"
    path.write_text(json.dumps({"clips": {"a.mp4": CLIP | changes}}))
    return path


def test_a_clip_is_read_as_it_is_written(tmp_path: Path) -> None:
    (truth,) = read_truth(written(tmp_path)).values()
    assert (truth.width, truth.height, truth.orientation) == (100, 50, Orientation.QUARTER_TURN)
    assert (truth.time_base, truth.pts, truth.end_pts) == (Fraction(1, 30), (5, 6, 8), 9)
    assert (truth.first_frame, truth.last_frame, truth.sha256) == (0, 1, "ab" * 32)
    (box,) = truth.boxes
    assert (box.frame, box.thing, box.flag, box.kind, box.box.right) == (1, 7, "must", "face", 30.5)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"rotation": 45}, "45"),
        ({"width": 0}, "without pixels"),
        ({"pts": [6, 5, 8]}, "do not ascend"),
        ({"end_pts": 8}, "do not ascend"),
        ({"pts": []}, "no frame"),
        ({"span": [0, 3]}, "not there"),
        ({"span": [0, 0]}, "outside the labelled frames"),
        ({"time_base": [1, 0]}, "ZeroDivisionError"),
        ({"things": [{"id": 7, "boxes": [[1, "should", "face", 1, 2, 3, 4]]}]}, "unknown flag"),
        ({"things": [{"id": 7, "boxes": [[1, "must", "dog", 1, 2, 3, 4]]}]}, "unknown flag or kind"),
        ({"things": [{"id": 7, "boxes": [[1, "must", "face", 3, 2, 1, 4]]}]}, "inside-out"),
        ({"things": [{"id": 7, "boxes": [[1, "must", "face", 3, 2]]}]}, "ValueError"),
        ({"things": [{"boxes": []}, {"boxes": [[]]}]}, "ValueError"),
    ],
    ids=str,
)
def test_a_truth_that_contradicts_itself_is_refused(changes: dict[str, object], why: str, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=why) as refused:
        read_truth(written(tmp_path, **changes))
    assert "truth.json" in str(refused.value)


def test_a_truth_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="cannot read"):
        read_truth(tmp_path / "truth.json")


def test_a_made_up_scene_maps_into_the_same_values(tmp_path: Path) -> None:
    path = tmp_path / "scene.mp4"
    compose_touched(path, 50, gops=2, size=(320, 180))
    truth = made_up_truth(path.with_suffix(".truth.json"))
    assert (truth.width, truth.height, len(truth.pts)) == (320, 180, 120)
    assert (truth.pts[1], truth.end_pts, truth.last_frame) == (1001, 120 * 1001, 119)
    assert {box.flag for box in truth.boxes} == {"must", "may"}
    assert min(box.frame for box in truth.boxes) >= 60
    assert score(truth, {}).empty_frames >= 60


@pytest.mark.parametrize(
    "text",
    [
        "no JSON",
        "[]",
        "{}",
        '{"frames": []}',
        '{"width": 9, "height": 9, "time_base": "1/30", "frames": {}}',
        '{"width": 9, "height": 9, "time_base": "1", "frames": {"0": [{"kind": "face", "id": 1, "box": [0, 0]}]}}',
    ],
    ids=["text", "list", "nothing", "frames", "no frame", "earlier version"],
)
def test_a_truth_that_does_not_say_what_shows_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.truth.json").write_text(text)
    with pytest.raises(DatasetError, match=r"a\.truth\.json") as refused:
        made_up_truth(tmp_path / "a.truth.json")
    assert "bodycam demo" in refused.value.remedy


def test_of_a_made_up_scene_what_shows_by_half_must_be_hidden(tmp_path: Path) -> None:
    whole = {"kind": "face", "id": 1, "box": [0, 0, 9, 9], "seen": [0, 0, 9, 9], "visible": 1.0}
    half = whole | {"id": 2, "seen": [0, 0, 4, 9], "visible": 0.5}
    less = whole | {"id": 3, "seen": [0, 0, 3, 9], "visible": 0.49}
    facts = {"width": 20, "height": 20, "time_base": "1/30", "frames": {"7": [whole, half, less]}}
    (tmp_path / "a.truth.json").write_text(json.dumps(facts))
    found = made_up_truth(tmp_path / "a.truth.json")
    assert [(box.thing, box.flag, box.box.right) for box in found.boxes] == [
        (1, "must", 9),
        (2, "must", 4),
        (3, "may", 3),
    ]
    assert (found.pts, found.end_pts) == ((7,), 8)


def test_a_peers_boxes_are_turned_and_tracked(tmp_path: Path) -> None:
    (truth,) = read_truth(written(tmp_path)).values()
    frames = {"10": [[0, 0, 9, 9]], "2": [[8, 8, 20, 20], [40, 40, 50, 50]], "0": [[0, 0, 10, 10]]}
    for space, sides in (("upright", (0, 40, 10, 50)), ("coded", (0, 0, 10, 10))):
        (tmp_path / "a.json").write_text(json.dumps({"space": space, "frames": frames}))
        hidden = hidden_in(tmp_path, "a.mp4", truth)
        assert list(hidden) == [0, 2, 10]
        assert hidden[0][0].sides == sides
        assert [[region.track for region in hidden[frame]] for frame in hidden] == [[1], [1, 2], [1]]


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"space": "sky", "frames": {}}', '{"space": "coded", "frames": {"a": []}}',
     '{"space": "coded", "frames": {"0": [[1, 2, 3]]}}', '{"space": "coded", "frames": {"0": [[1, 2, 3, NaN]]}}'],
)  # fmt: skip
def test_boxes_that_are_none_are_refused(text: str, tmp_path: Path) -> None:
    (truth,) = read_truth(written(tmp_path)).values()
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(DatasetError, match=r"a\.json"):
        read_boxes(tmp_path / "a.json", truth)


def test_a_folder_that_says_nothing_of_a_clip_is_refused(tmp_path: Path) -> None:
    (truth,) = read_truth(written(tmp_path)).values()
    with pytest.raises(DatasetError, match=r"a\.internal"):
        hidden_in(tmp_path, "a.mp4", truth)
