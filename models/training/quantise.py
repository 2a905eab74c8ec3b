"""A detector in eight bits: static quantisation (QDQ) with ONNX Runtime, calibrated on training pictures.

    python -m models.training.quantise models/detector-v1.onnx DATA/train int8.onnx

Only ONNX's own QuantizeLinear and DequantizeLinear stand in the file, which the registry's rules allow. The last layer
of every map stays in float: eight bits of a logarithm of a width are steps of some per cent of it.
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
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from bodycam_pipeline._native import Letterbox
from bodycam_pipeline.media.planes import planes
from bodycam_pipeline.media.stills import read_still
from bodycam_pipeline.values.model import Model
from bodycam_pipeline.vision.registry import find_model

SIZE = (384, 640)
SEED = 20261125


class Pictures(CalibrationDataReader):
    """Training pictures as the model takes them, one by one."""

    def __init__(self, files: list[Path], model: Model) -> None:
        self._input = onnx.load(model.path).graph.input[0].name
        self._tensors = (tensor(file, model) for file in files)

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        for each in self._tensors:
            return {self._input: each}
        return None


def tensor(file: Path, model: Model) -> NDArray[np.float32]:
    target = np.zeros((1, 3, *SIZE), np.float32)
    letterbox = Letterbox(
        full_range=True, matrix="bt601", channels=model.channels, mean=model.mean, factor=model.factor
    )
    letterbox.fill([planes(read_still(file))], [target])
    return target


def chosen(data: Path, count: int) -> list[Path]:
    """As many pictures of every set, drawn with a seed."""
    sets = [sorted(folder.rglob("*.jpg")) for folder in sorted(data.iterdir()) if folder.is_dir()]
    sets = [files for files in sets if files]
    draw = random.Random(SEED)
    return [file for files in sets for file in draw.sample(files, min(len(files), count // len(sets)))]


def last_layers(model: onnx.ModelProto) -> Iterator[str]:
    """The nodes that make the outputs, and the convolutions in front of their sigmoids."""
    maker = {output: node for node in model.graph.node for output in node.output}
    for output in model.graph.output:
        node = maker[output.name]
        yield node.name
        if node.op_type == "Sigmoid":
            yield maker[node.input[0]].name


def quantise(model: Model, files: list[Path], out: Path, operators: list[str] | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(model.path, prepared, skip_symbolic_shape=True)
        graph = onnx.load(prepared)
        for number, node in enumerate(graph.graph.node):
            node.name = node.name or f"node_{number}"
        onnx.save(graph, prepared)
        quantize_static(
            prepared, out, Pictures(files, model), quant_format=QuantFormat.QDQ, per_channel=True,
            activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax, nodes_to_exclude=list(last_layers(graph)),
            op_types_to_quantize=operators, extra_options={"CalibMovingAverage": True},
        )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="a registered name, or a file")
    parser.add_argument("data", type=Path, help="a folder of sets of training pictures")
    parser.add_argument("out", type=Path)
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument(
        "--operators", nargs="*", metavar="TYPE", help="which to quantise, as Conv; else all that can be"
    )
    arguments = parser.parse_args()
    model = find_model(arguments.model)
    files = chosen(arguments.data, arguments.pictures)
    quantise(model, files, arguments.out, arguments.operators)
    before, after = Path(model.path).stat().st_size, arguments.out.stat().st_size
    print(f"{arguments.out}: {after / 1024:.0f} KiB of {before / 1024:.0f}, calibrated on {len(files)} pictures")


if __name__ == "__main__":
    main()
