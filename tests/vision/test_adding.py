"""A person's own detectors: checked and tried as shipped ones are, never in the place of another."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bodycam_pipeline.cli.main import app
from bodycam_pipeline.values.errors import FetchError, MissingModelError, ModelDigestError, ModelError
from bodycam_pipeline.values.model import Thresholds
from bodycam_pipeline.vision.adding import Registration, add_model, fetch_model
from bodycam_pipeline.vision.detector import Detector
from bodycam_pipeline.vision.evidence import worth_of
from bodycam_pipeline.vision.looking import Looking
from bodycam_pipeline.vision.registry import find_model, list_models, own_folder, public_models
from tests.vision import graphs
from tests.vision.graphs import bright_spots, saved
from tests.vision.pictures import facts, frame, portrait

LIMITS = {"high": {"face": 0.5}, "low": {"face": 0.3}}


@pytest.fixture(autouse=True)
def _own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BODYCAM_MODELS", str(tmp_path / "own"))


def said(name: str = "mine", **more: object) -> Registration:
    return Registration(name, "CC0-1.0", "made for this test", **more)  # type: ignore[arg-type]


def test_without_a_word_it_is_the_users_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BODYCAM_MODELS")
    assert own_folder().parts[-2:] == ("bodycam-pipeline", "models")


def test_an_added_model_is_copied_listed_and_found_by_name_and_digest(tmp_path: Path) -> None:
    path = saved(bright_spots(), tmp_path / "m.onnx")
    added = add_model(path, said())
    content = path.read_bytes()
    path.unlink()
    assert list_models()[-1] == "mine"
    assert find_model("mine") == added
    assert added.sha256 == hashlib.sha256(content).hexdigest()
    assert Path(added.path).read_bytes() == content
    assert find_model(str(saved(bright_spots(), tmp_path / "copy.onnx"))).name == "mine"


def test_a_model_that_takes_bytes_is_added_as_such_and_known_by_the_weights_it_was_made_from() -> None:
    added = add_model(Path(find_model("detector-v1-int8").path), said())
    assert (added.mean, added.factor) == ((0.0,) * 3, (1.0,) * 3)
    assert added.weights == find_model("detector-v1").sha256 == find_model("detector-v1").weights
    assert find_model("mine") == added
    with pytest.raises(ModelError, match="takes bytes as they are"):
        add_model(Path(added.path), said("other", factor=(1 / 255,) * 3))


def test_two_models_stand_in_the_list_and_what_a_person_wrote_there_stays(tmp_path: Path) -> None:
    add_model(saved(bright_spots(), tmp_path / "a.onnx"), said("one"))
    path = own_folder() / "models.toml"
    path.write_text(f"{path.read_text()}# measured in May\n")
    add_model(saved(graphs.yolov8(3), tmp_path / "b.onnx"), said("two", classes={2: "face"}, **LIMITS, channels="bgr"))
    assert "# measured in May" in path.read_text()
    two = find_model("two")
    assert (two.head, two.classes, two.channels) == ("yolov8", (None, None, "face"), "bgr")
    assert two.kinds == {"face": Thresholds(0.5, 0.3)}
    assert list_models()[-2:] == ["one", "two"]


@pytest.mark.parametrize("name", ["mine", "detector-v1", "centerface"])
def test_no_name_is_taken_twice(name: str, tmp_path: Path) -> None:
    add_model(saved(bright_spots(), tmp_path / "m.onnx"), said())
    before = (own_folder() / "models.toml").read_bytes()
    with pytest.raises(ModelError, match=f"there is a model '{name}' already"):
        add_model(saved(graphs.scrfd(), tmp_path / "n.onnx"), said(name, **LIMITS))
    assert (own_folder() / "models.toml").read_bytes() == before


def test_a_shipped_name_in_a_persons_own_list_is_refused_and_hides_nothing(tmp_path: Path) -> None:
    add_model(saved(bright_spots(), tmp_path / "m.onnx"), said())
    path = own_folder() / "models.toml"
    path.write_text(path.read_text().replace('"mine"', '"detector-v1"'))
    assert "own" not in find_model("detector-v1").path
    with pytest.raises(ModelError, match="the shipped name 'detector-v1'"):
        list_models()


@pytest.mark.parametrize("name", ["", "Mine", "a/b", "../a", "package:x", "a b", "x" * 70])
def test_a_name_is_a_plain_word(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="name"):
        add_model(saved(bright_spots(), tmp_path / "m.onnx"), said(name))
    assert not own_folder().exists()


@pytest.mark.parametrize(
    ("graph", "more", "match"),
    [
        (graphs.scrfd, {}, "has no measured thresholds for face, and none are given"),
        (graphs.scrfd, {"high": {"face": 0.5}}, "has no measured thresholds for face, and none are given"),
        (graphs.scrfd, {"high": {"face": 0.3}, "low": {"face": 0.5}}, "a low threshold above the high one"),
        (graphs.scrfd, {"high": {"face": 1.5}, "low": {"face": 0.5}}, "less than 1"),
        (graphs.scrfd, {**LIMITS, "classes": {0: "face"}}, "classes of scrfd are its own"),
        (graphs.scrfd, {"high": {"face": 0.5, "plate": 0.5}, "low": {"face": 0.3, "plate": 0.3}}, "no class of it"),
        (graphs.scrfd, {**LIMITS, "head": "yunet"}, "said to be yunet but its outputs are scrfd"),
        (lambda: graphs.yolov8(1), LIMITS, "`classes` is required for head yolov8"),
        (lambda: graphs.yolov8(1), {**LIMITS, "classes": {3: "face"}}, "does not run as a yolov8"),
        (lambda: graphs.yolov5(1), {**LIMITS, "classes": {0: "face"}}, "or more than one"),
    ],
)
def test_what_is_not_said_or_not_so_is_refused_and_nothing_is_registered(
    graph: Callable[[], object], more: dict[str, object], match: str, tmp_path: Path
) -> None:
    path = saved(graph(), tmp_path / "m.onnx")  # type: ignore[arg-type]
    with pytest.raises(ModelError, match=match):
        add_model(path, said(**more))
    assert not own_folder().exists()


def test_an_added_file_that_changed_is_refused(tmp_path: Path) -> None:
    Path(add_model(saved(bright_spots(), tmp_path / "m.onnx"), said()).path).write_bytes(b"another")
    with pytest.raises(ModelDigestError):
        find_model("mine")


def test_an_entry_that_was_edited_to_another_head_is_refused(tmp_path: Path) -> None:
    add_model(saved(bright_spots(), tmp_path / "m.onnx"), said())
    path = own_folder() / "models.toml"
    path.write_text(path.read_text().replace('= "bodycam"', '= "bodycam2"'))
    for name in ("mine", str(tmp_path / "m.onnx")):
        with pytest.raises(ModelError, match="its outputs are bodycam"):
            find_model(name)


@pytest.mark.parametrize("text", ["[[model]]\nname = 'x'\n", "not toml at all", "[[other]]\n"])
def test_a_list_that_is_none_is_named_and_shipped_models_are_found_all_the_same(text: str, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "models.toml").write_text(text)
    with pytest.raises(ModelError, match=r"own/models\.toml"):
        find_model("mine")
    assert find_model("detector-v1").name == "detector-v1"


def test_an_added_model_of_many_classes_looks_for_its_kind_alone(tmp_path: Path) -> None:
    path = saved(graphs.yolov8(3), tmp_path / "m.onnx")
    model = add_model(path, said(classes={1: "face"}, **LIMITS))
    bright = frame(portrait((640, 360), (300, 180), 100)[0])
    (lowest,) = worth_of([model]).lowest
    found = Detector([Looking(model, (640,), lowest)], facts(640, 360)).look(bright)
    assert {each.kind for each in found} == {"face"}


def test_a_public_model_is_fetched_verified_and_registered(tmp_path: Path) -> None:
    path = saved(bright_spots(), tmp_path / "there.onnx")
    entry = public_models()["yunet-2023mar"].model_copy(
        update={
            "name": "spots",
            "head": "bodycam",
            "address": path.as_uri(),
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
    )
    assert find_model(fetch_model(entry).name).head == "bodycam"
    assert sorted(each.name for each in own_folder().iterdir()) == [".lock", "models.toml", "spots.onnx"]
    with pytest.raises(FetchError, match="is another file"):
        fetch_model(entry.model_copy(update={"name": "other", "sha256": "0" * 64}))
    with pytest.raises(MissingModelError):
        find_model("other")


def test_public_models_say_where_they_are_and_under_which_licence() -> None:
    for entry in public_models().values():
        assert (entry.address or "").startswith("https://")
        assert entry.licence
        assert entry.name not in {"detector-v1", "centerface"}


def run(*words: str) -> dict[str, object]:
    done = CliRunner().invoke(app, ["models", *words, "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def test_the_command_adds_lists_checks_and_fetches(tmp_path: Path) -> None:
    path = saved(graphs.yolov8(2), tmp_path / "m.onnx")
    thresholds = ["--high", "face=0.5", "--low", "face=0.3", "--high", "plate=0.4", "--low", "plate=0.4"]
    kinds = ["--kind", "0=face", "--kind", "1=plate"]
    added = run("add", str(path), "--name", "yolo", "--licence", "AGPL-3.0-only", *kinds, *thresholds)
    assert added["kinds"] == "face,plate"
    assert run("check", "yolo") == added
    listed = run("list")
    assert [row["name"] for row in listed["models"]][-1] == "yolo"  # type: ignore[attr-defined]
    assert "cpu" in listed["providers"]  # type: ignore[operator]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    fetched = run("fetch", path.as_uri(), "--sha256", digest, "--out", str(tmp_path / "got"))
    assert Path(str(fetched["file"])).read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    "words",
    [
        ["--head", "yolov3"],
        ["--kind", "face"],
        ["--kind", "x=face"],
        ["--kind", "0=Cat"],
        ["--high", "face=high"],
        ["--high", "face=.5", "--high", "face=.1"],
        ["--mean", "1,2"],
        ["--channels", "yuv"],
        ["--role", "boss"],
    ],
)
def test_the_command_refuses_words_that_mean_nothing(words: list[str], tmp_path: Path) -> None:
    path = saved(graphs.scrfd(), tmp_path / "m.onnx")
    done = CliRunner().invoke(app, ["models", "add", str(path), "--name", "m", "--licence", "MIT", *words])
    assert done.exit_code == 2
    assert not own_folder().exists()


def test_an_address_needs_a_digest() -> None:
    assert CliRunner().invoke(app, ["models", "fetch", "https://example.org/m.onnx"]).exit_code == 2
