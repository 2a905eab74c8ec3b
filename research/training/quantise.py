"""A detector in eight bits: static quantisation with ONNX Runtime, calibrated on training pictures.

    python -m research.training.quantise detector-v1 DATA/train models/detector-v1-int8.onnx

Only ONNX's own QuantizeLinear and DequantizeLinear stand in the file (QDQ), which the registry's rules allow.
Activations are quantised behind their ReLU and not in front of it as well, where half of the steps would be spent on
what it takes away. The picture enters as bytes, so that the first layer, the largest, computes in eight bits too; with
a fourth, empty colour, since kernels take channels by fours. Weights have seven bits: with eight, processors without
VNNI overflow without a word, and a release would depend on the machine. The last layer of every map stays in float:
eight bits of a logarithm of a width are steps of some per cent of it.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper, version_converter
from onnx.utils import Extractor
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from bodycam_pipeline._native import Letterbox
from bodycam_pipeline.read.planes import planes
from bodycam_pipeline.read.stills import read_still
from bodycam_pipeline.values.model import Model
from bodycam_pipeline.vision.graph import WEIGHTS, Graph, read_graph
from bodycam_pipeline.vision.registry import find_model

SIZE = (384, 640)
SEED = 20261125
OPSET = 13
"""The first in which weights may have a scale for each channel."""

PIXEL = 4
"""Bytes of a pixel: three colours and a 0."""


class Pictures(CalibrationDataReader):
    """Training pictures as the widened model takes them, one by one."""

    def __init__(self, files: list[Path], model: Model, input_name: str) -> None:
        self._input = input_name
        self._tensors = (tensor(file, model) for file in files)

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        for each in self._tensors:
            return {self._input: each}
        return None


def tensor(file: Path, model: Model) -> NDArray[np.float32]:
    """A picture (1, 4, height, width), normalised; the fourth colour is empty."""
    target = np.zeros((1, 3, *SIZE), np.float32)
    letterbox = Letterbox(
        full_range=True, matrix="bt601", channels=model.channels, mean=model.mean, factor=model.factor
    )
    letterbox.fill([planes(read_still(file))], [target])
    return np.pad(target, [(0, 0), (0, PIXEL - 3), (0, 0), (0, 0)])


def chosen(data: Path, count: int) -> list[Path]:
    """Draw as many pictures of every set, with a seed."""
    sets = [sorted(folder.rglob("*.jpg")) for folder in sorted(data.iterdir()) if folder.is_dir()]
    sets = [files for files in sets if files]
    draw = random.Random(SEED)
    return [file for files in sets for file in draw.sample(files, min(len(files), count // len(sets)))]


def prepared(model: Model, graph: Graph, folder: Path) -> onnx.ModelProto:
    """The model with what its head needs and no more, folded, its nodes named, its first layer widened."""
    whole = onnx.load_model_from_string(graph.content)
    if max(domain.version for domain in whole.opset_import) < OPSET:
        whole = version_converter.convert_version(whole, OPSET)
    onnx.save(Extractor(whole).extract_model([graph.input_name], list(graph.output_names)), folder / "needed.onnx")
    quant_pre_process(folder / "needed.onnx", folder / "folded.onnx", skip_symbolic_shape=True)
    folded = onnx.load(folder / "folded.onnx")
    for number, node in enumerate(folded.graph.node):
        node.name = node.name or f"node_{number}"
    _widen(folded, model)
    return folded


def _widen(folded: onnx.ModelProto, model: Model) -> None:
    """Let the first layer take a fourth colour, of which it makes nothing."""
    (picture,) = folded.graph.input
    (stem,) = (node for node in folded.graph.node if picture.name in node.input)
    if stem.op_type != "Conv":
        raise ValueError(f"{model.name} begins with a {stem.op_type}: only a convolution can be widened")
    (weight,) = (each for each in folded.graph.initializer if each.name == stem.input[1])
    wider = np.pad(numpy_helper.to_array(weight), [(0, 0), (0, PIXEL - 3), (0, 0), (0, 0)])
    weight.CopyFrom(numpy_helper.from_array(wider, weight.name))
    picture.type.tensor_type.shape.dim[1].dim_value = PIXEL
    del folded.graph.value_info[:]


def last_layers(model: onnx.ModelProto) -> Iterator[str]:
    """The nodes that make the outputs, and the convolutions in front of their sigmoids."""
    maker = {output: node for node in model.graph.node for output in node.output}
    for output in model.graph.output:
        node = maker[output.name]
        yield node.name
        if node.op_type == "Sigmoid":
            yield maker[node.input[0]].name


def without_detours(model: onnx.ModelProto) -> onnx.ModelProto:
    """Take out the steps to eight bits and back in front of a ReLU."""
    maker = {output: node for node in model.graph.node for output in node.output}
    detours = set()
    for node in model.graph.node:
        back = maker.get(node.input[0]) if node.op_type == "Relu" else None
        if back is not None and back.op_type == "DequantizeLinear":
            there = maker[back.input[0]]
            node.input[0] = there.input[0]
            detours |= {there.name, back.name}
    kept = [node for node in model.graph.node if node.name not in detours]
    del model.graph.node[:]
    model.graph.node.extend(kept)
    return model


def taking_bytes(model: onnx.ModelProto, factor: float) -> onnx.ModelProto:
    """Let the picture enter as uint8 (n, height, width, 4): its own bytes are its eight bits."""
    (picture,) = model.graph.input
    (there,) = (node for node in model.graph.node if picture.name in node.input)
    (back,) = (node for node in model.graph.node if there.output[0] in node.input)
    scale, zero = np.array(factor, np.float32), np.array(0, np.uint8)
    model.graph.initializer.extend([numpy_helper.from_array(scale, "factor"), numpy_helper.from_array(zero, "black")])
    back.input[:] = ["colours", "factor", "black"]
    turn = helper.make_node("Transpose", ["pixels"], ["colours"], "turn", perm=[0, 3, 1, 2])
    kept = [node for node in model.graph.node if node.name != there.name]
    del model.graph.node[:], model.graph.input[:]
    model.graph.node.extend([turn, *kept])
    asked = helper.make_tensor_value_info("pixels", onnx.TensorProto.UINT8, ["n", "height", "width", PIXEL])
    model.graph.input.append(asked)
    return model


def quantise(model: Model, files: list[Path], out: Path) -> None:
    """Write the model in eight bits.

    Raises:
        ValueError: its first layer is no convolution, or its colours are not simply scaled.
    """
    (factor, *others), graph = model.factor, read_graph(model.path, model.sha256, model.head)
    if any(model.mean) or any(other != factor for other in others):
        raise ValueError(f"{model.name} subtracts a mean or scales its colours differently: bytes would not do")
    with tempfile.TemporaryDirectory() as name:
        ready, made = prepared(model, graph, Path(name)), Path(name) / "made.onnx"
        onnx.save(ready, Path(name) / "ready.onnx")
        quantize_static(
            Path(name) / "ready.onnx", made, Pictures(files, model, graph.input_name), quant_format=QuantFormat.QDQ,
            per_channel=True, reduce_range=True, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax, nodes_to_exclude=list(last_layers(ready)),
            extra_options={"CalibMovingAverage": True},
        )  # fmt: skip
        finished = taking_bytes(without_detours(onnx.load(made)), factor)
    helper.set_model_props(finished, {WEIGHTS: model.sha256})
    onnx.checker.check_model(finished)
    onnx.save(finished, out)


def main() -> None:
    """Quantise, and say what became of the size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="a registered name, or a file")
    parser.add_argument("data", type=Path, help="a folder of sets of training pictures")
    parser.add_argument("out", type=Path)
    parser.add_argument("--pictures", type=int, default=200)
    arguments = parser.parse_args()
    model = find_model(arguments.model)
    files = chosen(arguments.data, arguments.pictures)
    quantise(model, files, arguments.out)
    before, after = Path(model.path).stat().st_size, arguments.out.stat().st_size
    print(f"{arguments.out}: {after / 1024:.0f} KiB of {before / 1024:.0f}, calibrated on {len(files)} pictures")


if __name__ == "__main__":
    main()
