"""Write the averaged weights of a checkpoint as ONNX and prove that the file does what the network does.

    python -m research.training.v2.export WORK/average.pt own.onnx

Input ``image``: RGB in 0..1, ``[n, 3, height, width]``, height and width multiples of 32. Outputs ``cells_S`` for the
strides 4, 8, 16 and 32: ``[n, 18, h, w]`` = logits of the three kinds, logits of how well their boxes lie, and four
numbers for the box of each kind, see network.py. Nothing else is computed in the graph: nearly every cell is
background, and whoever decodes needs a sigmoid for the few others only.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

from research.training.export import to_onnx, worst_difference
from research.training.v2.kinds import KINDS, SIZE_UNIT, STRIDES
from research.training.v2.network import CHANNELS, Network

TOLERANCE = 2e-3  # largest difference to PyTorch, in logits and in box codes
NAMES = [f"cells_{stride}" for stride in STRIDES]


class Flat(nn.Module):
    """The network with a tuple of outputs."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        return tuple(self.network(image))


def exported(network: Network, metadata: dict[str, str]) -> onnx.ModelProto:
    """The model; raises ``ValueError`` where it is not what the product's decoder takes."""
    model = to_onnx(Flat(network), NAMES, metadata)
    if any(o.type.tensor_type.shape.dim[1].dim_value != CHANNELS for o in model.graph.output):
        raise ValueError(f"an output has not {CHANNELS} channels")
    return model


def export(checkpoint: Path, onnx_file: Path) -> str:
    """Write the file; what it holds, in a line. Raises ``ValueError`` if it differs from the network."""
    state = torch.load(checkpoint, map_location="cpu")
    network = Network()
    network.load_state_dict(state["average"])
    metadata = {
        "classes": ",".join(KINDS), "strides": ",".join(map(str, STRIDES)), "size": str(SIZE_UNIT),
        "input": "RGB, 0..1, NCHW", "step": str(state["step"]), "crops": str(state["crops"]),
    }  # fmt: skip
    model = exported(network, metadata)
    if (difference := worst_difference(Flat(network), model)) > TOLERANCE:
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
