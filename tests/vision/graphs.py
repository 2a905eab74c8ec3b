"""Tiny models made on the spot: the one that works, to be broken in every way that must be refused."""

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper


def _weights(outputs: int, stride: int) -> NDArray[np.float32]:
    weights = np.zeros((outputs, 3, stride, stride), np.float32)
    weights[0] = 1 / (3 * stride * stride)
    return weights


def bright_spots() -> onnx.ModelProto:
    """A detector of our head whose every score is a sigmoid of the mean brightness of its cell."""
    nodes, weights, outputs = [], [], []
    for stride in (8, 16, 32):
        for name, channels in ((f"score_{stride}", 2), (f"box_{stride}", 4)):
            weights.append(numpy_helper.from_array(_weights(channels, stride), f"w_{name}"))
            raw = f"raw_{name}" if "score" in name else name
            nodes.append(helper.make_node("Conv", ["image", f"w_{name}"], [raw], strides=[stride, stride]))
            if "score" in name:
                nodes.append(helper.make_node("Sigmoid", [raw], [name]))
            shape = ["n", channels, None, None]
            outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, "height", "width"])
    graph = helper.make_graph(nodes, "bright", [image], outputs, weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def saved(model: onnx.ModelProto, path: Path) -> Path:
    path.write_bytes(model.SerializeToString())
    return path
