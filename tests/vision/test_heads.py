"""Which head a graph has: told from its outputs where they can be of one only, else it has to be named."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from bodycam_pipeline.values.errors import ModelError
from bodycam_pipeline.values.model import HEADS, Head, Model, Thresholds
from bodycam_pipeline.vision.graph import read_graph
from bodycam_pipeline.vision.heads import HEAD_DEFAULTS, recognise
from bodycam_pipeline.vision.registry import find_model
from bodycam_pipeline.vision.session import open_network
from tests.vision import graphs
from tests.vision.graphs import saved

GRAPHS: dict[Head, Callable[[], onnx.ModelProto]] = {
    "bodycam": graphs.bright_spots,
    "bodycam2": graphs.bright_cells,
    "scrfd": graphs.scrfd,
    "retinaface": graphs.retinaface,
    "yolov5": lambda: graphs.yolov5(2),
    "yolov5_decoded": lambda: graphs.yolov5_decoded(2),
    "yolov8": lambda: graphs.yolov8(2),
}
IMAGE = (None, 3, None, None)
AT_640 = (1, 3, 640, 640)


def model_of(head: Head, path: Path) -> Model:
    graph = read_graph(path, head=head)
    classes = HEAD_DEFAULTS[head].classes or ("face", "plate")
    kinds = {kind: Thresholds(0.5, 0.3) for kind in classes if kind}
    colours = ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    return Model("m", str(path), graph.sha256, head, classes, kinds, "rgb", *colours, "CC0-1.0", "detector")


@pytest.mark.parametrize("head", ["bodycam", "bodycam2", "scrfd", "retinaface", "yolov8"])
def test_a_head_is_told_from_the_graph(head: Head, tmp_path: Path) -> None:
    assert read_graph(saved(GRAPHS[head](), tmp_path / "m.onnx")).head == head


@pytest.mark.parametrize("head", ["yolov5", "yolov5_decoded"])
def test_a_head_that_could_be_another_has_to_be_named(head: Head, tmp_path: Path) -> None:
    path = saved(GRAPHS[head](), tmp_path / "m.onnx")
    with pytest.raises(ModelError, match="or more than one"):
        read_graph(path)
    assert read_graph(path, head=head).head == head


@pytest.mark.parametrize("head", GRAPHS)
@pytest.mark.parametrize("said", HEAD_DEFAULTS)
def test_what_is_said_to_be_another_head_is_refused_when_read_or_when_tried(
    head: Head, said: Head, tmp_path: Path
) -> None:
    path = saved(GRAPHS[head](), tmp_path / "m.onnx")
    if said == head:
        open_network(model_of(said, path))
        return
    with pytest.raises(ModelError, match=r"is said to be|does not run as"):
        open_network(model_of(said, path))


@pytest.mark.parametrize("head", GRAPHS)
def test_a_bright_picture_is_seen_and_a_dark_one_is_not(head: Head, tmp_path: Path) -> None:
    network = open_network(model_of(head, saved(GRAPHS[head](), tmp_path / "m.onnx")))
    floors = [0.6] * len(HEAD_DEFAULTS[head].classes or ("face", "plate"))
    picture = np.zeros((1, 3, 64, 96), np.float32)
    assert len(network.boxes(picture, floors)[0]) == 0
    picture[:, :, 32:64, 32:64] = 1
    assert len(network.boxes(picture, floors)[0]) > 0


@pytest.mark.parametrize("head", GRAPHS)
def test_a_network_that_says_nonsense_is_refused_when_it_is_opened(head: Head, tmp_path: Path) -> None:
    graph = GRAPHS[head]()
    for weight in graph.graph.initializer:
        values = numpy_helper.to_array(weight)
        if values.dtype == np.float32:
            weight.CopyFrom(numpy_helper.from_array(np.full_like(values, np.nan), weight.name))
    with pytest.raises(ModelError, match="not finite"):
        open_network(model_of(head, saved(graph, tmp_path / "m.onnx")))


@pytest.mark.parametrize("head", ["scrfd", "retinaface", "yolov8"])
def test_a_stranger_without_measured_thresholds_has_to_be_registered(head: Head, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="bodycam models add"):
        find_model(str(saved(GRAPHS[head](), tmp_path / "m.onnx")))


@pytest.mark.parametrize(
    ("shapes", "image", "expected"),
    [
        (((1, 84, 8400),), AT_640, "yolov8"),
        (((1, 5, 8400),), AT_640, "yolov8"),
        (((None, 84, None),), IMAGE, "yolov8"),
        (((1, 25200, 85),), AT_640, "yolov5_decoded"),
        (((1, 25200, 85),), IMAGE, None),
        (((1, 300, 6),), AT_640, None),  # boxes after suppression, of a detector without cells
        (((1, 8400, 85),), AT_640, None),  # YOLOX: neither
        (((1, 255, 80, 80), (1, 255, 40, 40), (1, 255, 20, 20)), AT_640, None),  # whose anchors?
        (((12800, 1), (3200, 1), (800, 1), (12800, 4), (3200, 4), (800, 4)), IMAGE, "scrfd"),
        (((None, 1),) * 3 + ((None, 4),) * 3 + ((None, 10),) * 3, IMAGE, "scrfd"),
        (((1, 16800, 4), (1, 16800, 2), (1, 16800, 10)), AT_640, "retinaface"),
        (((1, 4420, 2), (1, 4420, 4)), IMAGE, None),  # without landmarks it could be any
        (((1, 45, 80, 80), (1, 45, 40, 40), (1, 45, 20, 20)), AT_640, "yolov5_plate"),
        ((), IMAGE, None),
    ],
)
def test_shapes_of_public_exports(shapes: tuple, image: tuple, expected: Head | None) -> None:  # type: ignore[type-arg]
    recognised = recognise({f"out{number}": shape for number, shape in enumerate(shapes)}, image)
    assert (recognised and recognised[0]) == expected


def test_retinafaces_outputs_are_taken_in_whatever_order_they_come() -> None:
    outputs = {"landms": (1, 8, 10), "conf": (1, 8, 2), "loc": (1, 8, 4)}
    assert recognise(outputs, IMAGE) == ("retinaface", ("loc", "conf"))


def test_every_head_of_the_kernels_has_its_defaults() -> None:
    assert tuple(HEAD_DEFAULTS) == HEADS
