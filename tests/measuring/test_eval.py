"""`bodycam eval`, run as an engineer runs it, on portraits that a dependency carries."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from bodycam_pipeline.cli.main import app
from tests.vision.pictures import portrait

RUN = CliRunner()


def labelled(folder: Path, *, shift: float = 0.0) -> Path:
    """Three pictures with one face each, and one without."""
    folder.mkdir()
    items = []
    for number, height in enumerate((40, 80, 140)):
        picture, box = portrait((640, 360), (200 + 100 * number, 180), height)
        picture.save(folder / f"{number}.png")
        sides = [box.left + shift, box.top + shift, box.right + shift, box.bottom + shift]
        items.append({"file": f"{number}.png", "width": 640, "height": 360, "boxes": [sides]})
    portrait((640, 360), (-500, -500), 40)[0].save(folder / "none.png")
    items.append({"file": "none.png", "width": 640, "height": 360, "boxes": []})
    (folder / "labels.json").write_text(json.dumps({"kind": "face", "items": items}))
    return folder


def rows(*arguments: object) -> list[dict[str, object]]:
    done = RUN.invoke(app, ["eval", *map(str, arguments), "--json"])
    assert done.exit_code == 0, done.output
    listed: list[dict[str, object]] = json.loads(done.stdout)["rows"]
    return listed


def test_two_detectors_side_by_side_find_what_is_there(tmp_path: Path) -> None:
    found = rows(labelled(tmp_path / "set"), "-m", "centerface", "-m", "detector-v1", "--out", tmp_path / "out")
    assert [(row["model"], row["false_per_picture"]) for row in found] == [
        ("centerface", 1.0), ("centerface", 0.1), ("detector-v1", 1.0), ("detector-v1", 0.1),
    ]  # fmt: skip
    assert all(row["recall"] == 1.0 and row["objects"] == 3 for row in found)
    assert all(row["network_ms"] > 0 for row in found)  # type: ignore[operator]
    kept = pq.read_table(tmp_path / "out" / "measured.parquet").to_pylist()
    assert [row["threshold"] for row in kept] == [row["threshold"] for row in found]
    assert (tmp_path / "out" / "recall.svg").read_text().count("<polyline") == 2


def test_labels_that_lie_elsewhere_are_not_found(tmp_path: Path) -> None:
    (one, _) = rows(labelled(tmp_path / "set", shift=-120), "-m", "centerface")
    assert one["recall"] == 0.0


def test_heights_are_those_that_the_detector_sees(tmp_path: Path) -> None:
    (row, _) = rows(labelled(tmp_path / "set"), "-m", "detector-v1", "--long-side", 320)
    assert [row[f"objects_{low}"] for low in (8, 16, 32, 64)] == [0, 1, 1, 1]


def test_a_set_whose_kinds_no_detector_knows_is_refused(tmp_path: Path) -> None:
    folder = labelled(tmp_path / "set")
    listing = json.loads((folder / "labels.json").read_text()) | {"kind": "plate"}
    (folder / "labels.json").write_text(json.dumps(listing))
    done = RUN.invoke(app, ["eval", str(folder), "-m", "centerface"])
    assert done.exit_code != 0
    assert "none of centerface looks for" in str(done.exception)


def test_pictures_of_another_size_than_their_labels_are_refused(tmp_path: Path) -> None:
    folder = labelled(tmp_path / "set")
    listing = json.loads((folder / "labels.json").read_text())
    listing["items"][0]["width"] = 641
    (folder / "labels.json").write_text(json.dumps(listing))
    done = RUN.invoke(app, ["eval", str(folder), "-m", "centerface"])
    assert "do not belong together" in str(getattr(done.exception, "remedy", ""))


def test_recordings_are_measured_through_tracks_and_plan(shared: Path) -> None:
    clips = shared / "clips"
    found = rows(clips, "-m", "detector-v1", "--scale", 320, "--empty", "dashcam_canon_mjpeg.avi", "-j", 2)
    assert {row["clip"] for row in found} >= {"dashcam_canon_mjpeg.avi", "bwc_spd_test_01.mp4"}
    assert sum(row["boxes"] for row in found) == 155  # type: ignore[misc]
    assert all(0 <= row["hidden"] <= row["boxes"] for row in found)  # type: ignore[operator]


@pytest.mark.parametrize("scale", ["10", "5000"])
def test_a_scale_that_no_policy_takes_is_refused(scale: str, tmp_path: Path) -> None:
    done = RUN.invoke(app, ["eval", str(tmp_path), "-m", "detector-v1", "--scale", scale])
    assert done.exit_code == 2
    assert "--scale" in done.output


@pytest.mark.parametrize("word", ["face", "visage=person"])
def test_a_meaning_that_is_none_is_refused(word: str, tmp_path: Path) -> None:
    done = RUN.invoke(app, ["eval", str(labelled(tmp_path / "set")), "--call", word])
    assert done.exit_code == 2
