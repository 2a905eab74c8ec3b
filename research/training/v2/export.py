"""Write the averaged weights of a checkpoint as ONNX and prove that the file does what the network does.

    python -m research.training.v2.export WORK/average.pt own.onnx

Input ``image``: RGB in 0..1, ``[n, 3, height, width]``, height and width multiples of 32. Outputs ``cells_S`` for the
strides 4, 8, 16 and 32: ``[n, 18, h, w]`` = logits of the three kinds, logits of how well their boxes lie, and four
numbers for the box of each kind, see network.py. Nothing else is computed in the graph: nearly every cell is
background, and whoever decodes needs a sigmoid for the few others only.
"""

from __future__ import annotations

import argparse
import io
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from research.training.detectors import session
from research.training.v2.kinds import KINDS, SIZE_UNIT, STRIDES
from research.training.v2.network import CHANNELS, Network

OPSET = 17
TOLERANCE = 2e-3  # largest difference to PyTorch, in logits and in box codes
NAMES = [f"cells_{stride}" for stride in STRIDES]


class Flat(nn.Module):
    """The network with a tuple of outputs."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        return tuple(self.network(image))


def to_onnx(network: Network, metadata: dict[str, str]) -> onnx.ModelProto:
    """The model as one self-contained file: default operators only, batch norms folded, no weight among its inputs."""
    axes = {
        name: {0: "n", 2: f"height_{stride}", 3: f"width_{stride}"} for name, stride in zip(NAMES, STRIDES, strict=True)
    }
    axes["image"] = {0: "n", 2: "height", 3: "width"}
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the newer exporter does not fold the batch norms
        torch.onnx.export(
            Flat(network).eval(), (torch.zeros(2, 3, 384, 640),), buffer, dynamo=False, opset_version=OPSET,
            input_names=["image"], output_names=NAMES, dynamic_axes=axes,
        )  # fmt: skip
    model = onnx.load_from_string(buffer.getvalue())
    onnx.helper.set_model_props(model, metadata)
    model.doc_string = ""  # exporters write the machine's paths here
    for node in model.graph.node:
        node.doc_string = ""
    refuse_unfit(model)
    return model


def refuse_unfit(model: onnx.ModelProto) -> None:
    """Raise ``ValueError`` for anything that the product's registry would not load, or not fold."""
    onnx.checker.check_model(model, full_check=True)
    if (inputs := [i.name for i in model.graph.input]) != ["image"]:
        raise ValueError(f"the graph asks for {inputs}, not for the image alone")
    if (outputs := [o.name for o in model.graph.output]) != NAMES:
        raise ValueError(f"the graph gives {outputs}, not {NAMES}")
    if any(o.type.tensor_type.shape.dim[1].dim_value != CHANNELS for o in model.graph.output):
        raise ValueError(f"an output has not {CHANNELS} channels")
    if any(i.data_location == onnx.TensorProto.EXTERNAL for i in model.graph.initializer):
        raise ValueError("weights lie outside the file")
    if {n.domain for n in model.graph.node} - {"", "ai.onnx"}:
        raise ValueError("operators outside the default domain")
    if any(n.op_type == "BatchNormalization" for n in model.graph.node):
        raise ValueError("a batch norm was not folded")


def worst_difference(network: Network, model: onnx.ModelProto) -> float:
    """Largest difference between PyTorch and ONNX Runtime over two sizes and batch sizes."""
    runtime, network, worst = session(model.SerializeToString()), network.eval(), 0.0
    for shape in ((1, 3, 192, 320), (3, 3, 96, 64)):
        image = torch.rand(shape, generator=torch.Generator().manual_seed(0))
        with torch.no_grad():
            expected = network(image)
        got = runtime.run(None, {"image": image.numpy()})
        worst = max(worst, *(float(np.abs(e.numpy() - g).max()) for e, g in zip(expected, got, strict=True)))
    return worst


def export(checkpoint: Path, onnx_file: Path) -> str:
    """Write the file; what it holds, in a line. Raises ``ValueError`` if it differs from the network."""
    state = torch.load(checkpoint, map_location="cpu")
    network = Network()
    network.load_state_dict(state["average"])
    metadata = {
        "classes": ",".join(KINDS), "strides": ",".join(map(str, STRIDES)), "size": str(SIZE_UNIT),
        "input": "RGB, 0..1, NCHW", "step": str(state["step"]), "crops": str(state["crops"]),
    }  # fmt: skip
    model = to_onnx(network, metadata)
    if (difference := worst_difference(network, model)) > TOLERANCE:
        raise ValueError(f"ONNX Runtime differs from PyTorch by {difference}")
    onnx_file.write_bytes(model.SerializeToString())
    size = onnx_file.stat().st_size
    return f"{onnx_file}: {size} bytes, {state['crops']} crops, largest difference {difference:.1e}"


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("checkpoint", type=Path)
    cli.add_argument("onnx", type=Path)
    a = cli.parse_args()
    print(export(a.checkpoint, a.onnx))


if __name__ == "__main__":
    main()
