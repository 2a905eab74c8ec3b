"""The demo recording is what its ground truth says, and the default detectors see what there is to see."""

import json
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from typer.testing import CliRunner

from bodycam_pipeline.cli.main import app
from bodycam_pipeline.demo.actors import Mark, car, person
from bodycam_pipeline.demo.camera import View
from bodycam_pipeline.demo.compose import FRAME_PTS, TIME_BASE, actors, compose_demo
from bodycam_pipeline.demo.touched import compose_touched
from bodycam_pipeline.demo.truth_file import DrawnBox, GroundTruth
from bodycam_pipeline.mp4.write_recording import write_recording
from bodycam_pipeline.passes import detectors_of
from bodycam_pipeline.read.planes import planes
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.values.detection import Detection
from bodycam_pipeline.values.errors import StorageError
from bodycam_pipeline.values.model import Model
from bodycam_pipeline.values.policy import DetectionRule
from bodycam_pipeline.vision.detector import Detector
from bodycam_pipeline.vision.registry import find_model

SIZE = (1280, 720)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, GroundTruth]:
    path = tmp_path_factory.mktemp("demo") / "demo.mp4"
    return path, compose_demo(path, seconds=2, size=SIZE)


def decoded(path: Path) -> Iterator[av.VideoFrame]:
    with av.open(str(path)) as container:
        yield from container.decode(video=0)


def test_the_recording_holds_exactly_the_frames_of_the_truth(demo: tuple[Path, GroundTruth]) -> None:
    path, truth = demo
    recording = probe(str(path))
    assert recording.video.time_base == truth.time_base == TIME_BASE
    assert recording.packets.shown_pts().tolist() == list(truth.frames)
    assert [frame.pts for frame in decoded(path)] == list(truth.frames)
    assert recording.video.upright_size == (truth.width, truth.height)


def test_it_is_coded_as_cameras_do(demo: tuple[Path, GroundTruth]) -> None:
    recording = probe(str(demo[0]))
    assert recording.video.codec == "h264"
    assert (recording.video.colour_matrix, recording.video.full_range) == (1, False)
    assert recording.audio is not None
    assert (recording.audio.codec, recording.audio.channels) == ("aac", 1)


def test_the_truth_on_disk_is_the_truth_returned(demo: tuple[Path, GroundTruth]) -> None:
    path, truth = demo
    written = json.loads(path.with_suffix(".truth.json").read_text())
    assert (written["width"], written["height"], Fraction(written["time_base"])) == (*SIZE, TIME_BASE)
    assert list(map(int, written["frames"])) == list(truth.frames)
    for pts, things in truth.frames.items():
        assert [(each["kind"], each["id"]) for each in written["frames"][str(pts)]] == [
            (t.kind, t.thing) for t in things
        ]


def test_nothing_half_written_is_left_beside_it(demo: tuple[Path, GroundTruth]) -> None:
    assert sorted(path.name for path in demo[0].parent.iterdir()) == ["demo.mp4", "demo.truth.json"]


def test_every_box_is_inside_the_picture_and_seen_in_part(demo: tuple[Path, GroundTruth]) -> None:
    for things in demo[1].frames.values():
        for each in things:
            assert 0 <= each.box.left < each.box.right <= SIZE[0]
            assert 0 <= each.box.top < each.box.bottom <= SIZE[1]
            assert 0 < each.visible <= 1
            assert each.seen.area > 0
            assert each.box.hull(each.seen) == each.box
            assert each.visible < 1 or each.seen.iou(each.box) > 0.8


def test_someone_enters_someone_leaves_and_the_camera_shakes(demo: tuple[Path, GroundTruth]) -> None:
    frames = list(demo[1].frames.values())
    first, last = ({each.thing for each in things} for things in (frames[0], frames[-1]))
    assert last - first
    assert first - last
    still = [next(each.box.centre for each in things if each.thing == 2) for things in frames]
    jerk = np.abs(np.diff(np.array(still), n=2, axis=0))
    assert jerk.max() > 0.5


def test_the_cast_covers_small_turned_and_large_faces_and_both_plates() -> None:
    marks = [actor.sprite.mark for actor in actors()]
    assert {mark.kind for mark in marks} == {"face", "plate"}
    assert any(mark.turned_degrees for mark in marks)
    shapes = {round(mark.half[0] / mark.half[1]) for mark in marks if mark.kind == "plate"}
    assert shapes == {2, 4}


