"""Model files, opened with care: a graph is code of a stranger's."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf.message import DecodeError, Message  # type: ignore[import-untyped]

from bodycam_pipeline.values.errors import ModelError
from bodycam_pipeline.values.model import HEADS, Head
from bodycam_pipeline.vision.heads import Recognised, Shape, name_outputs, recognise
from bodycam_pipeline.vision.model_file import read_model
from bodycam_pipeline.vision.onnx_schema import ModelProto, NodeProto, TensorProto

DEFAULT_DOMAINS = frozenset({"", "ai.onnx"})
"""Operators that ONNX itself defines. Others may be anything a runtime was built with."""

_LOOPS = frozenset({"Loop", "Scan"})
"""No known head needs one, and none has a limit."""

WEIGHTS = "weights"
"""Key of a file's metadata: the digest of the model that it was made from."""

_COLOURS = 3
_PIXEL_BYTES = 4

_EXPECTED = f"Use an ONNX detector with one of these heads: {', '.join(HEADS)}."


@dataclass(frozen=True)
class Graph:
    """A model that is safe to load.

    Attributes:
        sha256: Of the file, hex.
        content: The model, ready for a session: any batch, height and width; weights are constants.
        head: What its outputs are.
        input_name: Of its one input, float32 (n, 3, height, width).
        packed: The input is uint8 (n, height, width, 4) instead: a colour's byte as it is, and a fourth that is 0.
        output_names: Those the head's decoder wants, in its order.
        made_from: SHA-256 of the model whose weights these are in another form, where the file says so (`WEIGHTS`).
    """

    sha256: str
    content: bytes
    head: Head
    input_name: str
    packed: bool
    output_names: tuple[str, ...]
    made_from: str | None = None


def read_graph(path: str | Path, sha256: str | None = None, head: Head | None = None) -> Graph:
    """Read a model file and refuse everything that a detector does not need.

    Args:
        path: The file.
        sha256: What its digest must be. It is taken of the very bytes that are loaded, not of the file's name.
        head: What its outputs are, where a person or the registry says so; None to tell it from the graph.

    Raises:
        MissingModelError: no such file.
        ModelDigestError: another digest.
        ModelError: not ONNX, weights outside the file, foreign operators, not a head we know, or not the one it is
            said to be.
    """
    content, found = read_model(path, sha256)
    model = _parsed(content, path)
    _refuse_strangers(model, path)
    _make_weights_constant(model)
    recognised, outputs = _head(model, path, head)
    _let_sides_vary(model)
    asked = model.graph.input[0]
    content, packed = model.SerializeToString(), _is_packed(asked)
    return Graph(found, content, recognised, asked.name, packed, outputs, _made_from(model))


def _made_from(model: Any) -> str | None:
    return next((each.value for each in model.metadata_props if each.key == WEIGHTS), None)


def _parsed(content: bytes, path: str | Path) -> Any:
    try:
        model = ModelProto.FromString(content)
    except DecodeError as error:
        raise ModelError(f"{path} is not an ONNX file", remedy=_EXPECTED) from error
    if not model.ir_version or not model.graph.node:
        raise ModelError(f"{path} is not an ONNX file", remedy=_EXPECTED)
    return model


def _refuse_strangers(model: Any, path: str | Path) -> None:
    for part in _parts(model):
        if isinstance(part, TensorProto) and (part.external_data or part.data_location == part.EXTERNAL):
            raise ModelError(
                f"{path} keeps its weights '{part.name}' in another file, which no digest covers",
                remedy="Save the model as one file (onnx.save_model without external data).",
            )
        if isinstance(part, NodeProto) and part.op_type in _LOOPS:
            raise ModelError(
                f"{path} loops ({part.op_type}): how often, a picture could decide",
                remedy="Export the model without post-processing: its head is decoded here.",
            )
        if isinstance(part, NodeProto) and part.domain not in DEFAULT_DOMAINS:
            raise ModelError(
                f"{path} uses the operator {part.domain}.{part.op_type}, which is not one of ONNX's own",
                remedy="Export the model with the default operators only.",
            )


def _parts(message: Message) -> Iterator[Message]:
    """Every message below this one, wherever it hides: subgraphs, attributes, functions, sparse weights."""
    for field, value in message.ListFields():
        if field.message_type is not None:
            for part in (value,) if isinstance(value, Message) else value:
                yield part
                yield from _parts(part)


def _make_weights_constant(model: Any) -> None:
    """Old exporters list weights as inputs, which forbids folding them; they can then be fed from outside, too."""
    weights = {weight.name for weight in model.graph.initializer}
    asked = [value for value in model.graph.input if value.name not in weights]
    del model.graph.input[:]
    model.graph.input.extend(asked)


def _head(model: Any, path: str | Path, head: Head | None) -> Recognised:
    inputs = [_picture_shape(value) for value in model.graph.input]
    if len(inputs) != 1 or inputs[0] is None:
        raise ModelError(
            f"{path} does not take one picture, float of shape (n, 3, height, width) or bytes of (n, height, width, 4)",
            remedy=_EXPECTED,
        )
    outputs = {value.name: _shape(value) for value in model.graph.output if _is_float(value)}
    recognised = recognise(outputs, inputs[0])
    if head is None or (recognised is not None and recognised[0] == head):
        return _known(recognised, outputs, path)
    wanted = name_outputs(head, outputs)
    if wanted is None:
        instead = f"its outputs are {recognised[0]}" if recognised else f"its outputs are {outputs}"
        raise ModelError(f"{path} is said to be {head} but {instead}", remedy="Name the head that it has.")
    return head, wanted


def _known(recognised: Recognised | None, outputs: dict[str, Shape], path: str | Path) -> Recognised:
    if recognised is None:
        raise ModelError(
            f"the outputs of {path} fit no known head, or more than one: {outputs}",
            remedy=f"{_EXPECTED} If you know which it is, register it: bodycam models add FILE --head HEAD.",
        )
    return recognised


def _picture_shape(value: Any) -> Shape | None:
    """Number, colours, height and width of what it takes, if that is a picture."""
    shape = _shape(value)
    if _is_packed(value):
        return (shape[0], _COLOURS, *shape[1:3])
    return shape if _is_float(value) and len(shape) == 4 and shape[1] == _COLOURS else None


def _is_packed(value: Any) -> bool:
    shape = _shape(value)
    return value.type.tensor_type.elem_type == TensorProto.UINT8 and len(shape) == 4 and shape[3] == _PIXEL_BYTES


def _is_float(value: Any) -> bool:
    return bool(value.type.tensor_type.elem_type == TensorProto.FLOAT)


def _shape(value: Any) -> Shape:
    return tuple(side.dim_value or None for side in value.type.tensor_type.shape.dim)


def _let_sides_vary(model: Any) -> None:
    """Let a graph's sides vary: fully convolutional graphs run at any size, whatever their file says."""
    sides = model.graph.input[0].type.tensor_type.shape.dim
    height, width = (1, 2) if _is_packed(model.graph.input[0]) else (2, 3)
    for axis, name in ((0, "n"), (height, "height"), (width, "width")):
        sides[axis].dim_param = name
    for value in model.graph.output:
        value.type.tensor_type.ClearField("shape")
    del model.graph.value_info[:]
