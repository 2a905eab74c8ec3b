"""The heads that the kernels decode: how to tell one from its graph, and what its public weights expect."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bodycam_pipeline.values.detection import Kind
from bodycam_pipeline.values.model import Head, Thresholds

Shape = tuple[int | None, ...]
"""None where a side is not fixed."""

Recognised = tuple[Head, tuple[str, ...]]
"""A head, and the outputs that its decoder wants, in its order."""

_STRIDES = (8, 16, 32)
_BODYCAM = tuple(f"{what}_{stride}" for stride in _STRIDES for what in ("score", "box"))
_BODYCAM2 = tuple(f"cells_{stride}" for stride in (4, *_STRIDES))
_YUNET = tuple(f"{what}_{stride}" for what in ("cls", "obj", "bbox") for stride in _STRIDES)
_CENTERFACE_CHANNELS = (1, 2, 2)
_YOLOV5_PLATE_CHANNELS = (45, 45, 45)
_SCRFD_NUMBERS = (1, 1, 1, 4, 4, 4)
_SCRFD_LANDMARKS = (10, 10, 10)
_RETINAFACE_NUMBERS = (4, 2)
_RETINAFACE_LANDMARKS = 10
_YOLOV8_BOX = 4
_ANCHORS = 3

AS_THEY_ARE = ((0.0,) * 3, (1.0,) * 3)
"""Mean and factor of a network that takes bytes: with others, hardly anything would be left of a picture."""

_ZERO = (0.0, 0.0, 0.0)
_RAW = (1.0, 1.0, 1.0)
_UNIT = (1 / 255, 1 / 255, 1 / 255)


@dataclass(frozen=True, slots=True)
class HeadDefaults:
    """What a head's public weights were trained on: used where a registration does not say otherwise.

    Attributes:
        of: Whose networks end in it.
        recognised: Whether it is told from the graph.
        classes: In the order of the kernel's kind index, None for one that is nothing to us; None where they are the
            weights' own.
        channels: Order of the colour planes.
        mean, factor: A colour 0..255 enters as ``(colour - mean) * factor``.
        kinds: Thresholds where they were measured; none where they have to be said.
    """

    of: str
    recognised: str
    classes: tuple[Kind | None, ...] | None
    channels: Literal["rgb", "bgr"]
    mean: tuple[float, float, float]
    factor: tuple[float, float, float]
    kinds: Mapping[Kind, Thresholds]


HEAD_DEFAULTS: Mapping[Head, HeadDefaults] = {
    "bodycam": HeadDefaults(
        "this project",
        "yes",
        ("face", "plate"),
        "rgb",
        _ZERO,
        _UNIT,
        {"face": Thresholds(0.50, 0.30), "plate": Thresholds(0.50, 0.30)},
    ),
    "bodycam2": HeadDefaults(
        "this project, four strides and how well a box lies; thresholds not measured yet",
        "yes",
        ("face", None, "plate"),
        "rgb",
        _ZERO,
        _UNIT,
        {"face": Thresholds(0.50, 0.30), "plate": Thresholds(0.50, 0.30)},
    ),
    "centerface": HeadDefaults("CenterFace", "yes", ("face",), "rgb", _ZERO, _RAW, {"face": Thresholds(0.35, 0.20)}),
    "yunet": HeadDefaults("YuNet", "yes", ("face",), "bgr", _ZERO, _RAW, {"face": Thresholds(0.60, 0.30)}),
    "yolov5_plate": HeadDefaults(
        "HyperLPR3's plates", "yes", ("plate",), "rgb", _ZERO, _UNIT, {"plate": Thresholds(0.30, 0.15)}
    ),
    "scrfd": HeadDefaults(
        "SCRFD, 3 strides, 2 anchors", "yes", ("face",), "rgb", (127.5, 127.5, 127.5), (1 / 128, 1 / 128, 1 / 128), {}
    ),
    "retinaface": HeadDefaults(
        "RetinaFace (PyTorch port), probabilities",
        "with its landmarks",
        ("face",),
        "bgr",
        (104.0, 117.0, 123.0),
        _RAW,
        {},
    ),
    "yolov5": HeadDefaults("YOLOv5 before its last step, published anchors", "no", None, "rgb", _ZERO, _UNIT, {}),
    "yolov5_decoded": HeadDefaults("YOLOv5 as usually exported", "at a fixed size", None, "rgb", _ZERO, _UNIT, {}),
    "yolov8": HeadDefaults("YOLOv8, v9, v11, without suppression", "mostly", None, "rgb", _ZERO, _UNIT, {}),
}
"""Thresholds of public weights were measured beside the registered ones: where each gives about one false alarm per
street picture. Registered models have their own. Colours are those of the published code: insightface, the PyTorch port
of RetinaFace, Ultralytics."""


def recognise(outputs: Mapping[str, Shape], image: Shape) -> Recognised | None:
    """The head whose maps these can only be; None where they are of none that is known, or of more than one.

    Args:
        outputs: Name and shape of every output, in the graph's order.
        image: The input's shape.
    """
    if set(_BODYCAM) <= outputs.keys():
        return "bodycam", _BODYCAM
    if set(_BODYCAM2) <= outputs.keys():
        return "bodycam2", _BODYCAM2
    if set(_YUNET) <= outputs.keys():
        return "yunet", _YUNET
    names, shapes = tuple(outputs), tuple(outputs.values())
    return _by_channels(names, shapes) or _by_rows(names, shapes) or _one_map(names, shapes, image)


def _by_channels(names: tuple[str, ...], shapes: tuple[Shape, ...]) -> Recognised | None:
    channels = tuple(shape[1] if len(shape) == 4 else None for shape in shapes)
    if channels[:3] == _CENTERFACE_CHANNELS:
        return "centerface", names[:3]
    return ("yolov5_plate", names) if channels == _YOLOV5_PLATE_CHANNELS else None


def _by_rows(names: tuple[str, ...], shapes: tuple[Shape, ...]) -> Recognised | None:
    if not all(len(shape) in {2, 3} for shape in shapes):
        return None
    numbers = tuple(shape[-1] for shape in shapes)
    if numbers in {_SCRFD_NUMBERS, _SCRFD_NUMBERS + _SCRFD_LANDMARKS}:
        return "scrfd", names[:6]
    if set(numbers) == {*_RETINAFACE_NUMBERS, _RETINAFACE_LANDMARKS} and len(numbers) == 3:
        return "retinaface", tuple(names[numbers.index(number)] for number in _RETINAFACE_NUMBERS)
    return None


def name_outputs(head: Head, outputs: Mapping[str, Shape]) -> tuple[str, ...] | None:
    """The outputs that a head's decoder wants, in its order; None where they cannot be that head's.

    Args:
        head: What a person says it is.
        outputs: As for `recognise`.
    """
    names, shapes = tuple(outputs), tuple(outputs.values())
    match head:
        case "bodycam" | "bodycam2" | "yunet":
            wanted = {"bodycam": _BODYCAM, "bodycam2": _BODYCAM2, "yunet": _YUNET}[head]
            return wanted if set(wanted) <= outputs.keys() else None
        case "yolov8" | "yolov5_decoded":
            return names if len(shapes) == 1 and len(shapes[0]) in {0, 3} else None
        case "retinaface":
            return _retinaface(names, shapes)
    wanted_maps = {"scrfd": (6, 9), "centerface": (3, 4), "yolov5": (3,), "yolov5_plate": (3,)}[head]
    if len(names) not in wanted_maps:
        return None
    return names[: wanted_maps[0]]


def _retinaface(names: tuple[str, ...], shapes: tuple[Shape, ...]) -> tuple[str, ...] | None:
    """By their numbers where these are stated, else in the order of the published export."""
    if len(names) not in {2, 3}:
        return None
    numbers = [shape[-1] if shape else None for shape in shapes]
    if set(_RETINAFACE_NUMBERS) <= set(numbers):
        return tuple(names[numbers.index(number)] for number in _RETINAFACE_NUMBERS)
    return names[:2] if all(each is None for each in numbers[:2]) else None


def _one_map(names: tuple[str, ...], shapes: tuple[Shape, ...], image: Shape) -> Recognised | None:
    """YOLO's exports have one map; only its numbers tell which: as many rows as the input has cells, or anchors."""
    if len(shapes) != 1 or len(shapes[0]) != 3:
        return None
    _, first, second = shapes[0]
    cells = _cells(image)
    if first is not None and first > _YOLOV8_BOX and (second == cells if cells else second is None):
        return "yolov8", names
    if cells and first == _ANCHORS * cells and second is not None and second > _YOLOV8_BOX + 1:
        return "yolov5_decoded", names
    return None


def _cells(image: Shape) -> int | None:
    height, width = image[2:]
    return sum((height // s) * (width // s) for s in _STRIDES) if height and width else None