def test_the_same_arguments_give_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    names = {"a": 1, "b": 1, "c": 2}
    for name, seed in names.items():
        compose_demo(tmp_path / f"{name}.mp4", seconds=1, size=(320, 180), seed=seed)
    a, b, c = ((tmp_path / f"{name}.mp4").read_bytes() for name in names)
    assert a == b
    assert a != c


def test_a_disk_that_refuses_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot write"):
        compose_demo(tmp_path / "file" / "demo.mp4", seconds=1, size=(320, 180))


def test_a_recording_without_a_picture_is_refused(tmp_path: Path) -> None:
    silence: NDArray[np.float32] = np.zeros(48_000, np.float32)
    with pytest.raises(ValueError, match="at least one picture"):
        write_recording(tmp_path / "a.mp4", [], frame_rate=Fraction(30), sound=silence, sound_hz=48_000)
    assert not list(tmp_path.iterdir())


def test_hevc_is_written_where_it_is_asked_for(tmp_path: Path) -> None:
    compose_touched(tmp_path / "new.mp4", 100, gops=1, size=(320, 180), codec="hevc")
    recording = probe(str(tmp_path / "new.mp4"))
    assert (recording.video.codec, len(recording.packets.shown_pts())) == ("hevc", 60)


@pytest.mark.parametrize(("option", "said", "known"), [("--codec", "vp9", "h264, hevc"), ("--size", "8k", "720p")])
def test_what_bench_cannot_make_up_is_refused_with_what_it_can(option: str, said: str, known: str) -> None:
    done = CliRunner().invoke(app, ["bench", option, said], env={"COLUMNS": "200"})
    assert done.exit_code == 2
    assert known in done.output


@pytest.mark.parametrize("degrees", [0, 17, 45, 90, 200])
@pytest.mark.parametrize("kind", ["face", "plate"])
def test_the_hull_of_a_turned_mark_is_exact(kind: str, degrees: float) -> None:
    mark = Mark(kind, (0.0, 0.0), (30.0, 10.0))
    angle, around = np.radians(degrees), np.linspace(0, 2 * np.pi, 20_000)
    ellipse = np.stack([30 * np.cos(around), 10 * np.sin(around)])
    corners = np.array([[30, 30, -30, -30], [10, -10, 10, -10]])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    outline = turn @ (ellipse if kind == "face" else corners)
    assert mark.reach(degrees) == pytest.approx(tuple(np.abs(outline).max(axis=1)), abs=1e-3)


def test_marks_sit_where_the_sprite_shows_them() -> None:
    plate = car(colour="#000000", number="X", wide_plate=True)
    x, y = plate.mark.centre
    w, h = plate.mark.half
    inside = plate.picture.convert("L").crop((round(x - w) + 6, round(y - h) + 4, round(x - w) + 20, round(y + h) - 4))
    assert inside.getextrema()[0] > 200, "a bright plate"
    face = person(coat="#000000", mirrored=True, brightness=1.0, warmth=1.0, leaning_degrees=30)
    red, _, blue, alpha = face.picture.getpixel((round(face.mark.centre[0]), round(face.mark.centre[1])))
    assert alpha == 255
    assert red > blue, "skin"


def test_a_view_shows_each_point_where_it_says() -> None:
    scene = Image.new("RGB", (400, 300))
    scene.paste((255, 255, 255), (180, 120, 190, 130))
    view = View((210.0, 140.0), 12.0, 1.3)
    taken = np.asarray(view.taken(scene, (200, 100)).convert("L"), np.float64)
    rows, columns = np.nonzero(taken > 100)
    expected = view.seen(np.array([[185.0, 125.0]]), (200, 100))[0]
    assert (columns.mean() + 0.5, rows.mean() + 0.5) == pytest.approx(expected, abs=0.3)


def test_the_default_detectors_find_every_face_and_plate(demo: tuple[Path, GroundTruth]) -> None:
    path, truth = demo
    networks = [(find_model(rule.model), rule.long_sides_px) for rule in DetectionRule().detectors]
    detector = Detector(detectors_of(networks, DetectionRule()).looking, probe(str(path)).video)
    for frame in list(decoded(path))[::20]:
        assert frame.pts is not None
        found = [each for each in detector.look(planes(frame)) if is_sure(networks[each.network][0], each)]
        for thing in truth.frames[frame.pts]:
            assert thing.visible < 0.8 or seen(thing, found), f"{thing} at {frame.pts // FRAME_PTS}"


def is_sure(model: Model, found: Detection) -> bool:
    return found.score >= model.kinds[found.kind].high


def seen(thing: DrawnBox, found: Sequence[Detection]) -> bool:
    return any(each.kind == thing.kind and each.box.iou(thing.box) > 0.4 for each in found)
