"""A detector in eight bits is still a detector: the registry takes it, and it sees nearly what the other one sees."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from PIL import Image

from bodycam_pipeline._native import Letterbox
from bodycam_pipeline.vision.registry import find_model
from bodycam_pipeline.vision.session import open_network
from research.training.quantise import chosen, last_layers, quantise, without_detours
from tests.vision.pictures import frame, portrait

INT8 = onnx.TensorProto.INT8


def pictures(folder: Path) -> Path:
    for name in ("faces", "plates"):
        (folder / name).mkdir(parents=True)
        for number in range(3):
            centre = (200 + 100 * number, 160)
            portrait((640, 360), centre, 60 + 20 * number)[0].save(folder / name / f"{number}.jpg")
    return folder


def test_every_set_is_drawn_from_alike_and_the_same_pictures_every_time(tmp_path: Path) -> None:
    data = pictures(tmp_path)
    files = chosen(data, 4)
    assert files == chosen(data, 4)
    assert [file.parent.name for file in files] == ["faces", "faces", "plates", "plates"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("int8")
    quantise(find_model("detector-v1"), chosen(pictures(folder / "data"), 6), folder / "int8.onnx")
    return folder / "int8.onnx"


def test_only_the_last_layers_stay_in_float(made: Path) -> None:
    model = onnx.load(made)
    weights = {each.name for each in model.graph.initializer}
    untouched = {node.name for node in model.graph.node if node.op_type == "Conv" and node.input[1] in weights}
    assert untouched == {name for name in last_layers(model) if "Sigmoid" not in name}


def test_nothing_goes_to_eight_bits_and_back_in_front_of_a_relu() -> None:
    chain = [("Conv", "x", "a"), ("QuantizeLinear", "a", "b"), ("DequantizeLinear", "b", "c"), ("Relu", "c", "d")]
    chain += [("QuantizeLinear", "d", "e"), ("DequantizeLinear", "e", "f")]
    nodes = [helper.make_node(kind, [taken], [made], f"node_{made}") for kind, taken, made in chain]
    straight = without_detours(helper.make_model(helper.make_graph(nodes, "chain", [], []))).graph.node
    assert [(node.op_type, node.input[0]) for node in straight] == [
        ("Conv", "x"), ("Relu", "a"), ("QuantizeLinear", "d"), ("DequantizeLinear", "e"),
    ]  # fmt: skip


def test_weights_have_seven_bits_so_that_no_processor_overflows(made: Path) -> None:
    whole = [numpy_helper.to_array(each) for each in onnx.load(made).graph.initializer if each.data_type == INT8]
    kernels = [weight for weight in whole if weight.ndim == 4]
    assert kernels
    assert all(abs(weight.astype(int)).max() <= 64 for weight in kernels)


def test_the_registry_takes_it_and_it_sees_nearly_the_same(made: Path) -> None:
    picture: Image.Image = portrait((640, 360), (330, 170), 90)[0]
    best = []
    for model in (find_model("detector-v1"), find_model(str(made))):
        network = open_network(model)
        tensor = network.tensor(384, 640)
        Letterbox(factor=model.factor).fill([frame(picture)], [tensor])
        rows = network.boxes(tensor, [0.3, 0.99])[0]
        best.append(rows[rows[:, 4].argmax()])
    np.testing.assert_allclose(best[1][:4], best[0][:4], atol=12)
    assert abs(best[1][4] - best[0][4]) < 0.2


def test_colours_that_are_not_simply_scaled_are_refused(tmp_path: Path) -> None:
    odd = replace(find_model("detector-v1"), mean=(1.0, 2.0, 3.0))
    with pytest.raises(ValueError, match="bytes would not do"):
        quantise(odd, [], tmp_path / "int8.onnx")
