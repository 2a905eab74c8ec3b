"""The heads that the kernels decode: how to tell one from its graph, and what its public weights expect."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bodycam_pipeline.values.detection import Kind
from bodycam_pipeline.values.model import Head, Thresholds

Shape = tuple[int | None, ...]
"""None where a side is not fixed."""

_STRIDES = (8, 16, 32)
_BODYCAM = tuple(f"{what}_{stride}" for stride in _STRIDES for what in ("score", "box"))
_YUNET = tuple(f"{what}_{stride}" for what in ("cls", "obj", "bbox") for stride in _STRIDES)
_CENTERFACE_CHANNELS = (1, 2, 2)
_YOLOV5_PLATE_CHANNELS = (45, 45, 45)

_RAW = (1.0, 1.0, 1.0)
_UNIT = (1 / 255, 1 / 255, 1 / 255)


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a head's public weights were trained on: used for a file that the registry does not know.

    Attributes:
        kinds: In the order of the kernel's kind index.
        channels: Order of the colour planes.
        factor: Applied to colours 0..255.
    """

    kinds: Mapping[Kind, Thresholds]
    channels: Literal["rgb", "bgr"]
    factor: tuple[float, float, float]


EXPECTATIONS: Mapping[Head, Expectation] = {
    "bodycam": Expectation({"face": Thresholds(0.50, 0.30), "plate": Thresholds(0.50, 0.30)}, "rgb", _UNIT),
    "centerface": Expectation({"face": Thresholds(0.35, 0.20)}, "rgb", _RAW),
    "yunet": Expectation({"face": Thresholds(0.60, 0.30)}, "bgr", _RAW),
    "yolov5_plate": Expectation({"plate": Thresholds(0.30, 0.15)}, "rgb", _UNIT),
}
"""Thresholds of public weights were measured beside the registered ones: where each gives about one false alarm per
street picture. Registered models have their own, in models.toml."""


def kinds_of(head: Head) -> tuple[Kind, ...]:
    """What the head knows, in the order of the kernel's kind index."""
    return tuple(EXPECTATIONS[head].kinds)


def recognise(outputs: Mapping[str, Shape]) -> tuple[Head, tuple[str, ...]] | None:
    """The head whose maps these are, and the outputs its decoder wants in its order; None where it is none we know.

    Args:
        outputs: Name and shape of every output, in the graph's order.
    """
    if set(_BODYCAM) <= outputs.keys():
        return "bodycam", _BODYCAM
    if set(_YUNET) <= outputs.keys():
        return "yunet", _YUNET
    names, channels = tuple(outputs), _channels(list(outputs.values()))
    if channels[:3] == _CENTERFACE_CHANNELS:
        return "centerface", names[:3]
    if channels == _YOLOV5_PLATE_CHANNELS:
        return "yolov5_plate", names
    return None


def _channels(shapes: Sequence[Shape]) -> Shape:
    return tuple(shape[1] if len(shape) == 4 else None for shape in shapes)
