"""Write the averaged weights of a checkpoint as ONNX and prove that the file does what the network does.

    python -m research.training.export WORK/last.pt own.onnx

Input ``image``: RGB in 0..1, ``[n, 3, height, width]``, height and width multiples of 32. Outputs ``score_S`` (``[n, 2,
h, w]``, sigmoid applied, kinds as in the metadata) and ``box_S`` (``[n, 4, h, w]``) for the strides S = 8, 16, 32; see
model.py for the box code. Decoding and suppression are the caller's.
"""

from __future__ import annotations

import argparse
import io
import json
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from research.training.detectors import SIZE_UNIT, session
from research.training.model import KINDS, STRIDES, Network

OPSET = 17
TOLERANCE = 1e-3  # largest difference to PyTorch, in score and in box code
NAMES = [f"{what}_{stride}" for stride in STRIDES for what in ("score", "box")]


class Flat(nn.Module):
    """The network with its sigmoid and a flat tuple of outputs."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        return tuple(v for score, box in self.network(image) for v in (score.sigmoid(), box))


def to_onnx(network: nn.Module, names: list[str], metadata: dict[str, str]) -> onnx.ModelProto:
    """The model as one self-contained file: default operators only, batch norms folded, no weight among its inputs.

    ``network`` gives a flat tuple of maps, one for each of ``names``, which end in their stride.
    """
    strides = {name: name.rpartition("_")[2] for name in names}
    axes = {name: {0: "n", 2: f"height_{stride}", 3: f"width_{stride}"} for name, stride in strides.items()}
    axes["image"] = {0: "n", 2: "height", 3: "width"}
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the newer exporter does not fold the batch norms
        torch.onnx.export(
            network.eval(), (torch.zeros(2, 3, 384, 640),), buffer, dynamo=False, opset_version=OPSET,
            input_names=["image"], output_names=names, dynamic_axes=axes,
        )  # fmt: skip
    model = onnx.load_from_string(buffer.getvalue())
    onnx.helper.set_model_props(model, metadata)
    model.doc_string = ""  # exporters write the machine's paths here
    for node in model.graph.node:
        node.doc_string = ""
    refuse_unfit(model, names)
    return model


def refuse_unfit(model: onnx.ModelProto, names: list[str]) -> None:
    """Raise ``ValueError`` for anything that the product's registry would not load, or not fold."""
    onnx.checker.check_model(model, full_check=True)
    if (inputs := [i.name for i in model.graph.input]) != ["image"]:
        raise ValueError(f"the graph asks for {inputs}, not for the image alone")
    if (outputs := [o.name for o in model.graph.output]) != names:
        raise ValueError(f"the graph gives {outputs}, not {names}")
    if any(i.data_location == onnx.TensorProto.EXTERNAL for i in model.graph.initializer):
        raise ValueError("weights lie outside the file")
    if {n.domain for n in model.graph.node} - {"", "ai.onnx"}:
        raise ValueError("operators outside the default domain")
    if any(n.op_type == "BatchNormalization" for n in model.graph.node):
        raise ValueError("a batch norm was not folded")


def worst_difference(network: nn.Module, model: onnx.ModelProto) -> float:
    """Largest difference between PyTorch and ONNX Runtime over two sizes and batch sizes."""
    runtime, network, worst = session(model.SerializeToString()), network.eval(), 0.0
    for shape in ((1, 3, 192, 320), (3, 3, 96, 64)):
        image = torch.rand(shape, generator=torch.Generator().manual_seed(0))
        with torch.no_grad():
            expected = network(image)
        got = runtime.run(None, {"image": image.numpy()})
        worst = max(worst, *(float(np.abs(e.numpy() - g).max()) for e, g in zip(expected, got, strict=True)))
    return worst


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("checkpoint", type=Path)
    cli.add_argument("onnx", type=Path)
    a = cli.parse_args()
    state = torch.load(a.checkpoint, map_location="cpu")
    network = Network()
    network.load_state_dict(state["average"])
    metadata = {
        "classes": ",".join(KINDS), "strides": ",".join(map(str, STRIDES)), "size": str(SIZE_UNIT),
        "input": "RGB, 0..1, NCHW", "step": str(state["step"]), "crops": str(state["crops"]),
        "start": state["start"], "sets": json.dumps(state["sets"]),
    }  # fmt: skip
    flat = Flat(network)
    model = to_onnx(flat, NAMES, metadata)
    difference = worst_difference(flat, model)
    if difference > TOLERANCE:
        raise SystemExit(f"ONNX Runtime differs from PyTorch by {difference}")
    a.onnx.write_bytes(model.SerializeToString())
    print(f"{a.onnx}: {a.onnx.stat().st_size} bytes, step {state['step']}, largest difference {difference:.1e}")


if __name__ == "__main__":
    main()
