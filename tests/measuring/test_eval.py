"""`bodycam eval`, run as an engineer runs it, on portraits that a dependency carries."""

import hashlib
import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from bodycam_pipeline.cli.main import app
from bodycam_pipeline.demo.touched import compose_touched
from bodycam_pipeline.measuring.truth import made_up_truth
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


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a made-up recording and its truth: drawn once, since drawing takes longer than any test here."""
    folder = tmp_path_factory.mktemp("scene")
    compose_touched(folder / "scene.mp4", 100, gops=1, size=(320, 180))
    return folder


@pytest.fixture
def recordings(scene: Path, tmp_path: Path) -> Path:
    """A made-up recording, labelled as real ones are, and the boxes of a peer who hides half of its frames whole."""
    folder = Path(shutil.copytree(scene, tmp_path / "recordings"))
    truth = made_up_truth(folder / "scene.truth.json")
    things: dict[int, list[list[object]]] = {}
    for each in truth.boxes:
        sides = [each.box.left, each.box.top, each.box.right, each.box.bottom]
        things.setdefault(each.thing, []).append([each.frame, each.flag, each.kind, *sides])
    clip = {
        "sha256": hashlib.sha256((folder / "scene.mp4").read_bytes()).hexdigest(),
        "width": 320, "height": 180, "rotation": 0, "time_base": [1, 30000], "pts": truth.pts, "end_pts": truth.end_pts,
        "span": [0, 59], "things": [{"id": thing, "boxes": boxes} for thing, boxes in things.items()],
    }  # fmt: skip
    (folder / "truth.json").write_text(json.dumps({"clips": {"scene.mp4": clip}}))
    (folder / "peer").mkdir()
    frames = {number: [[0, 0, 320, 180]] for number in range(30)}
    (folder / "peer" / "scene.json").write_text(json.dumps({"space": "upright", "frames": frames}))
    return folder


def test_recordings_are_scored_on_both_sides_beside_a_peer(recordings: Path, tmp_path: Path) -> None:
    peer, chosen = f"blanket={recordings / 'peer'}", ("--clip", "scene", "--out", tmp_path / "out")
    found = rows(recordings, "-m", "detector-v1", "--long-side", 320, "--boxes", peer, *chosen)
    assert [(row["who"], row["clip"]) for row in found] == [("blanket", "scene.mp4"), ("detector-v1", "scene.mp4")]
    blanket, ours = found
    assert blanket["share_of_frame"] == pytest.approx(0.5)
    assert 0 < blanket["must_hidden"] < blanket["must"] == ours["must"]  # type: ignore[operator]
    assert blanket["share_needed"] == ours["share_needed"] == pytest.approx(0.5 - blanket["share_excess"], abs=0.1)  # type: ignore[operator]
    assert blanket["things_seen"] == blanket["flickers"]
    kept = pq.read_table(tmp_path / "out" / "measured.parquet").to_pylist()
    assert kept == found


def test_a_plan_that_was_made_before_is_scored_without_looking(recordings: Path, tmp_path: Path) -> None:
    done = RUN.invoke(
        app, ["detect", str(recordings / "scene.mp4"), "--out", str(tmp_path / "left"), "--model", "detector-v1"]
    )
    assert done.exit_code == 0, done.output
    printed = RUN.invoke(app, ["eval", str(recordings), "--boxes", f"yesterday={tmp_path / 'left'}"])
    assert printed.exit_code == 0, printed.output
    assert "yesterday: shares are of the picture" in printed.output
    assert "total" in printed.output


def test_the_total_is_told_beside_the_rows(recordings: Path) -> None:
    done = RUN.invoke(app, ["eval", str(recordings), "--boxes", f"blanket={recordings / 'peer'}", "--json"])
    printed = json.loads(done.stdout)
    assert printed["totals"] == [printed["rows"][0] | {"clip": "total"}]


def test_a_recording_that_is_not_the_labelled_one_is_refused(recordings: Path) -> None:
    facts = json.loads((recordings / "truth.json").read_text())
    facts["clips"]["scene.mp4"]["sha256"] = "ab" * 32
    (recordings / "truth.json").write_text(json.dumps(facts))
    done = RUN.invoke(app, ["eval", str(recordings), "-m", "detector-v1", "--long-side", "320"])
    assert "its digest is another" in str(done.exception)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--clip", "street"), "does not label street"),
        (("--boxes", "peer=."), "there is neither"),
    ],
    ids=["clip", "boxes"],
)
def test_what_is_not_there_cannot_be_scored(options: tuple[str, str], why: str, recordings: Path) -> None:
    done = RUN.invoke(app, ["eval", str(recordings), *options])
    assert why in str(done.exception)


@pytest.mark.parametrize("boxes", ["peer", "=peer", "peer=", "peer=nowhere"])
def test_a_peer_without_a_folder_is_refused(boxes: str, recordings: Path) -> None:
    done = RUN.invoke(app, ["eval", str(recordings), "--boxes", boxes])
    assert done.exit_code == 2
    assert "--boxes" in done.output


@pytest.mark.parametrize("scale", ["10", "5000"])
def test_a_scale_that_no_policy_takes_is_refused(scale: str, tmp_path: Path) -> None:
    done = RUN.invoke(app, ["eval", str(tmp_path), "-m", "detector-v1", "--long-side", scale])
    assert done.exit_code == 2
    assert "--long-side" in done.output


@pytest.mark.parametrize("word", ["face", "visage=a person"])
def test_a_meaning_that_is_none_is_refused(word: str, tmp_path: Path) -> None:
    done = RUN.invoke(app, ["eval", str(labelled(tmp_path / "set")), "--call", word])
    assert done.exit_code == 2
