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


def bright_cells() -> onnx.ModelProto:
    """The same of our second head: logits of presence and quality are the mean brightness of a cell."""
    nodes, weights, outputs = [], [], []
    for stride in (4, 8, 16, 32):
        numbers = np.zeros((18, 3, stride, stride), np.float32)
        numbers[0] = numbers[3] = 1 / (3 * stride * stride)
        weights.append(numpy_helper.from_array(numbers, f"w_{stride}"))
        nodes.append(helper.make_node("Conv", ["image", f"w_{stride}"], [f"cells_{stride}"], strides=[stride, stride]))
        outputs.append(helper.make_tensor_value_info(f"cells_{stride}", TensorProto.FLOAT, ["n", 18, None, None]))
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, "height", "width"])
    graph = helper.make_graph(nodes, "bright", [image], outputs, weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def taking_bytes(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same, of a picture that is bytes, pixel by pixel, with a fourth that is nothing."""
    graph = model.graph
    ends = [numpy_helper.from_array(np.array([n], np.int64), f"to_{n}") for n in (0, 1, 3)]
    level = numpy_helper.from_array(np.array(255, np.float32), "level")
    graph.initializer.extend([*ends, level])
    nodes = [
        helper.make_node("Transpose", ["pixels"], ["four"], perm=[0, 3, 1, 2]),
        helper.make_node("Slice", ["four", "to_0", "to_3", "to_1"], ["bytes"]),
        helper.make_node("Cast", ["bytes"], ["loud"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["loud", "level"], ["image"]),
        *graph.node,
    ]
    del graph.node[:], graph.input[:]
    graph.node.extend(nodes)
    graph.input.append(helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["n", "height", "width", 4]))
    return model


def saved(model: onnx.ModelProto, path: Path) -> Path:
    path.write_bytes(model.SerializeToString())
    return path


Layers = tuple[list[onnx.NodeProto], list[onnx.TensorProto]]
LEVELS = (8, 16, 32)
DIM = "n"


def _finding(name: str, channels: int, stride: int, scored: dict[int, float], constant: dict[int, float]) -> Layers:
    """A convolution: some channels are the cell's brightness (sharply, around a half), others a constant."""
    weights, bias = np.zeros((channels, 3, stride, stride), np.float32), np.zeros(channels, np.float32)
    for channel, gain in scored.items():
        weights[channel], bias[channel] = gain / (3 * stride * stride), -gain / 2
    for channel, value in constant.items():
        bias[channel] = value
    made = [numpy_helper.from_array(weights, f"w_{name}"), numpy_helper.from_array(bias, f"b_{name}")]
    return [helper.make_node("Conv", ["image", f"w_{name}", f"b_{name}"], [name], strides=[stride, stride])], made


def _rows(source: str, target: str, numbers: int) -> Layers:
    """(n, k * numbers, h, w) to (n, h * w * k, numbers)."""
    shape = numpy_helper.from_array(np.array([0, -1, numbers], np.int64), f"s_{target}")
    turned = helper.make_node("Transpose", [source], [f"t_{target}"], perm=[0, 2, 3, 1])
    return [turned, helper.make_node("Reshape", [f"t_{target}", f"s_{target}"], [target])], [shape]


def _built(layers: list[Layers], outputs: dict[str, list[int | str | None]]) -> onnx.ModelProto:
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [DIM, 3, "height", "width"])
    declared = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()]
    nodes = [node for part in layers for node in part[0]]
    weights = [weight for part in layers for weight in part[1]]
    graph = helper.make_graph(nodes, "spots", [image], declared, weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def _op(kind: str, source: str, target: str, **options: object) -> Layers:
    return [helper.make_node(kind, [source], [target], **options)], []


def scrfd() -> onnx.ModelProto:
    """Two anchors a cell, both the cell's brightness; boxes reach one cell each way."""
    layers: list[Layers] = []
    for s in LEVELS:
        layers += [_finding(f"a{s}", 2, s, {0: 20, 1: 20}, {}), _op("Sigmoid", f"a{s}", f"p{s}")]
        layers += [_rows(f"p{s}", f"score_{s}", 1)]
        layers += [_finding(f"c{s}", 8, s, {}, dict.fromkeys(range(8), 1.0)), _rows(f"c{s}", f"bbox_{s}", 4)]
    numbers = (("score", 1), ("bbox", 4))
    return _built(layers, {f"{what}_{s}": [DIM, None, n] for what, n in numbers for s in LEVELS})


def retinaface() -> onnx.ModelProto:
    """Two priors a cell, both the cell's brightness; boxes are the priors."""
    parts = (("loc", 4, {}), ("conf", 2, {1: 20, 3: 20}), ("landms", 10, {}))
    layers: list[Layers] = []
    for name, numbers, scored in parts:
        for s in LEVELS:
            layers += [_finding(f"{name}{s}", 2 * numbers, s, dict(scored), {})]
            layers += [_rows(f"{name}{s}", f"{name}_rows{s}", numbers)]
        rows = [f"{name}_rows{s}" for s in LEVELS]
        layers += [([helper.make_node("Concat", rows, [f"all_{name}"], axis=1)], [])]
        layers += [_op("Softmax" if name == "conf" else "Identity", f"all_{name}", name)]
    return _built(layers, {name: [DIM, None, numbers] for name, numbers, _ in parts})


def yolov5(classes: int) -> onnx.ModelProto:
    """Three anchors a cell; objectness is the brightness, every class certain."""
    scored = {anchor * (5 + classes) + 4: 20.0 for anchor in range(3)}
    sure = {anchor * (5 + classes) + 5 + kind: 20.0 for anchor in range(3) for kind in range(classes)}
    layers = [_finding(f"p{s}", 3 * (5 + classes), s, scored, sure) for s in LEVELS]
    return _built(layers, {f"p{s}": [DIM, 3 * (5 + classes), None, None] for s in LEVELS})


def yolov5_decoded(classes: int) -> onnx.ModelProto:
    """Make `yolov5` with its probabilities; every box is the same."""
    numbers = 5 + classes
    layers: list[Layers] = []
    for s in LEVELS:
        scored = {anchor * numbers + 4: 20.0 for anchor in range(3)}
        sure = {anchor * numbers + 5 + kind: 20.0 for anchor in range(3) for kind in range(classes)}
        layers += [_finding(f"a{s}", 3 * numbers, s, scored, sure), _op("Sigmoid", f"a{s}", f"p{s}")]
        layers += [_rows(f"p{s}", f"rows{s}", numbers)]
    layers += [([helper.make_node("Concat", [f"rows{s}" for s in LEVELS], ["rows"], axis=1)], [])]
    large = numpy_helper.from_array(np.array([40, 40, 40, 40] + [1] * (classes + 1), np.float32), "large")
    layers += [([helper.make_node("Mul", ["rows", "large"], ["output0"])], [large])]
    return _built(layers, {"output0": [DIM, None, numbers]})


def yolov8(classes: int) -> onnx.ModelProto:
    """Every class is the cell's brightness; every box is the same."""
    numbers = 4 + classes
    shape = numpy_helper.from_array(np.array([0, numbers, -1], np.int64), "flat")
    layers: list[Layers] = [([], [shape])]
    for s in LEVELS:
        layers += [_finding(f"a{s}", numbers, s, {4 + kind: 20.0 for kind in range(classes)}, {})]
        layers += [_op("Sigmoid", f"a{s}", f"p{s}")]
        layers += [([helper.make_node("Reshape", [f"p{s}", "flat"], [f"cells{s}"])], [])]
    layers += [([helper.make_node("Concat", [f"cells{s}" for s in LEVELS], ["cells"], axis=2)], [])]
    sizes = np.array([80] * 4 + [1] * classes, np.float32).reshape(1, -1, 1)
    layers += [([helper.make_node("Mul", ["cells", "large"], ["output0"])], [numpy_helper.from_array(sizes, "large")])]
    return _built(layers, {"output0": [DIM, numbers, None]})
