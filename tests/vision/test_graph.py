"""Model files are refused unless they are exactly what a detector needs."""

import hashlib
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from bodycam_pipeline.values.errors import MissingModelError, ModelDigestError, ModelError
from bodycam_pipeline.vision.graph import read_graph
from bodycam_pipeline.vision.model_file import MAX_BYTES
from tests.vision.graphs import bright_spots, saved, taking_bytes


def test_reads_a_good_model_and_names_its_head(tmp_path: Path) -> None:
    path = saved(bright_spots(), tmp_path / "good.onnx")
    graph = read_graph(path)
    assert graph.head == "bodycam"
    assert graph.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert graph.output_names == ("score_8", "box_8", "score_16", "box_16", "score_32", "box_32")


def test_tells_a_model_that_takes_bytes(tmp_path: Path) -> None:
    graph = read_graph(saved(taking_bytes(bright_spots()), tmp_path / "bytes.onnx"))
    assert (graph.packed, graph.input_name, graph.head) == (True, "pixels", "bodycam")
    assert not read_graph(saved(bright_spots(), tmp_path / "planes.onnx")).packed
    (asked,) = onnx.load_model_from_string(graph.content).graph.input
    assert [side.dim_param or side.dim_value for side in asked.type.tensor_type.shape.dim] == [
        "n",
        "height",
        "width",
        4,
    ]


@pytest.mark.parametrize("name", ["missing.onnx", "."])
def test_refuses_what_is_not_there_or_no_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(MissingModelError, match="no model file"):
        read_graph(tmp_path / name)


def test_refuses_another_digest(tmp_path: Path) -> None:
    path = saved(bright_spots(), tmp_path / "m.onnx")
    with pytest.raises(ModelDigestError, match="not the registered model"):
        read_graph(path, "0" * 64)


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x08\x07", b"\xff" * 4096, b"GIF89a" + bytes(100)])
def test_refuses_what_is_not_onnx(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="not an ONNX file"):
        read_graph(path)


def test_refuses_a_cut_file(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(bright_spots().SerializeToString()[:-100])
    with pytest.raises(ModelError):
        read_graph(path)


def test_refuses_an_enormous_file(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(ModelError, match="larger than 512 MiB"):
        read_graph(path)


def test_refuses_weights_in_another_file(tmp_path: Path) -> None:
    model = bright_spots()
    path = tmp_path / "m.onnx"
    onnx.save_model(model, path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    with pytest.raises(ModelError, match="in another file, which no digest covers"):
        read_graph(path)


def _outside(name: str = "hidden") -> TensorProto:
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=[1], data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="/etc/passwd")
    return tensor


def test_refuses_outside_weights_wherever_they_hide(tmp_path: Path) -> None:
    model = bright_spots()
    body = helper.make_graph([helper.make_node("Constant", [], ["c"], value=_outside())], "body", [], [])
    inner = helper.make_node("If", ["w_score_8"], [], then_branch=body, else_branch=body)
    model.graph.node.append(inner)
    with pytest.raises(ModelError, match="'hidden' in another file"):
        read_graph(saved(model, tmp_path / "m.onnx"))


def test_refuses_outside_weights_that_only_name_a_place(tmp_path: Path) -> None:
    model = bright_spots()
    model.graph.initializer[0].external_data.add(key="location", value="weights.bin")
    with pytest.raises(ModelError, match="in another file"):
        read_graph(saved(model, tmp_path / "m.onnx"))


@pytest.mark.parametrize("domain", ["com.microsoft", "ai.onnx.ml", "evil"])
def test_refuses_operators_that_onnx_does_not_define(tmp_path: Path, domain: str) -> None:
    model = bright_spots()
    model.graph.node.append(helper.make_node("Anything", ["image"], ["x"], domain=domain))
    with pytest.raises(ModelError, match=f"operator {domain}.Anything"):
        read_graph(saved(model, tmp_path / "m.onnx"))


def test_refuses_foreign_operators_inside_functions(tmp_path: Path) -> None:
    model = bright_spots()
    strange = helper.make_node("Anything", ["x"], ["y"], domain="evil")
    model.functions.append(helper.make_function("", "Relu", ["x"], ["y"], [strange], []))
    with pytest.raises(ModelError, match=r"operator evil\.Anything"):
        read_graph(saved(model, tmp_path / "m.onnx"))


def test_refuses_an_unknown_head(tmp_path: Path) -> None:
    model = bright_spots()
    del model.graph.output[3:]
    with pytest.raises(ModelError, match="fit no known head"):
        read_graph(saved(model, tmp_path / "m.onnx"))


@pytest.mark.parametrize(
    ("kind", "shape"),
    [
        (TensorProto.FLOAT, ["n", 1, "h", "w"]),
        (TensorProto.FLOAT, ["n", 3, "h"]),
        (TensorProto.UINT8, ["n", 3, "h", "w"]),
    ],
)
def test_refuses_an_input_that_is_no_picture(tmp_path: Path, kind: int, shape: list[str | int]) -> None:
    model = bright_spots()
    model.graph.input[0].CopyFrom(helper.make_tensor_value_info("image", kind, shape))
    with pytest.raises(ModelError, match="does not take one picture"):
        read_graph(saved(model, tmp_path / "m.onnx"))


def test_refuses_a_second_input(tmp_path: Path) -> None:
    model = bright_spots()
    model.graph.input.append(helper.make_tensor_value_info("threshold", TensorProto.FLOAT, [1]))
    with pytest.raises(ModelError, match="does not take one picture"):
        read_graph(saved(model, tmp_path / "m.onnx"))


def test_weights_listed_as_inputs_become_constants(tmp_path: Path) -> None:
    model = bright_spots()
    for weight in model.graph.initializer:
        model.graph.input.append(helper.make_tensor_value_info(weight.name, TensorProto.FLOAT, list(weight.dims)))
    graph = read_graph(saved(model, tmp_path / "m.onnx"))
    assert [value.name for value in onnx.load_model_from_string(graph.content).graph.input] == ["image"]
